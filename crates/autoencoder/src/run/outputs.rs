//! Where a verb writes: never over what it reads, nor over what a run consists of.

use std::path::{Path, PathBuf};

use autoencoder_datasets::files_of;

use crate::error::Error;
use crate::run::folder::RunFolder;

/// The files and folders a run consists of; pictures and pages beside them are made anew by every verb that draws.
const OWN_FILES: [&str; 5] = ["config.toml", "data.json", "environment.json", "metrics.jsonl", ".lock"];
const OWN_FOLDERS: [&str; 5] = ["checkpoints", "model", "stages", "members", "classifier"];

/// Refuses an output that is one of the `inputs` or lies among them, one that the run in `home` consists of, or the file that
/// the run learned from.
///
/// # Errors
/// [`Error::OutputIsInput`], [`Error::OutputIsOfRun`].
pub(crate) fn check(output: &Path, inputs: &[&Path], home: Option<&Path>) -> Result<(), Error> {
    let place = resolved(output);
    let learned_from = home.and_then(|home| RunFolder::new(home).data().ok().flatten()?.file);
    let inputs = inputs.iter().copied().chain(learned_from.as_ref().map(|file| file.path.as_path()));
    for input in inputs {
        if resolved(input) == place || is_picture_of(&place, input) {
            return Err(Error::OutputIsInput { path: output.to_owned() });
        }
    }
    let Some(inside) = home.and_then(|home| place.strip_prefix(resolved(home)).ok().map(Path::to_owned))
    else {
        return Ok(());
    };
    let is_own = OWN_FILES.iter().any(|name| inside == Path::new(name))
        || OWN_FOLDERS.iter().any(|name| inside.starts_with(name))
        || inside.as_os_str().is_empty();
    if is_own { Err(Error::OutputIsOfRun { path: output.to_owned() }) } else { Ok(()) }
}

/// Refuses a name whose ending is none of these, whatever its case.
///
/// # Errors
/// [`Error::BadOutput`].
pub(crate) fn check_ending(output: &Path, endings: &[&str], remedy: &'static str) -> Result<(), Error> {
    let ending = output.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    if endings.iter().any(|known| ending.eq_ignore_ascii_case(known)) {
        Ok(())
    } else {
        Err(Error::BadOutput { path: output.to_owned(), remedy })
    }
}

/// Whether the file is one of the pictures of an input folder.
fn is_picture_of(place: &Path, input: &Path) -> bool {
    let folder = resolved(input);
    input.is_dir()
        && place.starts_with(&folder)
        && files_of(&folder).is_ok_and(|files| files.iter().any(|file| file == place))
}

/// The path without links, whether there is something yet or not.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    if let Ok(path) = absolute.canonicalize() {
        return path;
    }
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => resolved(parent).join(name),
        _ => absolute,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_neither_an_input_nor_a_part_of_the_run() {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir_all(at("run/model")).expect("folders");
        for name in ["x.npy", "run/config.toml", "run/model/model.json"] {
            std::fs::write(at(name), "").expect("written");
        }
        let home = at("run");
        let check = |output: &str| check(&at(output), &[&at("x.npy")], Some(&home));
        assert!(matches!(check("run/../x.npy"), Err(Error::OutputIsInput { .. })));
        for own in ["run/config.toml", "run/model/model.safetensors", "run/members/2/x.npy", "run"] {
            assert!(matches!(check(own), Err(Error::OutputIsOfRun { .. })), "{own}");
        }
        for free in ["y.npy", "run/codes.npy", "run/plots/samples.png", "new/x.npy"] {
            assert!(check(free).is_ok(), "{free}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("x.npy"), at("link.npy")).expect("a link");
            assert!(matches!(check("link.npy"), Err(Error::OutputIsInput { .. })));
        }
    }

    #[test]
    fn endings_are_known_in_any_case_and_others_are_refused() {
        assert!(check_ending(Path::new("a/b.CSV"), &["csv", "npy"], "").is_ok());
        for name in ["a/b.xyz", "a/csv", ""] {
            assert!(check_ending(Path::new(name), &["csv", "npy"], "").is_err(), "{name}");
        }
    }
}
