//! Writing a file so that it is there whole or not at all.

use std::io::Write;
use std::path::Path;

/// What the name of a file that is still being written begins with.
const UNFINISHED: &str = ".ae-unfinished-";

/// Writes `bytes` to `path` through a temporary file in the same folder, synced and renamed: a
/// reader, a crash or a full disk never meets half a file.
///
/// # Errors
/// What the system says: a missing folder, no permission, a folder at `path`.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let mut options = tempfile::Builder::new();
    options.prefix(UNFINISHED);
    // Temporary files are private by default; what a user asks for should be as readable as any file.
    #[cfg(unix)]
    options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = options.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Removes what a process that was killed while it wrote left in `folder` and the folders in it.
///
/// # Errors
/// What the system says; a folder that is missing has nothing left in it.
pub fn remove_unfinished(folder: &Path) -> std::io::Result<()> {
    let entries = match std::fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_unfinished(&entry.path())?;
        } else if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            std::fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("taken")).expect("a folder");
        assert!(write_atomically(&folder.path().join("taken"), b"x").is_err());
        assert!(write_atomically(&folder.path().join("missing/file"), b"x").is_err());
        assert_eq!(std::fs::read_dir(folder.path()).expect("readable").count(), 1);
    }

    #[test]
    fn a_write_replaces_what_was_there() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("file");
        write_atomically(&path, b"a long first version").expect("written");
        write_atomically(&path, b"short").expect("written");
        assert_eq!(std::fs::read(&path).expect("readable"), b"short");
    }

    #[test]
    fn what_was_left_unfinished_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let inner = folder.path().join("inner");
        std::fs::create_dir(&inner).expect("a folder");
        std::fs::write(inner.join(format!("{UNFINISHED}x")), b"half").expect("written");
        std::fs::write(inner.join("whole"), b"whole").expect("written");
        remove_unfinished(folder.path()).expect("removed");
        assert_eq!(std::fs::read_dir(&inner).expect("readable").count(), 1);
        assert!(inner.join("whole").exists());
        remove_unfinished(&folder.path().join("missing")).expect("nothing to do");
    }
}
