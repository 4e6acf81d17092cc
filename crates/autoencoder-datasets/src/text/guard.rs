//! The bytes of a table on their way to the parser: what it would take in silence is refused here.

use std::io::{BufRead, Error, ErrorKind, Read, Result};

/// The longest row that is read: a longer one is no row of numbers.
const LONGEST: usize = 1 << 24;

/// Bytes of text, with a byte 0, a quote that is never closed, or a row without end refused; where cells are separated by
/// blanks, every run of them is one tab.
pub(crate) struct Guard<R> {
    inner: R,
    delimiter: u8,
    blanks: bool,
    state: State,
    /// The line that is being read, from 1, and the one in which the last quote was opened.
    line: usize,
    opened: usize,
    length: usize,
    /// What is ready to be given out.
    ready: Vec<u8>,
    given: usize,
}

/// Where in a row the next byte stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// At the beginning of a cell: of the row's first, or of another.
    Row,
    Cell,
    Inside,
    Quoted,
    /// After a quote in a quoted cell: its end, unless another follows.
    Closed,
}

impl<R: BufRead> Guard<R> {
    /// `blanks` says that cells are separated by runs of blanks; `delimiter` is a tab then.
    pub(crate) fn new(inner: R, delimiter: u8, blanks: bool) -> Self {
        Self {
            inner,
            delimiter,
            blanks,
            state: State::Row,
            line: 1,
            opened: 0,
            length: 0,
            ready: Vec::new(),
            given: 0,
        }
    }

    /// Reads some more.
    fn refill(&mut self) -> Result<()> {
        self.ready.clear();
        self.given = 0;
        let bytes = self.inner.fill_buf()?;
        let count = bytes.len();
        if count == 0 {
            return match self.state {
                State::Quoted => Err(invalid(format!(
                    "the quote that is opened in line {} is never closed: close it, or remove it",
                    self.opened
                ))),
                _ => Ok(()),
            };
        }
        for &byte in bytes {
            self.length += 1;
            if byte == 0 {
                return Err(invalid(format!(
                    "line {} holds a byte 0, which no text has: save it as UTF-8",
                    self.line
                )));
            }
            if self.length > LONGEST {
                return Err(invalid(format!(
                    "the row in line {} is longer than {} MiB",
                    self.line,
                    LONGEST >> 20
                )));
            }
            let is_blank = self.blanks && (byte == b' ' || byte == b'\t') && self.state != State::Quoted;
            if byte == b'\n' {
                self.line += 1;
            }
            self.state = match (self.state, byte) {
                (State::Quoted, b'"') => State::Closed,
                (State::Quoted, _) => State::Quoted,
                (State::Closed, b'"') => State::Quoted,
                (_, b'\n' | b'\r') => {
                    self.length = 0;
                    State::Row
                }
                (State::Row | State::Cell, b'"') => {
                    self.opened = self.line;
                    State::Quoted
                }
                (State::Row, _) if is_blank => State::Row,
                (_, byte) if is_blank || byte == self.delimiter => State::Cell,
                _ => State::Inside,
            };
            match is_blank {
                false => {
                    // A blank at the end of a row begins no cell.
                    if self.blanks && self.state == State::Row && self.ready.last() == Some(&b'\t') {
                        self.ready.pop();
                    }
                    self.ready.push(byte);
                }
                true if self.state == State::Cell && self.ready.last() != Some(&b'\t') => {
                    self.ready.push(b'\t')
                }
                true => {}
            }
        }
        self.inner.consume(count);
        match self.ready.is_empty() {
            // A piece of blanks alone.
            true => self.refill(),
            false => Ok(()),
        }
    }
}

impl<R: BufRead> Read for Guard<R> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.given == self.ready.len() {
            self.refill()?;
        }
        let count = out.len().min(self.ready.len() - self.given);
        out[..count].copy_from_slice(&self.ready[self.given..self.given + count]);
        self.given += count;
        Ok(count)
    }
}

fn invalid(message: String) -> Error {
    Error::new(ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn through(text: &[u8], blanks: bool) -> std::result::Result<String, String> {
        let mut out = String::new();
        let delimiter = if blanks { b'\t' } else { b',' };
        match Guard::new(text, delimiter, blanks).read_to_string(&mut out) {
            Ok(_) => Ok(out),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn text_passes_as_it_is() {
        for text in ["a,b\n1,\"x, \"\"y\"\"\"\n", "a,5\" pipe\n", "\"two\nlines\",2\r\n", ""] {
            assert_eq!(through(text.as_bytes(), false).expect("text"), text);
        }
    }

    #[test]
    fn an_unclosed_quote_a_byte_0_and_an_endless_row_are_refused() {
        let error = through(b"a,w\n1,x\n2,\"x\n3,x\n", false).expect_err("refused");
        assert!(error.contains("line 3") && error.contains("quote"), "{error}");
        assert!(through(b"a\n1\0\n", false).expect_err("refused").contains("line 2"));
        assert!(through(&vec![b'1'; LONGEST + 1], false).expect_err("refused").contains("longer"));
    }

    #[test]
    fn runs_of_blanks_are_one_tab() {
        assert_eq!(
            through(b"  a   b \n 1 \t 2\n3 \"x  y\"\n", true).expect("text"),
            "a\tb\n1\t2\n3\t\"x  y\"\n"
        );
    }
}
