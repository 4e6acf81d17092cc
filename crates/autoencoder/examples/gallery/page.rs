//! A page of the gallery: the picture with what is needed to read it and to draw it again.

use std::fmt::Write as _;
use std::path::Path;

use autoencoder::core::files::write_atomically;

use crate::lab::Outcome;

/// What stands on a page.
pub(crate) struct Page {
    /// The finding.
    pub(crate) title: String,
    /// In mathematics, as text.
    pub(crate) equation: &'static str,
    /// What to look for, with the numbers of this run.
    pub(crate) see: String,
    /// Where it is from.
    pub(crate) paper: &'static str,
}

impl Page {
    /// Writes `NAME.md` beside `NAME.png`.
    pub(crate) fn write(&self, folder: &Path, name: &str) -> Outcome<()> {
        let Self { title, equation, see, paper } = self;
        let text = format!(
            "# {title}\n\n![{title}]({name}.png)\n\n    {equation}\n\n{see}\n\nDrawn by\n\n    cargo xtask figures {name}\n\n{paper}\n"
        );
        Ok(write_atomically(&folder.join(format!("{name}.md")), text.as_bytes())?)
    }
}

/// Writes the list of all pages that are there.
pub(crate) fn write_index(folder: &Path, names: &[&str]) -> Outcome<()> {
    let mut text =
        "# Gallery\n\nEach page has one picture, the equation behind it, what to see in it and the command \
                    that draws it.\n`cargo xtask figures` draws them all.\n\n"
            .to_owned();
    for name in names {
        if let Ok(page) = std::fs::read_to_string(folder.join(format!("{name}.md"))) {
            let title = page.lines().next().unwrap_or_default().trim_start_matches("# ");
            writeln!(text, "- [{title}]({name}.md)")?;
        }
    }
    Ok(write_atomically(&folder.join("README.md"), text.as_bytes())?)
}
