//! Finding the files of a data set, or downloading them.

use std::fs::{self, OpenOptions};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::DatasetError;

/// The files of a data set and where they are to be had.
pub(crate) struct Remote {
    pub(crate) set: &'static str,
    pub(crate) base: &'static str,
    pub(crate) files: &'static [File],
}

/// A file and what it must hold.
pub(crate) struct File {
    pub(crate) name: &'static str,
    pub(crate) sha256: &'static str,
}

/// How far a download is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The file's name.
    pub file: String,
    /// Bytes that are here.
    pub done: u64,
    /// Bytes in all, where the server says.
    pub total: Option<u64>,
}

/// Where data sets are looked for: a folder that was given, else `$AUTOENCODER_DATA`, then the
/// platform's cache folder. Each set has a folder of its name there.
#[derive(Clone, Debug)]
pub struct DataFolder {
    places: Vec<PathBuf>,
}

impl DataFolder {
    /// `given` alone; or, without it, `$AUTOENCODER_DATA` and the cache folder.
    pub fn new(given: Option<PathBuf>) -> Self {
        let places = match given {
            Some(folder) => vec![folder],
            None => {
                let variable = std::env::var_os("AUTOENCODER_DATA").filter(|value| !value.is_empty());
                let cache = directories::ProjectDirs::from("", "", "autoencoder");
                let cache = cache.map(|project| project.cache_dir().to_owned());
                variable.map(PathBuf::from).into_iter().chain(cache).collect()
            }
        };
        Self { places }
    }

    /// The paths of all files of a set, each checked against its SHA-256. What is in none of the
    /// places is downloaded to the last of them.
    pub(crate) fn locate(
        &self,
        remote: &Remote,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<PathBuf>, DatasetError> {
        let last = self.places.last().ok_or(DatasetError::NoFolder)?;
        let path_of = |file: &File| {
            let found = self
                .places
                .iter()
                .map(|place| place.join(remote.set).join(file.name))
                .find(|path| path.exists());
            match found {
                Some(path) => verify(&path, file, remote.set).map(|()| path),
                None => download(remote, file, &last.join(remote.set), progress),
            }
        };
        remote.files.iter().map(path_of).collect()
    }
}

fn unreadable(path: &Path) -> impl FnOnce(std::io::Error) -> DatasetError {
    let path = path.to_owned();
    |source| DatasetError::Unreadable { path, source }
}

fn unwritable(path: &Path) -> impl FnOnce(std::io::Error) -> DatasetError {
    let path = path.to_owned();
    |source| DatasetError::Unwritable { path, source }
}

fn verify(path: &Path, file: &File, set: &'static str) -> Result<(), DatasetError> {
    let bytes = fs::read(path).map_err(unreadable(path))?;
    let found = hex::encode(Sha256::digest(&bytes));
    match found == file.sha256 {
        true => Ok(()),
        false => {
            Err(DatasetError::WrongChecksum { path: path.to_owned(), expected: file.sha256, found, set })
        }
    }
}

/// Downloads a file beside its final name, continuing what an earlier attempt left there; it gets its
/// name only when it is whole and its checksum is right.
fn download(
    remote: &Remote,
    file: &File,
    folder: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<PathBuf, DatasetError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let path = folder.join(file.name);
    let part = folder.join(format!("{}.part", file.name));
    receive(remote, file, &part, progress)?;
    if let Err(error) = verify(&part, file, remote.set) {
        // What is wrong from the first byte cannot be continued.
        fs::remove_file(&part).map_err(unwritable(&part))?;
        return Err(error);
    }
    fs::rename(&part, &path).map_err(unwritable(&path))?;
    Ok(path)
}

fn receive(
    remote: &Remote,
    file: &File,
    part: &Path,
    progress: &mut dyn FnMut(Progress),
) -> Result<(), DatasetError> {
    let url = format!("{}/{}", remote.base, file.name);
    let failed = |message: String| DatasetError::Download {
        url: url.clone(),
        message,
        file: format!("{}/{}", remote.set, file.name),
    };
    let here = fs::metadata(part).map_or(0, |metadata| metadata.len());
    let mut request = ureq::get(&url);
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
        progress(Progress { file: file.name.to_owned(), done, total });
    }
    output.sync_all().map_err(unwritable(part))?;
    match total {
        Some(total) if done < total => {
            Err(failed(format!("the connection ended after {done} of {total} bytes")))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::net::TcpListener;

    use super::*;

    /// SHA-256 of `CONTENT`.
    const RIGHT: &str = "0a4d55a8d778e5022fab701977c5d840bbc486d0";
    const CONTENT: &[u8] = b"0123456789abcdefghij";

    /// Serves `CONTENT` to `connections` requests, one after the other; the first gets only half of it.
    fn serve(connections: usize) -> &'static str {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for connection in 0..connections {
                let (mut stream, _) = listener.accept().expect("a client");
                let mut from = None;
                for line in BufReader::new(stream.try_clone().expect("a stream")).lines() {
                    let line = line.expect("text").to_lowercase();
                    if let Some(range) = line.strip_prefix("range: bytes=") {
                        from = range.trim_end_matches('-').parse::<usize>().ok();
                    }
                    if line.is_empty() {
                        break;
                    }
                }
                let status = if from.is_some() { "206 Partial Content" } else { "200 OK" };
                let rest = &CONTENT[from.unwrap_or(0)..];
                let head = format!(
                    "HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    rest.len()
                );
                let sent = if connection == 0 && connections > 1 { &rest[..rest.len() / 2] } else { rest };
                stream.write_all(head.as_bytes()).expect("sent");
                stream.write_all(sent).expect("sent");
            }
        });
        format!("http://{address}").leak()
    }

    fn remote(base: &'static str, sha256: &'static str) -> Remote {
        Remote { set: "set", base, files: vec![File { name: "file.gz", sha256 }].leak() }
    }

    fn right() -> &'static str {
        hex::encode(Sha256::digest(CONTENT)).leak()
    }

    #[test]
    fn a_download_that_was_cut_is_continued_where_it_ended() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::new(Some(place.path().to_owned()));
        let remote = remote(serve(2), right());
        let error = folder.locate(&remote, &mut |_| {}).expect_err("cut");
        assert!(error.to_string().contains("--data-dir"), "{error}");
        assert_eq!(fs::read(place.path().join("set/file.gz.part")).expect("a part"), CONTENT[..10]);
        let mut seen = Vec::new();
        let paths = folder.locate(&remote, &mut |progress| seen.push(progress.done)).expect("whole");
        assert_eq!(fs::read(&paths[0]).expect("the file"), CONTENT);
        assert_eq!(seen, [20]);
        assert!(!place.path().join("set/file.gz.part").exists());
        // Found now, so nothing is asked for: the server has gone.
        assert_eq!(folder.locate(&remote, &mut |_| {}).expect("found"), paths);
    }

    #[test]
    fn a_wrong_checksum_leaves_nothing_and_says_what_to_do() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::new(Some(place.path().to_owned()));
        let error = folder.locate(&remote(serve(1), RIGHT), &mut |_| {}).expect_err("wrong");
        assert!(matches!(error, DatasetError::WrongChecksum { .. }), "{error}");
        assert_eq!(fs::read_dir(place.path().join("set")).expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_that_is_there_is_checked() {
        let place = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(place.path().join("set")).expect("a folder");
        fs::write(place.path().join("set/file.gz"), b"something else").expect("written");
        let folder = DataFolder::new(Some(place.path().to_owned()));
        let error = folder.locate(&remote("http://127.0.0.1:9", right()), &mut |_| {}).expect_err("wrong");
        assert!(
            error.to_string().contains("file.gz") && error.to_string().contains("ae data fetch set"),
            "{error}"
        );
    }

    #[test]
    fn no_connection_names_the_address_and_the_way_out() {
        let place = tempfile::tempdir().expect("a temporary folder");
        let folder = DataFolder::new(Some(place.path().to_owned()));
        let error = folder.locate(&remote("http://127.0.0.1:9", right()), &mut |_| {}).expect_err("refused");
        let error = error.to_string();
        assert!(
            error.contains("http://127.0.0.1:9/file.gz") && error.contains("AUTOENCODER_DATA"),
            "{error}"
        );
    }
}
