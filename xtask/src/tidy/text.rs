//! What holds for the text of each file.

use super::finding::Finding;

/// The longest a file may be, in lines.
const MOST_LINES: usize = 600;
/// The one crate whose kernels need raw memory.
const RAW_MEMORY: &str = "crates/autoencoder-kernels/";
/// The one file that may name where this machine keeps its data.
const KNOWS_THE_MACHINE: &str = ".ci/run";

// These words are put together from halves, so that this file does not find itself.
const LEFT_OVER: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
const UNCHECKED: &str = concat!("un", "safe");
const MACHINE: [&str; 2] = [concat!("../sha", "red"), concat!("/wo", "rk/")];

/// Everything found in a file, by its path from the root.
pub(super) fn check(file: &str, text: &str) -> Vec<Finding> {
    let whole = [missing_module_doc(file, text), too_long(file, text)];
    let lines = text.lines().enumerate().flat_map(|(index, line)| {
        let place = format!("{file}:{}", index + 1);
        let messages = [left_over(line), banner(file, line), raw_memory(file, line), machine(file, line)];
        messages.into_iter().flatten().map(move |message| Finding::new(&place, message))
    });
    whole.into_iter().flatten().map(|message| Finding::new(file, message)).chain(lines).collect()
}

fn missing_module_doc(file: &str, text: &str) -> Option<String> {
    (file.ends_with(".rs") && !text.starts_with("//!"))
        .then(|| "begins without a `//!` comment: say in a line what the file is".to_owned())
}

fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    let written_by_hand = [".rs", ".md", ".py", ".toml"].iter().any(|end| file.ends_with(end));
    (written_by_hand && lines > MOST_LINES)
        .then(|| format!("has {lines} lines, more than {MOST_LINES}: give a part of it a file of its own"))
}

fn left_over(line: &str) -> Option<String> {
    let word = LEFT_OVER.iter().find(|word| has_word(line, word))?;
    Some(format!("has a left-over {word}: do it, or leave it out"))
}

fn banner(file: &str, line: &str) -> Option<String> {
    let line = line.trim_start();
    let comment = match file.rsplit('.').next() {
        Some("rs") => line.strip_prefix("//")?.trim_start_matches(['/', '!']),
        Some("toml" | "py") => line.strip_prefix('#')?,
        _ => return None,
    };
    ["---", "===", "***", "###"]
        .iter()
        .any(|rule| comment.trim_start().starts_with(rule))
        .then(|| "is a section banner: use a module, or nothing".to_owned())
}

fn raw_memory(file: &str, line: &str) -> Option<String> {
    let code = line.split("//").next().unwrap_or_default();
    (file.ends_with(".rs") && !file.starts_with(RAW_MEMORY) && has_word(code, UNCHECKED))
        .then(|| format!("has `{UNCHECKED}`: only {RAW_MEMORY} may"))
}

fn machine(file: &str, line: &str) -> Option<String> {
    let path = MACHINE.iter().find(|path| {
        line.match_indices(**path)
            .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "._-".contains(c)))
    })?;
    (file != KNOWS_THE_MACHINE).then(|| {
        format!("names `{path}`, a place on one machine: read AUTOENCODER_DATA, or take an argument")
    })
}

/// Whether `word` stands in `line` with no letter, digit or underscore next to it.
fn has_word(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word)
        .any(|(at, _)| !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(file: &str, text: &str) -> Vec<String> {
        check(file, text).iter().map(Finding::to_string).collect()
    }

    fn finds(file: &str, line: &str, message: &str) -> bool {
        let found = found(file, &format!("//! A file.\n{line}\n"));
        found.len() == 1 && found[0].starts_with(&format!("{file}:2: ")) && found[0].contains(message)
    }

    #[test]
    fn a_file_without_a_module_comment_is_found_in_tests_and_examples_too() {
        for file in ["crates/a/src/lib.rs", "crates/a/tests/b.rs", "crates/a/examples/c.rs"] {
            assert_eq!(found(file, "fn main() {}\n").len(), 1);
            assert_eq!(found(file, "//! What it is.\nfn main() {}\n"), [""; 0]);
        }
        assert_eq!(found("README.md", "# Title\n"), [""; 0]);
    }

    #[test]
    fn a_file_of_600_lines_passes_and_one_of_601_does_not() {
        let lines = |count| "//! A line.\n".repeat(count);
        assert_eq!(found("a.rs", &lines(600)), [""; 0]);
        assert!(found("a.rs", &lines(601))[0].contains("has 601 lines"));
        assert_eq!(found("Cargo.lock", &lines(601)), [""; 0]);
    }

    #[test]
    fn left_over_notes_are_found_as_words_alone() {
        for word in LEFT_OVER {
            assert!(finds("a.rs", &format!("// {word}: later"), "left-over"));
            assert!(finds("a.md", &format!("({word})"), "left-over"));
            assert_eq!(found("a.md", &format!("{word}S and A{word}")), [""; 0]);
        }
    }

    #[test]
    fn section_banners_are_found_and_tables_are_not() {
        for line in ["// ----", "    // ==== tests ====", "//----", "/// ===="] {
            assert!(finds("a.rs", line, "banner"), "{line}");
        }
        assert!(!found("a.toml", "# -----\n").is_empty());
        for line in ["/// | a | b |", "/// |---|---|", "// - a point", "let x = 3; // a -- b"] {
            assert_eq!(found("a.rs", &format!("//! A file.\n{line}\n")), [""; 0], "{line}");
        }
        assert_eq!(found("a.md", "---\n### Part\n"), [""; 0]);
    }

    #[test]
    fn raw_memory_is_found_outside_the_kernels_alone() {
        let line = format!("{UNCHECKED} {{ f() }}");
        assert!(finds("crates/autoencoder-train/src/fit.rs", &line, "autoencoder-kernels"));
        assert_eq!(
            found("crates/autoencoder-kernels/src/lib.rs", &format!("//! A file.\n{line}\n")),
            [""; 0]
        );
        let comment = format!("//! A file.\n// nothing {UNCHECKED} here\n#![deny({UNCHECKED}_code)]\n");
        assert_eq!(found("crates/autoencoder-train/src/fit.rs", &comment), [""; 0]);
    }

    #[test]
    fn places_on_one_machine_are_found_everywhere_but_in_ci() {
        for path in MACHINE {
            let line = format!("data = \"{path}data\"");
            assert!(finds("a.rs", &line, "AUTOENCODER_DATA"), "{line}");
            assert!(!found("docs/a.md", &line).is_empty());
            assert_eq!(found(".ci/run", &line), [""; 0]);
        }
        assert_eq!(found("a.md", concat!("https://example.org/art", "/wo", "rk/1")), [""; 0]);
    }
}
