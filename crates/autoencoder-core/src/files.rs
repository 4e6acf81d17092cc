//! Writing a file so that it is there whole or not at all.

use std::io::Write;
use std::path::Path;

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
    // Temporary files are private by default; what a user asks for should be as readable as any file.
    #[cfg(unix)]
    options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = options.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
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
}
