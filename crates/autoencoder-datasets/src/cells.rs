//! What a cell of a table may hold, and what is said where it holds something else.

/// Cells that stand for a value nobody knows.
const MISSING: [&str; 7] = ["", "na", "nan", "null", "none", "?", "n/a"];
/// How many of the words that are known are named.
const NAMED: usize = 8;

/// The remedy for a cell without a value.
pub(crate) const FILL: &str =
    "fill it in, remove the row, or train with --set data.missing=mean (or =indicator)";

/// Whether the cell stands for a value nobody knows.
pub(crate) fn without_value(cell: &str) -> bool {
    MISSING.iter().any(|missing| cell.eq_ignore_ascii_case(missing))
}

/// The number of a cell.
///
/// # Errors
/// That it is not finite, or no number.
pub(crate) fn number(cell: &str) -> Result<f32, String> {
    match cell.parse::<f32>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => Err(format!("holds {cell}, which is not finite: remove the row or fill in a value")),
        Err(_) => Err(format!(
            "holds `{cell}`, which is no number: write one, or train without the column (ae train --drop)"
        )),
    }
}

/// Refuses a date or a time, each of which would be a word of its own.
///
/// # Errors
/// That it is one, and what to do.
pub(crate) fn date(cell: &str) -> Result<(), String> {
    let is_digit = |byte: u8| byte.is_ascii_digit();
    let is_mark = |byte: u8| b"-/.:TZ+ ".contains(&byte);
    let marks = cell.bytes().filter(|&byte| b"-/.:".contains(&byte)).count();
    let is_one = cell.bytes().next().is_some_and(is_digit)
        && cell.bytes().all(|byte| is_digit(byte) || is_mark(byte))
        && (marks >= 2 || cell.contains(':'));
    match is_one {
        true => Err(format!(
            "holds `{cell}`, a date or a time: make a number of it, such as days, or train without the column (ae train --drop)"
        )),
        false => Ok(()),
    }
}

/// What is said about a word that training did not see.
pub(crate) fn unknown_word(cell: &str, words: &[String]) -> String {
    let named = words.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = if words.len() > NAMED { " and others" } else { "" };
    format!("holds `{cell}`, a word that training did not see: it saw {named}{more}")
}
