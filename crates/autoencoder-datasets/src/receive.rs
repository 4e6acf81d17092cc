//! Downloading one file.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::Path;
use std::time::Duration;

use crate::error::DatasetError;
use crate::progress::{Listener, Progress, Unit};
use crate::remote::{File, Remote};

/// How long a server may take to be connected to.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a connection may bring nothing; a slow download as a whole may take any time.
const SILENCE_TIMEOUT: Duration = Duration::from_secs(60);

/// Appends to `part` what the server has after it, or writes all of it where the server cannot
/// continue.
pub(crate) fn receive(
    remote: &Remote,
    file: &File,
    part: &Path,
    listener: &Listener,
) -> Result<(), DatasetError> {
    let failed = |message| remote.failed(file, message);
    let here = fs::metadata(part).map_or(0, |metadata| metadata.len());
    let mut request = ureq::get(remote.url(file))
        .config()
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_per_read(Some(SILENCE_TIMEOUT))
        // The file is compressed as it is: its bytes are wanted, not what is in it.
        .accept_encoding("identity")
        .build();
    if here > 0 {
        request = request.header("Range", format!("bytes={here}-"));
    }
    let response = match request.call() {
        // Nothing is missing after what is here.
        Err(ureq::Error::StatusCode(416)) if here > 0 => return Ok(()),
        response => response.map_err(|error| failed(error.to_string()))?,
    };
    let continues = response.status() == 206;
    let mut done = if continues { here } else { 0 };
    let length =
        response.headers().get("content-length").and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let total = length.map(|length| length + done);
    let mut output = OpenOptions::new()
        .create(true)
        .write(true)
        .append(continues)
        .truncate(!continues)
        .open(part)
        .map_err(unwritable(part))?;
    let mut body = response.into_body().into_reader();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let count = body.read(&mut buffer).map_err(|error| failed(error.to_string()))?;
        if count == 0 {
            break;
        }
        output.write_all(&buffer[..count]).map_err(unwritable(part))?;
        done += count as u64;
        listener.tell(Progress { what: file.name.to_owned(), done, total, unit: Unit::Bytes });
    }
    output.sync_all().map_err(unwritable(part))?;
    match total {
        Some(total) if done < total => {
            Err(failed(format!("the connection ended after {done} of {total} bytes")))
        }
        _ => Ok(()),
    }
}

fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> DatasetError {
    let path = path.to_owned();
    |source| DatasetError::Unwritable { path, source }
}
