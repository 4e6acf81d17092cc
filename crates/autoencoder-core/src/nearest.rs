//! The nearest of some names to what was typed.

/// The candidate that takes the fewest edits to reach from `typed`, if that is fewer than half of
/// its letters.
///
/// ```
/// use autoencoder_core::nearest;
///
/// assert_eq!(nearest("epoch", ["epochs", "seed"]), Some("epochs"));
/// assert_eq!(nearest("device", ["epochs", "seed"]), None);
/// ```
pub fn nearest<'a>(typed: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(typed, candidate), candidate))
        .filter(|&(edits, candidate)| edits * 2 <= candidate.chars().count().max(typed.chars().count()))
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_of_the_finger_is_found_and_another_word_is_not() {
        assert_eq!(nearest("hiden", ["hidden", "code"]), Some("hidden"));
        assert_eq!(nearest("zebra", ["hidden", "code"]), None);
    }
}
