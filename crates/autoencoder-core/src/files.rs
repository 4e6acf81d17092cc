//! Writing a file so that it is there whole or not at all.

use std::ffi::OsStr;
use std::fs::{File, Permissions};
use std::io::Write;
use std::path::{Path, PathBuf};

use serde::Serializer;

/// What the name of a file that is still being written begins with.
const UNFINISHED: &str = ".ae-unfinished-";

/// Writes `bytes` to `path` through a temporary file in the same folder, synced and renamed: a
/// reader, a crash or a full disk never meets half a file. A link at `path` is replaced, never followed.
///
/// # Errors
/// What the system says: a missing folder, no permission, a folder at `path`.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    replace(path, bytes, None)
}

/// Writes `bytes` to a file that the user named, whole or not at all: a link keeps pointing to what is written, a file
/// that is there keeps its permissions, and a device or a pipe is written to, not replaced.
///
/// # Errors
/// Those of [`write_atomically`].
pub fn write_output(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let Ok(there) = std::fs::metadata(path) else {
        return match std::fs::read_link(path) {
            // A link to what is not there yet.
            Ok(target) => replace(&folder_of(path).join(target), bytes, None),
            Err(_) => replace(path, bytes, None),
        };
    };
    if there.is_file() {
        return replace(&path.canonicalize()?, bytes, Some(there.permissions()));
    }
    if there.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    std::fs::OpenOptions::new().write(true).open(path)?.write_all(bytes)
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn replace(path: &Path, bytes: &[u8], permissions: Option<Permissions>) -> std::io::Result<()> {
    if path.is_dir() {
        return Err(std::io::ErrorKind::IsADirectory.into());
    }
    let mut options = tempfile::Builder::new();
    options.prefix(UNFINISHED);
    // Temporary files are private by default; what a user asks for should be as readable as any file.
    #[cfg(unix)]
    options.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644));
    let mut file = options.tempfile_in(folder_of(path))?;
    file.write_all(bytes)?;
    if let Some(permissions) = permissions {
        file.as_file().set_permissions(permissions)?;
    }
    file.as_file().sync_all()?;
    file.persist(path)?;
    Ok(())
}

/// Opens a file to be locked, made where there is none and left as it is where there is one. A link is not followed, and
/// what is no plain file is not waited for.
///
/// # Errors
/// What the system says; [`std::io::ErrorKind::InvalidInput`] where something else than a file is in its place.
pub fn open_lock(path: &Path) -> std::io::Result<File> {
    let is_file = |kind: std::fs::FileType| {
        if kind.is_file() {
            Ok(())
        } else {
            Err(std::io::Error::new(
                std::io::ErrorKind::InvalidInput,
                "it is a link or no plain file: remove it",
            ))
        }
    };
    if let Ok(there) = std::fs::symlink_metadata(path) {
        is_file(there.file_type())?;
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false);
    // Between the look and the opening something else may have come in its place.
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NOFOLLOW | libc::O_NONBLOCK);
    let file = options.open(path)?;
    is_file(file.metadata()?.file_type())?;
    Ok(file)
}

/// Whether a file of that name is one that is still being written, or was when its process was killed.
pub fn is_unfinished(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(UNFINISHED.as_bytes())
}

/// A path in a document of text: what of it is no Unicode is replaced.
///
/// # Errors
/// What the serializer says.
pub fn path_as_text<S: Serializer>(path: &Path, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&path.display())
}

/// [`path_as_text`] where there may be none.
///
/// # Errors
/// What the serializer says.
#[allow(clippy::ref_option, reason = "serde hands the field over like that")]
pub fn some_path_as_text<S: Serializer>(path: &Option<PathBuf>, serializer: S) -> Result<S::Ok, S::Error> {
    match path {
        Some(path) => path_as_text(path, serializer),
        None => serializer.serialize_none(),
    }
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
        } else if is_unfinished(&entry.file_name()) {
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

    #[cfg(unix)]
    #[test]
    fn an_output_keeps_links_permissions_and_devices() {
        use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [file, link, dangling] = ["file", "link", "dangling"].map(|name| folder.path().join(name));
        std::fs::write(&file, "old").expect("written");
        std::fs::set_permissions(&file, Permissions::from_mode(0o600)).expect("set");
        symlink("file", &link).expect("a link");
        symlink("later", &dangling).expect("a link");
        write_output(&link, b"new").expect("written");
        write_output(&dangling, b"later").expect("written");
        assert!(link.is_symlink() && dangling.is_symlink());
        assert_eq!(std::fs::read(&file).expect("readable"), b"new");
        assert_eq!(std::fs::read(folder.path().join("later")).expect("readable"), b"later");
        assert_eq!(std::fs::metadata(&file).expect("there").permissions().mode() & 0o777, 0o600);
        write_output(Path::new("/dev/null"), b"gone").expect("written");
        assert!(std::fs::metadata("/dev/null").expect("there").file_type().is_char_device());
    }

    #[cfg(unix)]
    #[test]
    fn a_lock_leaves_what_a_link_points_to_alone() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let [mine, lock] = ["mine", ".lock"].map(|name| folder.path().join(name));
        std::fs::write(&mine, "thesis").expect("written");
        std::os::unix::fs::symlink(&mine, &lock).expect("a link");
        assert!(open_lock(&lock).is_err());
        assert_eq!(std::fs::read(&mine).expect("readable"), b"thesis");
        std::fs::remove_file(&lock).expect("removed");
        std::fs::write(&lock, "left as it is").expect("written");
        open_lock(&lock).expect("a file");
        assert_eq!(std::fs::read(&lock).expect("readable"), b"left as it is");
    }
}
