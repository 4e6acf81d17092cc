//! What can be read only once, such as a pipe: kept in a file, which can be read like any.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::NamedTempFile;

use crate::DatasetError;
use crate::memory::available_memory;
use crate::progress::{Listener, Progress, Unit};

/// How long a pipe may have nobody who writes to it.
const PATIENCE: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(10);

/// Whether the path is of something that can be read only once.
pub(crate) fn is_stream(path: &Path) -> bool {
    std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir())
}

/// Everything that comes out of it.
///
/// # Errors
/// [`DatasetError::Unreadable`] where nobody writes to it; [`DatasetError::TooLarge`] where there is more than the memory holds.
pub(crate) fn spool(path: &Path, listener: &Listener) -> Result<NamedTempFile, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let mut file = NamedTempFile::new().map_err(unreadable)?;
    let mut stream = open(path).map_err(unreadable)?;
    let mut buffer = vec![0; 1 << 16];
    let (began, mut bytes) = (Instant::now(), 0_u64);
    loop {
        let count = match stream.read(&mut buffer) {
            Ok(0) if bytes == 0 && waits(path) => 0,
            Ok(0) => return Ok(file),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                // Somebody has it open to write; when, is theirs to say.
                std::thread::sleep(PAUSE);
                continue;
            }
            Err(error) => return Err(unreadable(error)),
        };
        if count == 0 {
            if began.elapsed() > PATIENCE {
                let message =
                    format!("it is a pipe that nobody has written to for {} seconds", PATIENCE.as_secs());
                return Err(unreadable(std::io::Error::new(ErrorKind::TimedOut, message)));
            }
            std::thread::sleep(PAUSE);
            continue;
        }
        file.write_all(&buffer[..count]).map_err(unreadable)?;
        bytes += count as u64;
        let available = available_memory();
        if available > 0 && bytes > available {
            let (rows, columns) = ((bytes / 4) as usize, 1);
            return Err(DatasetError::TooLarge {
                path: path.to_owned(),
                rows,
                columns,
                available: available >> 20,
            });
        }
        if bytes % (1 << 24) < count as u64 {
            let what = format!("reading {}", path.display());
            listener.tell(Progress { what, unit: Unit::Bytes, done: bytes, total: None });
        }
    }
}

/// Whether no byte means that nobody writes yet, rather than that there is nothing.
fn waits(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt as _;
        std::fs::metadata(path).is_ok_and(|there| there.file_type().is_fifo())
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

/// Opens a pipe without waiting for whoever writes to it.
fn open(path: &Path) -> std::io::Result<File> {
    let mut options = std::fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    if waits(path) {
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, libc::O_NONBLOCK);
    }
    options.open(path)
}
