//! Rows to put through a model, and what comes out of it.

use std::path::{Path, PathBuf};

use autoencoder_core::{ExampleShape, Source};
use autoencoder_datasets::{
    Axes, Column, Columns, Heading, Listener, Rows, Scaling, read_rows, write_pictures, write_rows,
};

use crate::error::Error;

/// Rows for a model of examples of that `shape`: of a table those `columns`, whatever else it has and in whatever order;
/// pictures in the model's size.
///
/// # Errors
/// What reading says; a column that is missing is named.
pub(crate) fn read(
    path: &Path,
    shape: ExampleShape,
    columns: Option<&[Column]>,
    scaling: &Scaling,
    listener: &Listener,
) -> Result<Rows, Error> {
    let shape = match shape {
        ExampleShape::Image { channels, height, width } if path.is_dir() => Some([channels, height, width]),
        _ => None,
    };
    let wanted = Columns { only: columns, shape, missing: scaling.missing(), ..Columns::default() };
    Ok(read_rows(path, wanted, listener)?)
}

/// How rows lie in a file.
pub(crate) struct RowLayout<'a> {
    /// Of an array.
    pub(crate) axes: Axes,
    /// Of a table.
    pub(crate) columns: &'a [Column],
    /// The paths of pictures that were read, for those that are written, and whether they have sixteen bits a channel.
    pub(crate) pictures: &'a [PathBuf],
    pub(crate) deep: bool,
    /// Of a `.csv` file.
    pub(crate) heading: Heading,
}

impl<'a> RowLayout<'a> {
    /// A row an example, with those columns.
    pub(crate) fn of(columns: &'a [Column]) -> Self {
        Self { axes: Axes::Rows, columns, pictures: &[], deep: false, heading: Heading::Names }
    }
}

/// Writes all rows of a source: pictures into a folder where the path has no ending and pictures were read, else by the
/// path's ending. Returns the number of rows and of values in each.
///
/// # Errors
/// What writing or reading the source says.
pub(crate) fn write(
    path: &Path,
    source: &dyn Source,
    layout: &RowLayout<'_>,
) -> Result<(usize, usize), Error> {
    let is_image = matches!(source.shape(), ExampleShape::Image { .. });
    if path.extension().is_none() && is_image && !layout.pictures.is_empty() {
        Ok(write_pictures(path, source, layout.pictures, layout.deep)?)
    } else {
        Ok(write_rows(path, source, layout.axes, layout.columns, layout.heading)?)
    }
}

/// Columns of numbers called `name_0`, `name_1` and so on.
pub(crate) fn numbered(name: &str, count: usize) -> Vec<Column> {
    (0..count).map(|index| Column::number(format!("{name}_{index}"))).collect()
}

/// What the features of each column sum to, for one row after the other.
pub(crate) fn by_column(columns: &[Column], features: &[f32]) -> Vec<f32> {
    let width: usize = columns.iter().map(Column::features).sum();
    let of_row = |row: &[f32]| {
        let mut rest = row;
        let sums = columns.iter().map(|column| {
            let (own, others) = rest.split_at(column.features());
            rest = others;
            own.iter().sum::<f32>()
        });
        sums.collect::<Vec<f32>>()
    };
    features.chunks_exact(width.max(1)).flat_map(of_row).collect()
}

/// The three columns of the largest shares.
pub(crate) fn most(shares: &[f32], columns: &[Column]) -> String {
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| shares[b].total_cmp(&shares[a]));
    let named =
        order.iter().take(3).map(|&index| format!("{} {:.0} %", columns[index].name, 100.0 * shares[index]));
    named.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_named_by_their_share() {
        let columns = ["a", "b", "c", "d"].map(Column::number);
        assert_eq!(most(&[0.1, 0.6, 0.05, 0.25], &columns), "b 60 %; d 25 %; a 10 %");
    }
}
