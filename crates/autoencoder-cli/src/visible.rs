//! Words from outside on their way to a terminal.

/// A message on one line, whatever it was made of: cut in its middle where it is long, since what went wrong stands at its
/// beginning and what to do at its end.
pub(crate) fn one_line(message: &str) -> String {
    let line = visible(&message.split_whitespace().collect::<Vec<_>>().join(" "));
    let length = line.chars().count();
    if length <= BEGINNING + END {
        return line;
    }
    let at = |place: usize| line.char_indices().nth(place).map_or(line.len(), |(at, _)| at);
    format!("{} [...] {}", &line[..at(BEGINNING)], &line[at(length - END)..])
}

/// How many characters of a long message are kept of its beginning and of its end.
const BEGINNING: usize = 600;
const END: usize = 300;

/// The text with every character escaped that a terminal acts on instead of showing it: names of columns, files and keys
/// come from outside.
pub(crate) fn visible(text: &str) -> String {
    let acts = |character: char| {
        let turns_text_around =
            matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        (character.is_control() && character != '\n' && character != '\t') || turns_text_around
    };
    if text.chars().any(acts) {
        text.chars()
            .map(
                |character| {
                    if acts(character) {
                        character.escape_unicode().to_string()
                    } else {
                        character.to_string()
                    }
                },
            )
            .collect()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_terminal_would_act_on_is_shown_instead() {
        assert_eq!(visible("a\u{1b}[31m\u{202e}b\nc\td\u{e9}"), "a\\u{1b}[31m\\u{202e}b\nc\td\u{e9}");
    }

    #[test]
    fn a_long_message_keeps_its_beginning_and_its_end() {
        let line = one_line(&format!("x.csv holds {} which is no number: remove it", "9".repeat(20_000_000)));
        assert!(line.len() < 1000 && line.starts_with("x.csv") && line.ends_with(": remove it"), "{line}");
        assert_eq!(one_line("a  b\nc"), "a b c");
    }
}
