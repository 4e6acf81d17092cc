//! Files of data sets on servers.

use crate::DatasetError;

/// The files of a data set and where they are to be had.
pub(crate) struct Remote {
    pub(crate) set: &'static str,
    pub(crate) base: &'static str,
    pub(crate) files: &'static [File],
}

/// A file and what it must hold.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) sha256: &'static str,
}

impl Remote {
    pub(crate) fn url(&self, file: &File) -> String {
        format!("{}/{}", self.base, file.name)
    }

    /// A file's name beside those of other sets.
    pub(crate) fn name(&self, file: &File) -> String {
        format!("{}/{}", self.set, file.name)
    }

    pub(crate) fn failed(&self, file: &File, message: String) -> DatasetError {
        DatasetError::Download { url: self.url(file), message, file: self.name(file) }
    }
}
