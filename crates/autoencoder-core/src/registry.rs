//! What a registry says of one kind of thing.

/// One kind that a configuration may name: a model, a penalty, a corruption, a loss, a data
/// source. Each crate keeps the list of its kinds; help, completions and tests are made from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// The word in the configuration, also the name of the file it is implemented in (with `_`).
    pub name: &'static str,
    /// What it is, in a line.
    pub summary: &'static str,
}
