//! Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): clothes in the format of MNIST.

use super::mnist::open_idx;
use crate::remote::{File, Remote};
use crate::{DataSet, DatasetError, Request};

const FILES: Remote = Remote {
    set: "fashion-mnist",
    base: "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com",
    files: &[
        File {
            name: "train-images-idx3-ubyte.gz",
            sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        },
        File {
            name: "train-labels-idx1-ubyte.gz",
            sha256: "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        },
        File {
            name: "t10k-images-idx3-ubyte.gz",
            sha256: "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        },
        File {
            name: "t10k-labels-idx1-ubyte.gz",
            sha256: "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        },
    ],
};

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    open_idx(&FILES, request)
}
