//! How a table is written: what separates its cells, and whether its first row names its columns.

use csv::StringRecord;

use crate::cells::{Notation, value, without_value};

/// What separates cells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Delimiter {
    pub(crate) byte: u8,
    /// Whether it stands for runs of blanks.
    pub(crate) blanks: bool,
    /// Whether the first line says it (`sep=;`) and is no row.
    pub(crate) said: bool,
}

/// How many lines are looked at.
const LINES: usize = 20;

impl Delimiter {
    /// What the first lines of a text are separated by: the one that `sep=` names, else one that stands in all of them, as
    /// often in each; a comma that may be decimal comes after those that cannot be.
    pub(crate) fn of(text: &[u8]) -> Self {
        let of = |byte| Self { byte, blanks: false, said: false };
        let mut lines = text.split(|&byte| byte == b'\n').map(|line| line.trim_ascii_end());
        let first = lines.clone().next().unwrap_or_default();
        if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', byte] = first {
            return Self { said: true, ..of(*byte) };
        }
        let lines: Vec<&[u8]> = lines.by_ref().filter(|line| !line.is_empty()).take(LINES).collect();
        // The last may be cut.
        let lines = if lines.len() > 1 { &lines[..lines.len() - 1] } else { &lines[..] };
        let same = |byte: u8| {
            let count = |line: &[u8]| outside_quotes(line, byte);
            let first = lines.first().map_or(0, |line| count(line));
            first > 0 && lines.iter().all(|line| count(line) == first)
        };
        let often = |byte: u8| lines.first().map_or(0, |line| outside_quotes(line, byte));
        if let Some(&byte) = [b'\t', b';', b'|', b','].iter().find(|&&byte| same(byte)) {
            return of(byte);
        }
        if let Some(byte) =
            [b',', b';', b'\t'].into_iter().filter(|&byte| often(byte) > 0).max_by_key(|&byte| often(byte))
        {
            return of(byte);
        }
        let blanks =
            |line: &[u8]| line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
        let words = lines.first().map_or(0, |line| blanks(line));
        if words > 1 && lines.len() > 1 && lines.iter().all(|line| blanks(line) == words) {
            Self { blanks: true, ..of(b'\t') }
        } else {
            of(b',')
        }
    }
}

/// How often the byte stands in the line outside of quotes.
fn outside_quotes(line: &[u8], byte: u8) -> usize {
    let mut quoted = false;
    let mut count = 0;
    for &found in line {
        quoted ^= found == b'"';
        count += usize::from(found == byte && !quoted);
    }
    count
}

/// Whether the first record names the columns. A column that holds numbers below tells: a number in its first cell is a row,
/// a word a name. Without such a column it is a header where its words are all different and none stands below.
pub(crate) fn has_header(records: &[StringRecord], delimiter: u8) -> bool {
    let Some((first, below)) = records.split_first() else { return false };
    if below.is_empty() {
        return first.iter().any(|cell| !without_value(cell) && !is_number(cell, delimiter));
    }
    let (mut names, mut rows, mut numbers) = (0, 0, 0);
    for (column, cell) in first.iter().enumerate() {
        let cells =
            || below.iter().filter_map(|record| record.get(column)).filter(|cell| !without_value(cell));
        let of_numbers = cells().filter(|cell| is_number(cell, delimiter)).count();
        if 2 * of_numbers <= cells().count() {
            continue;
        }
        numbers += 1;
        match () {
            () if without_value(cell) => {}
            () if is_number(cell, delimiter) => rows += 1,
            () => names += 1,
        }
    }
    if numbers > 0 && names + rows > 0 {
        return names >= rows || are_years(first, below);
    }
    let stands_below =
        |(column, cell): (usize, &str)| below.iter().any(|record| record.get(column) == Some(cell));
    let mut words: Vec<&str> = first.iter().collect();
    words.sort_unstable();
    words.dedup();
    words.len() == first.len() && !first.iter().enumerate().any(stands_below)
}

/// Whether the numbers of the first record are years one after the other, and its words stand nowhere below: a header all the
/// same.
fn are_years(first: &StringRecord, below: &[StringRecord]) -> bool {
    let is_year = |cell: &str| cell.parse::<u32>().is_ok();
    let years: Vec<u32> = first.iter().filter_map(|cell| cell.parse().ok()).collect();
    let mut words = first.iter().enumerate().filter(|(_, cell)| !is_year(cell));
    let follow = years.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1]));
    let stands_below =
        |(column, cell): (usize, &str)| below.iter().any(|record| record.get(column) == Some(cell));
    years.len() > 1
        && follow
        && years.iter().all(|year| (1800..=2200).contains(year))
        && !words.any(stands_below)
}

fn is_number(cell: &str, delimiter: u8) -> bool {
    Notation::ALL.iter().any(|&format| format.fits(delimiter) && value(cell, format).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_separates_cells_is_found() {
        for (text, byte, blanks) in [
            ("a,b\n1,2\n", b',', false),
            ("a;b\n1,5;2,5\n3,5;4,5\n", b';', false),
            ("a;b\n1;2,5\n", b';', false),
            ("a\tb c\n1\t2\n", b'\t', false),
            ("a|b\n1|2\n", b'|', false),
            ("1.0  2.0\n3.0 4.0\n5.0 6.0\n", b'\t', true),
            ("\"x; y\",b\n1,2\n2,3\n", b',', false),
            ("sep=;\na;b\n", b';', false),
            ("one word\n", b',', false),
            ("a\n1\n", b',', false),
        ] {
            let found = Delimiter::of(text.as_bytes());
            assert_eq!((found.byte, found.blanks), (byte, blanks), "{text}");
            assert_eq!(found.said, text.starts_with("sep="));
        }
    }

    #[test]
    fn a_number_in_a_column_of_numbers_is_no_name() {
        let header = |lines: &[&str]| {
            let records: Vec<StringRecord> = lines.iter().map(|line| line.split(',').collect()).collect();
            has_header(&records, b',')
        };
        assert!(header(&["a,b", "1,2", "3,4"]));
        assert!(!header(&["1,2", "3,4"]));
        assert!(!header(&["5.1,3.5,setosa", "4.9,3.0,setosa", "7.0,3.2,versicolor"]));
        assert!(header(&["length,width,kind", "4.9,3.0,setosa"]));
        assert!(header(&["colour,shape", "red,round", "blue,flat"]));
        assert!(!header(&["red,round", "blue,flat", "red,flat"]));
        assert!(!header(&["x,2,3", "1,2,3", "4,5,6"]), "a stray word in a row");
        assert!(header(&[",a,b", "0,1,2", "1,3,4"]), "the index of pandas");
        assert!(header(&["city,2019,2020", "a,1,2", "b,3,4", "a,5,6"]), "years");
        assert!(!header(&["a,2019,2020", "b,1,2", "a,3,4"]), "years in a row");
    }
}
