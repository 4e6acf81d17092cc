//! What stands in for downloading in a build without it.

use std::path::Path;

use crate::error::DatasetError;
use crate::progress::Listener;
use crate::remote::{File, Remote};

pub(crate) fn receive(remote: &Remote, file: &File, _: &Path, _: &Listener) -> Result<(), DatasetError> {
    Err(DatasetError::NotBuilt { what: remote.name(file), feature: "download" })
}
