//! What a run was trained on, to know it again.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use autoencoder_datasets::{Column, files_of};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;

/// `data.json`: what a run was trained on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataCard {
    /// The file, where the data are the user's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub file: Option<FileCard>,
    /// The columns that the features are of, where the data are a table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub columns: Option<Vec<Column>>,
    /// The number of training examples.
    pub train: usize,
    /// The number of validation examples.
    pub validation: usize,
    /// The number of test examples.
    pub test: usize,
}

/// A file, or a folder of pictures, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileCard {
    /// Its absolute path.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Its checksum.
    pub sha256: String,
}

impl FileCard {
    pub(crate) fn of(path: &Path) -> Result<Self, Error> {
        let unreadable = |source| Error::Unreadable { path: path.to_owned(), source };
        let mut hash = Sha256::new();
        let (mut bytes, mut buffer) = (0, vec![0; 1 << 16]);
        for inner in files_of(path)? {
            // Of a folder the names count as well: pictures may only have been moved.
            hash.update(inner.strip_prefix(path).unwrap_or(&inner).to_string_lossy().as_bytes());
            let mut file = std::fs::File::open(&inner).map_err(unreadable)?;
            loop {
                let count = file.read(&mut buffer).map_err(unreadable)?;
                if count == 0 {
                    break;
                }
                hash.update(&buffer[..count]);
                bytes += count as u64;
            }
        }
        let path = std::path::absolute(path).map_err(unreadable)?;
        Ok(Self { path, bytes, sha256: hex::encode(hash.finalize()) })
    }

    /// The file where it is now: at `path`, or where it was.
    pub(crate) fn find(&self, path: &Path) -> PathBuf {
        if path.exists() { path.to_owned() } else { self.path.clone() }
    }
}
