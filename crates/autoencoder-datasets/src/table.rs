//! Tables: which of their columns are wanted, and what is made of them.

use std::path::Path;

use autoencoder_core::ExampleShape;
use autoencoder_core::files::write_output;
use serde::{Deserialize, Serialize};

use crate::classes::Classes;
use crate::columns::{Reading, features};
use crate::missing::Missing;
use crate::narrow::{Narrow, Narrowed};
use crate::{Column, DatasetError, Matrix};

/// What of a table is wanted.
#[derive(Clone, Copy, Debug, Default)]
pub struct Columns<'a> {
    /// These columns, in this order, with those words; all, in the order of the file, where it is absent.
    pub only: Option<&'a [Column]>,
    /// Not these.
    pub drop: &'a [String],
    /// Not this one either: it names the class of each row.
    pub label: Option<&'a str>,
    /// `[channels, height, width]` of what a file holds as flat rows, and what pictures are resized to.
    pub shape: Option<[usize; 3]>,
    /// What becomes of a cell without a value.
    pub missing: Missing,
    /// The columns whose numbers are codes, each of which is a word.
    pub words: &'a [String],
    /// What becomes of a row whose label has no value.
    pub unlabelled: Unlabelled,
    /// Whether the first row of a text names the columns; `None` where it is to be found out.
    pub header: Option<bool>,
}

/// What becomes of a row of a table whose label has no value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unlabelled {
    /// The table is refused, naming the row.
    #[default]
    Refuse,
    /// It takes no part.
    LeaveOut,
}

/// A table as features.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Its rows, with labels where a column of them was named.
    pub(crate) matrix: Matrix,
    /// The columns that the features are of: `column_0` and so on where the file has no names.
    pub(crate) columns: Vec<Column>,
    /// What the labels are called, where they are words.
    pub(crate) names_of_classes: Vec<String>,
    /// How many words of each row the run's own file had not; empty where there are none.
    pub(crate) unseen: Vec<u32>,
    /// The line of the file that each row begins in; empty where it has no lines.
    pub(crate) lines: Vec<u64>,
    /// Columns that are left out without having been asked to be.
    pub(crate) left_out: Vec<String>,
}

impl Table {
    /// The table of cells that were read row by row, and of the class of each row where there is one.
    pub(crate) fn new(cells: Narrow, columns: Vec<Reading>, classes: &[String]) -> Result<Self, String> {
        let (columns, Narrowed { values, origins }) = features(cells, columns)?;
        let shape = ExampleShape::Flat(columns.iter().map(Column::features).sum());
        let matrix = Matrix::new(shape, values).with_origin(origins).with_natural_range();
        if classes.is_empty() {
            return Ok(Self {
                matrix,
                columns,
                names_of_classes: Vec::new(),
                unseen: Vec::new(),
                lines: Vec::new(),
                left_out: Vec::new(),
            });
        }
        let Classes { labels, names } = Classes::of_words(classes);
        Ok(Self {
            matrix: matrix.with_labels(labels),
            columns,
            names_of_classes: names,
            unseen: Vec::new(),
            lines: Vec::new(),
            left_out: Vec::new(),
        })
    }
}

impl Columns<'_> {
    /// The columns at those places, ready to be read.
    pub(crate) fn reading(&self, names: &[String], places: &[usize]) -> Vec<Reading> {
        match self.only {
            Some(only) => only.iter().map(|column| Reading::known(column, self.missing)).collect(),
            None => {
                let open = |name: &String| {
                    if self.words.contains(name) {
                        Reading::words(name, self.missing)
                    } else {
                        Reading::open(name, self.missing)
                    }
                };
                places.iter().map(|&place| open(&names[place])).collect()
            }
        }
    }
}

/// The places of the columns that are wanted. A second column of a name is called `name.2`, a third `name.3`; both of a name
/// are left out by it.
pub(crate) fn choose(names: &[String], wanted: Columns<'_>, has_header: bool) -> Result<Vec<usize>, String> {
    if let Some(only) = wanted.only {
        // A file without names is taken by its order.
        return if !has_header && only.len() == names.len() {
            Ok((0..names.len()).collect())
        } else {
            only.iter().map(|column| place(names, &column.name)).collect()
        };
    }
    for name in wanted.words {
        place(names, name)?;
    }
    let mut left_out = Vec::new();
    for name in wanted.drop.iter().map(String::as_str).chain(wanted.label) {
        left_out.push(place(names, name)?);
        left_out.extend(repeats(names, name));
    }
    let chosen: Vec<usize> = (0..names.len()).filter(|column| !left_out.contains(column)).collect();
    if let Some(first) =
        chosen.iter().find(|&&first| repeats(names, &names[first]).any(|next| chosen.contains(&next)))
    {
        let name = &names[*first];
        return Err(format!(
            "it has two columns `{name}`: leave one out with data.drop = [\"{name}.2\"], or rename one"
        ));
    }
    if chosen.is_empty() { Err("no column is left".to_owned()) } else { Ok(chosen) }
}

/// The further columns of that name.
fn repeats<'a>(names: &'a [String], name: &'a str) -> impl Iterator<Item = usize> + 'a {
    (2..).map_while(move |number| {
        let name = format!("{name}.{number}");
        names.iter().position(|found| *found == name)
    })
}

/// What the columns of labels are called.
pub const LABELS: [&str; 8] = ["label", "labels", "class", "y", "target", "anomaly", "outlier", "is_anomaly"];

/// The column that labels are in where none is named: the only one, or the last that is called as labels are.
///
/// # Errors
/// That there is none.
pub(crate) fn the_label(names: &[String]) -> Result<usize, String> {
    if names.len() == 1 {
        return Ok(0);
    }
    let is_called = |name: &String| LABELS.iter().any(|known| name.eq_ignore_ascii_case(known));
    names.iter().rposition(is_called).ok_or_else(|| {
        format!("no column is called `label`: name the one that is with data.label ({})", listed(names))
    })
}

/// The remedy for a row without a label.
pub(crate) const UNLABELLED: &str =
    "has no label: write one, or leave such rows out with data.unlabelled = \"leave-out\"";

/// The names of the columns, of which each is there once: a second one of a name is `name.2`.
pub(crate) fn unique(names: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    let of = |name: String| {
        let count = seen.entry(name.clone()).or_default();
        *count += 1;
        if *count > 1 { format!("{name}.{count}") } else { name }
    };
    names.into_iter().map(of).collect()
}

pub(crate) fn place(names: &[String], name: &str) -> Result<usize, String> {
    names.iter().position(|found| found == name).ok_or_else(|| {
        let nearest = autoencoder_core::nearest(name, names.iter().map(String::as_str));
        let all = || format!("it has {}", listed(names));
        format!(
            "it has no column `{name}`: {}",
            nearest.map_or_else(all, |name| format!("did you mean `{name}`?"))
        )
    })
}

/// The names, or the first of many.
fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let first = names.iter().take(MOST).map(String::as_str).collect::<Vec<_>>().join(", ");
    if names.len() > MOST { format!("{first} and {} more", names.len() - MOST) } else { first }
}

/// Writes a header and rows of cells as a `.csv` file, atomically.
///
/// # Errors
/// [`DatasetError::Unwritable`].
pub(crate) fn write_table(
    path: &Path,
    header: Option<Vec<String>>,
    rows: impl Iterator<Item = Vec<String>>,
) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut writer = csv::Writer::from_writer(Vec::new());
    let mut written = Ok(());
    for row in header.into_iter().chain(rows) {
        written = written.and_then(|()| writer.write_record(row));
    }
    written.map_err(|error| unwritable(std::io::Error::other(error)))?;
    let bytes = writer.into_inner().map_err(|error| unwritable(error.into_error()))?;
    write_output(path, &bytes).map_err(unwritable)
}
