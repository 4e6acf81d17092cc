//! What stands in for the reader of Parquet and Arrow files in a build without it.

use std::path::Path;

use crate::progress::Listener;
use crate::{Columns, DatasetError, Numbers, Table};

fn absent<T>(path: &Path) -> Result<T, DatasetError> {
    Err(DatasetError::NotBuilt { what: path.display().to_string(), feature: "parquet" })
}

pub(crate) fn read_parquet(path: &Path, _: Columns<'_>, _: &Listener) -> Result<Table, DatasetError> {
    absent(path)
}

pub(crate) fn read_arrow(path: &Path, _: Columns<'_>, _: &Listener) -> Result<Table, DatasetError> {
    absent(path)
}

pub(crate) fn read_words(path: &Path, _: bool, _: Option<&str>) -> Result<Vec<String>, DatasetError> {
    absent(path)
}

pub(crate) fn write_parquet(path: &Path, _: &[String], _: Vec<Numbers>) -> Result<(), DatasetError> {
    absent(path)
}
