//! What a cell of a table may hold, and what is said where it holds something else.

/// Cells that stand for a value nobody knows.
const MISSING: [&str; 14] =
    ["", "na", "nan", "null", "none", "?", "n/a", "#n/a", "#na", "-", "--", ".", "n.a.", "<na>"];

/// The remedy for a cell without a value.
pub(crate) const FILL: &str =
    "fill it in, remove the row, or train with data.missing = \"mean\" or \"indicator\"";

/// Whether the cell stands for a value nobody knows.
pub(crate) fn without_value(cell: &str) -> bool {
    cell.len() <= 4 && MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// How the numbers of a column are written. A percent sign after them, a sign of money before them and blanks or apostrophes
/// between their digits are left out of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Notation {
    /// `1234.5`.
    #[default]
    Point,
    /// `1,234.5`.
    Thousands,
    /// `1.234,5`.
    Comma,
}

impl Notation {
    pub(crate) const ALL: [Self; 3] = [Self::Point, Self::Thousands, Self::Comma];

    /// Whether a table whose cells that byte separates has such numbers: between commas a comma is no decimal one.
    pub(crate) fn fits(self, delimiter: u8) -> bool {
        self != Self::Comma || delimiter != b','
    }
}

/// The number of a cell, which may be infinite; `None` where it is none.
pub(crate) fn value(cell: &str, format: Notation) -> Option<f64> {
    // What most cells are.
    if format != Notation::Comma
        && let Ok(value) = cell.parse::<f64>()
    {
        return (!value.is_nan()).then_some(value);
    }
    let bare = cell.strip_suffix('%').unwrap_or(cell).trim_end();
    let (sign, bare) = match bare.strip_prefix(['-', '+', '\u{2212}']) {
        Some(rest) => (if bare.starts_with('+') { 1.0 } else { -1.0 }, rest),
        None => (1.0, bare),
    };
    let bare = bare.strip_prefix(['$', '\u{20ac}', '\u{a3}']).unwrap_or(bare).trim_start();
    if !bare.starts_with(|first: char| first.is_ascii_digit() || first == '.' || first == ',') {
        // `inf` and the like, which only Rust's own words for numbers are.
        return bare.parse::<f64>().ok().filter(|value| value.is_infinite()).map(|value| sign * value);
    }
    let (group, point) = match format {
        Notation::Point => ('\'', '.'),
        Notation::Thousands => (',', '.'),
        Notation::Comma => ('.', ','),
    };
    let (whole, rest) = match bare.find([point, 'e', 'E']) {
        Some(at) => bare.split_at(at),
        None => (bare, ""),
    };
    let whole = without_groups(whole, group)?;
    let rest = rest.replacen(point, ".", 1);
    format!("{whole}{rest}").parse::<f64>().ok().filter(|value| value.is_finite()).map(|value| sign * value)
}

/// The digits before the point, without what stands between groups of three.
fn without_groups(whole: &str, group: char) -> Option<String> {
    let separates = |c: char| c == group || c == '\'' || c == ' ' || c == '\u{a0}' || c == '\u{202f}';
    let mut parts = whole.split(separates);
    let first = parts.next()?;
    let groups: Vec<&str> = parts.collect();
    let fits = groups.is_empty()
        || (!first.is_empty() && first.len() <= 3 && groups.iter().all(|part| part.len() == 3));
    fits.then(|| [&[first][..], &groups].concat().concat())
}

/// How the numbers of a column are written, and how many of its cells are such numbers: of several the first that fits most.
pub(crate) fn format_of<'a>(
    cells: impl Iterator<Item = &'a str> + Clone,
    delimiter: u8,
) -> (Notation, usize) {
    let count = |format| cells.clone().filter(|cell| value(cell, format).is_some()).count();
    let mut best = (Notation::Point, count(Notation::Point));
    // `1,234` between semicolons is a decimal comma sooner than a thousand.
    for format in [Notation::Comma, Notation::Thousands].into_iter().filter(|format| format.fits(delimiter)) {
        let found = count(format);
        if found > best.1 {
            best = (format, found);
        }
    }
    best
}

/// The number of a cell.
///
/// # Errors
/// That it is not finite, or no number.
pub(crate) fn number(cell: &str, format: Notation, column: &str) -> Result<f64, String> {
    match value(cell, format) {
        Some(value) if value.abs() <= f64::from(f32::MAX) => Ok(value),
        Some(_) => Err(format!("holds {cell}, which is not finite, or more than 3.4e38: {FILL}")),
        None if is_date(cell) => Err(of_date(cell)),
        None => Err(format!(
            "holds `{cell}`, which is not a number like the others: mend it, read all of them as words with data.words = [\"{column}\"], or leave the column out with data.drop = [\"{column}\"]"
        )),
    }
}

/// Whether the cell looks like a date or a time.
pub(crate) fn is_date(cell: &str) -> bool {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_mark = |byte: u8| b"-/.:TZ+ ".contains(&byte);
    let marks = cell.bytes().filter(|&byte| b"-/.:".contains(&byte)).count();
    cell.bytes().next().is_some_and(is_digit)
        && cell.bytes().all(|byte| is_digit(byte) || is_mark(byte))
        && (marks >= 2 || cell.contains(':'))
}

/// Refuses a date or a time, each of which would be a word of its own.
///
/// # Errors
/// That it is one, and what to do.
pub(crate) fn date(cell: &str) -> Result<(), String> {
    if is_date(cell) { Err(of_date(cell)) } else { Ok(()) }
}

fn of_date(cell: &str) -> String {
    format!(
        "holds `{cell}`, a date or a time: make a number of it, such as days, or leave the column out with data.drop"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (cell, format, expected) in [
            ("-1.5e3", Notation::Point, Some(-1500.0)),
            ("37%", Notation::Point, Some(37.0)),
            ("$3.50", Notation::Point, Some(3.5)),
            ("-\u{20ac}2", Notation::Point, Some(-2.0)),
            ("1 234.5", Notation::Point, Some(1234.5)),
            ("1'234", Notation::Point, Some(1234.0)),
            ("1,234.5", Notation::Thousands, Some(1234.5)),
            ("1,23", Notation::Thousands, None),
            ("53,0509", Notation::Comma, Some(53.0509)),
            ("1.234,5", Notation::Comma, Some(1234.5)),
            ("1.5", Notation::Comma, None),
            ("50", Notation::Comma, Some(50.0)),
            ("Infinity", Notation::Point, Some(f64::INFINITY)),
            ("1,5", Notation::Point, None),
            ("x", Notation::Point, None),
            ("1.2.3", Notation::Point, None),
            ("", Notation::Point, None),
        ] {
            assert_eq!(value(cell, format), expected, "{cell} {format:?}");
        }
    }

    #[test]
    fn the_format_of_a_column_is_the_one_that_most_cells_have() {
        let of = |cells: &[&str], delimiter| format_of(cells.iter().copied(), delimiter);
        assert_eq!(of(&["1.5", "2"], b','), (Notation::Point, 2));
        assert_eq!(of(&["1,5", "2"], b';'), (Notation::Comma, 2));
        assert_eq!(of(&["1,234", "12,345"], b','), (Notation::Thousands, 2));
        assert_eq!(of(&["1,234", "12,345.5"], b';'), (Notation::Thousands, 2));
        assert_eq!(of(&["1,234", "1,235"], b';'), (Notation::Comma, 2));
        assert_eq!(of(&["a", "2"], b','), (Notation::Point, 1));
    }
}
