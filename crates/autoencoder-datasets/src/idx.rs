//! IDX, the format of MNIST: a magic number, the dimensions, then bytes (LeCun, Cortes and Burges).

use std::io::Read;
use std::path::Path;

use autoencoder_core::ExampleShape;
use flate2::read::GzDecoder;

use crate::array::{Array, Axes};
use crate::format::{Format, Rows};
use crate::{DatasetError, Matrix};

/// The most an IDX file may unpack to: a damaged or hostile gzip stream ends here.
const LARGEST: u64 = 1 << 30;

/// IDX, gzipped or not.
pub(crate) const FORMAT: Format = Format {
    endings: &["idx"],
    recognise: |head| {
        let is_packed = head.start.starts_with(&[0x1f, 0x8b]);
        head.start.starts_with(&[0, 0, 8, 3]) || (is_packed && head.path.to_string_lossy().contains("idx3"))
    },
    read: |path, _, _| Ok(Rows::from(Array { matrix: read_images(path)?, axes: Axes::Grey })),
    words: None,
    scan: None,
    write: None,
};

/// Images and their labels from a pair of gzipped IDX files.
pub(crate) fn read_pair(images: &Path, labels: &Path, set: &'static str) -> Result<Matrix, DatasetError> {
    let bad = |path: &Path, message: String| DatasetError::BadIdx { path: path.to_owned(), message, set };
    let (dimensions, pixels) = read(images, 3, set)?;
    let [examples, height, width] = dimensions[..] else {
        return Err(bad(images, format!("{} dimensions instead of 3", dimensions.len())));
    };
    let (label_dimensions, classes) = read(labels, 1, set)?;
    if label_dimensions[0] != examples {
        return Err(bad(labels, format!("{} labels for {examples} images", label_dimensions[0])));
    }
    let shape = ExampleShape::Image { channels: 1, height, width };
    Ok(Matrix::from_bytes(shape, pixels).with_labels(classes.into_iter().map(i64::from).collect()))
}

/// The images of a file of the user's own, gzipped or not.
///
/// # Errors
/// [`DatasetError::BadTable`]: what is wrong with it.
pub(crate) fn read_images(path: &Path) -> Result<Matrix, DatasetError> {
    let bad = |message: String| DatasetError::BadTable { path: path.to_owned(), message };
    let mut bytes =
        std::fs::read(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    if bytes.starts_with(&[0x1f, 0x8b]) {
        let mut unpacked = Vec::new();
        GzDecoder::new(&bytes[..])
            .take(LARGEST)
            .read_to_end(&mut unpacked)
            .map_err(|error| bad(format!("the gzip stream ends in `{error}`: save it again")))?;
        bytes = unpacked;
    }
    let (sizes, pixels) = parse(bytes, 3).map_err(|message| bad(format!("{message}: save it again")))?;
    let shape = ExampleShape::Image { channels: 1, height: sizes[1], width: sizes[2] };
    if pixels.is_empty() {
        Err(bad("it holds no images: save it again".to_owned()))
    } else {
        Ok(Matrix::from_bytes(shape, pixels).with_natural_range())
    }
}

/// The dimensions and the bytes of one file.
fn read(path: &Path, dimensions: usize, set: &'static str) -> Result<(Vec<usize>, Vec<u8>), DatasetError> {
    let bad = |message: String| DatasetError::BadIdx { path: path.to_owned(), message, set };
    let file = std::fs::File::open(path)
        .map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    let mut bytes = Vec::new();
    GzDecoder::new(file)
        .take(LARGEST)
        .read_to_end(&mut bytes)
        .map_err(|error| bad(format!("the gzip stream ends in `{error}`")))?;
    parse(bytes, dimensions).map_err(bad)
}

fn parse(mut bytes: Vec<u8>, dimensions: usize) -> Result<(Vec<usize>, Vec<u8>), String> {
    let header = 4 + 4 * dimensions;
    if bytes.len() < header {
        return Err(format!("{} bytes are no header of {header}", bytes.len()));
    }
    let magic = [0, 0, 8, dimensions as u8];
    if bytes[..4] != magic {
        return Err(format!("it begins with {:?} instead of {magic:?}", &bytes[..4]));
    }
    let sizes: Vec<usize> =
        bytes[4..header].as_chunks().0.iter().map(|&size| u32::from_be_bytes(size) as usize).collect();
    let expected = sizes.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let found = bytes.len() - header;
    if expected != Some(found) {
        return Err(format!(
            "dimensions {sizes:?} need {} bytes, but {found} follow",
            expected.unwrap_or(usize::MAX)
        ));
    }
    bytes.drain(..header);
    Ok((sizes, bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use autoencoder_core::Source;
    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory");
        encoder.finish().expect("memory")
    }

    fn images() -> Vec<u8> {
        [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 3][..], &[1, 2, 3, 4, 5, 255]].concat()
    }

    fn labels() -> Vec<u8> {
        vec![0, 0, 8, 1, 0, 0, 0, 2, 7, 9]
    }

    fn pair(images: &[u8], labels: &[u8]) -> Result<Matrix, DatasetError> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let paths = [folder.path().join("images"), folder.path().join("labels")];
        std::fs::write(&paths[0], images).expect("written");
        std::fs::write(&paths[1], labels).expect("written");
        read_pair(&paths[0], &paths[1], "mnist")
    }

    #[test]
    fn images_and_labels_are_read_as_they_were_written() {
        let set = pair(&gzipped(&images()), &gzipped(&labels())).expect("valid");
        assert_eq!(set.shape(), ExampleShape::Image { channels: 1, height: 1, width: 3 });
        let mut row = [0.0; 3];
        set.rows(&[1], &mut row).expect("a row");
        assert_eq!(row, [4.0, 5.0, 255.0]);
        assert_eq!(set.labels(), Some(&[7, 9][..]));
    }

    #[test]
    fn files_that_are_cut_short_swapped_or_too_long_are_refused() {
        let (good_images, good_labels) = (gzipped(&images()), gzipped(&labels()));
        let longer = gzipped(&[images(), vec![0]].concat());
        let shorter = gzipped(&images()[..20]);
        let header_only = gzipped(&images()[..7]);
        let fewer_labels = gzipped(&[0, 0, 8, 1, 0, 0, 0, 1, 7]);
        let cut = &good_images[..good_images.len() - 6];
        for images in [&longer[..], &shorter, &header_only, cut, &good_labels, b"plain", b""] {
            let error = pair(images, &good_labels).expect_err("damaged").to_string();
            assert!(error.contains("images") && error.contains("fetch mnist again"), "{error}");
        }
        assert!(pair(&good_images, &fewer_labels).is_err());
    }
}
