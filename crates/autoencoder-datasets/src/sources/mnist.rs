//! MNIST (LeCun, Bottou, Bengio and Haffner 1998): 60 000 training and 10 000 test digits.

use std::sync::Arc;

use autoencoder_core::Source as _;

use crate::remote::{File, Remote};
use crate::{DataSet, DatasetError, Request, idx};

/// The height and width of a digit of MNIST.
pub(super) const DIGIT_SIDE: usize = 28;
/// A digit of MNIST.
pub(super) type Digit = [u8; DIGIT_SIDE * DIGIT_SIDE];

pub(crate) const FILES: Remote = Remote {
    set: "mnist",
    base: "https://ossci-datasets.s3.amazonaws.com/mnist",
    files: &[
        File {
            name: "train-images-idx3-ubyte.gz",
            sha256: "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        },
        File {
            name: "train-labels-idx1-ubyte.gz",
            sha256: "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        },
        File {
            name: "t10k-images-idx3-ubyte.gz",
            sha256: "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        },
        File {
            name: "t10k-labels-idx1-ubyte.gz",
            sha256: "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
        },
    ],
};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    open_idx(&FILES, request)
}

/// The pixels and classes of all 70 000 digits, the training part first.
pub(super) fn digits(request: Request<'_>) -> Result<(Vec<Digit>, Vec<i64>), DatasetError> {
    let paths = request.folder.locate(&FILES)?;
    let (mut digits, mut labels) = (Vec::new(), Vec::new());
    for pair in paths.chunks_exact(2) {
        let matrix = idx::read_pair(&pair[0], &pair[1], FILES.set)?;
        // The files are known by their checksums, so every picture is one.
        digits.extend(matrix.bytes().as_chunks().0);
        labels.extend(matrix.labels().into_iter().flatten());
    }
    Ok((digits, labels))
}

/// A data set of four IDX files: training images and labels, test images and labels.
pub(crate) fn open_idx(remote: &Remote, request: Request<'_>) -> Result<DataSet, DatasetError> {
    let paths = request.folder.locate(remote)?;
    let part = |images: usize| idx::read_pair(&paths[images], &paths[images + 1], remote.set);
    let (train, test) = (Arc::new(part(0)?), Arc::new(part(2)?));
    Ok(DataSet {
        name: remote.set.to_owned(),
        train,
        test: Some(test),
        test_masks: None,
        file: None,
        columns: None,
        names_of_classes: Vec::new(),
        left_out: Vec::new(),
    })
}
