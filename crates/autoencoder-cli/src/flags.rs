//! The library says which key of a configuration to change; the command says which words change it.

/// Keys that have a flag of their own.
const FLAGS: [(&str, &str); 8] = [
    ("data.source", "--data"),
    ("data.label", "--label"),
    ("data.normal_only", "--normal-only"),
    ("data.drop", "--drop"),
    ("data.words", "--words"),
    ("model.kind", "--model"),
    ("train.epochs", "--epochs"),
    ("train.seed", "--seed"),
];

/// The tables whose keys are told from other words with a dot.
const TABLES: [&str; 6] = ["data.", "model.", "loss.", "train.", "corruption.", "score."];

/// The words of the command for what a message proposes after its first colon; `None` where it proposes no key.
pub(crate) fn of(message: &str) -> Option<String> {
    let (_, proposal) = message.split_once(": ")?;
    let mut words: Vec<String> = Vec::new();
    let is_key = |letter: char| letter.is_ascii_lowercase() || letter == '_' || letter == '.';
    let mut rest = proposal;
    while let Some(start) = rest.find(is_key) {
        let end = rest[start..].find(|letter| !is_key(letter)).map_or(rest.len(), |length| start + length);
        let key = rest[start..end].trim_end_matches('.');
        rest = &rest[end..];
        if !TABLES.iter().any(|table| key.starts_with(table)) {
            continue;
        }
        let value = rest.strip_prefix(" = ").and_then(value);
        let flag = FLAGS.iter().find(|(known, _)| *known == key).map(|(_, flag)| *flag);
        let found = match (flag, value) {
            (Some(flag), Some(value)) => format!("{flag} {}", value.trim_matches(['[', ']'])),
            (Some(flag), None) => flag.to_owned(),
            (None, Some(value)) => format!("--set {key}={value}"),
            (None, None) => continue,
        };
        if !words.contains(&found) {
            words.push(found);
        }
    }
    (!words.is_empty()).then(|| format!(" (in the command: {})", words.join(", ")))
}

/// A value as `--set` takes it: a text without its marks, or a list.
fn value(rest: &str) -> Option<String> {
    let end = if rest.starts_with('[') {
        rest.find(']')? + 1
    } else if let Some(text) = rest.strip_prefix('"') {
        text.find('"')? + 2
    } else {
        return None;
    };
    Some(rest[..end].replace(['"', ' '], ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_proposed_are_said_as_flags() {
        let found = |message| of(message).unwrap_or_default();
        assert_eq!(
            found("x holds `a`: read it with data.words = [\"b\"], or leave it out with data.drop = [\"b\"]"),
            " (in the command: --words b, --drop b)"
        );
        assert_eq!(
            found("values 1 to 255: set data.scaling = \"unit\", or loss.kind = \"squared-error\"."),
            " (in the command: --set data.scaling=unit, --set loss.kind=squared-error)"
        );
        assert_eq!(
            found("it is 3x4: say data.shape = [1, 8, 8]"),
            " (in the command: --set data.shape=[1,8,8])"
        );
        assert_eq!(found("no classes: name the column with data.label"), " (in the command: --label)");
    }

    #[test]
    fn what_is_wrong_is_not_proposed() {
        for message in
            ["train.batch_size = \"x\" is wrong", "bad value at `train.device`: unknown", "a: b.c d"]
        {
            assert_eq!(of(message), None, "{message}");
        }
    }
}
