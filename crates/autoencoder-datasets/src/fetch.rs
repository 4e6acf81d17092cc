//! Finding the files of a data set, or downloading them.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::DatasetError;
use crate::progress::Listener;
use crate::receive::receive;
use crate::remote::{File, Remote};

/// Where data sets are looked for: a folder that was given, then `$AUTOENCODER_DATA`, then the
/// platform's cache folder. Each set has a folder of its name there.
#[derive(Clone, Debug)]
pub struct DataFolder {
    places: Vec<PathBuf>,
    /// Where missing files are downloaded to.
    downloads: Option<PathBuf>,
    listener: Listener,
}

impl DataFolder {
    /// The places to look in; what is in none of them is downloaded to `given`, or without it to the
    /// cache folder.
    pub fn new(given: Option<PathBuf>) -> Self {
        let variable = std::env::var_os("AUTOENCODER_DATA").filter(|value| !value.is_empty());
        let cache = directories::ProjectDirs::from("", "", "autoencoder")
            .map(|project| project.cache_dir().to_owned());
        let downloads = given.clone().or_else(|| cache.clone());
        Self {
            places: [given, variable.map(PathBuf::from), cache].into_iter().flatten().collect(),
            downloads,
            listener: Listener::nobody(),
        }
    }

    /// The same, with somebody who is told how far downloading, reading and scoring are.
    pub fn with_listener(self, listener: Listener) -> Self {
        Self { listener, ..self }
    }

    /// Who is told how far things are.
    pub fn listener(&self) -> &Listener {
        &self.listener
    }

    /// The paths of all files of a set, each checked against its SHA-256. What is in none of the
    /// places is downloaded.
    pub(crate) fn locate(&self, remote: &Remote) -> Result<Vec<PathBuf>, DatasetError> {
        let path_of = |file: &File| {
            let found = self
                .places
                .iter()
                .map(|place| place.join(remote.set).join(file.name))
                .find(|path| path.exists());
            match found {
                Some(path) => verify(&path, file, remote.set).map(|()| path),
                None => {
                    let downloads = self.downloads.as_ref().ok_or(DatasetError::NoFolder)?;
                    download(remote, file, &downloads.join(remote.set), &self.listener)
                }
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

fn sha256(path: &Path) -> Result<String, DatasetError> {
    let bytes = fs::read(path).map_err(unreadable(path))?;
    Ok(hex::encode(Sha256::digest(&bytes)))
}

fn verify(path: &Path, file: &File, set: &'static str) -> Result<(), DatasetError> {
    let found = sha256(path)?;
    if found == file.sha256 {
        Ok(())
    } else {
        Err(DatasetError::WrongChecksum { path: path.to_owned(), expected: file.sha256, found, set })
    }
}

/// Downloads a file beside its final name, continuing what an earlier attempt left there; it gets its
/// name only when it is whole and its checksum is right.
fn download(
    remote: &Remote,
    file: &File,
    folder: &Path,
    listener: &Listener,
) -> Result<PathBuf, DatasetError> {
    fs::create_dir_all(folder).map_err(unwritable(folder))?;
    let path = folder.join(file.name);
    let part = folder.join(format!("{}.part", file.name));
    // What was wrong before it was continued is wrong afterwards, so then all of it is fetched anew.
    let attempts = if part.exists() { 2 } else { 1 };
    let mut found = String::new();
    for _ in 0..attempts {
        receive(remote, file, &part, listener)?;
        found = sha256(&part)?;
        if found == file.sha256 {
            fs::rename(&part, &path).map_err(unwritable(&path))?;
            return Ok(path);
        }
        fs::remove_file(&part).map_err(unwritable(&part))?;
    }
    Err(remote.failed(file, format!("what came has SHA-256 {found}, but {} is right", file.sha256)))
}

#[cfg(all(test, feature = "download"))]
mod tests {
    use std::io::{BufRead, BufReader, Write as _};
    use std::net::{TcpListener, TcpStream};
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{Progress, Unit};

    const CONTENT: &[u8] = b"0123456789abcdefghij";
    /// The SHA-256 of nothing (FIPS 180-4 examples), so of something else than `CONTENT`.
    const WRONG: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    /// What the server does with a request.
    #[derive(Clone, Copy)]
    enum Answer {
        /// Sends what was asked for.
        Asked,
        /// Promises what was asked for and ends the connection after half of it.
        Cut,
        /// Sends everything, as a server does that knows no ranges.
        Everything,
    }

    /// Serves `CONTENT`, one request after the other, then no more.
    fn serve(answers: &'static [Answer]) -> &'static str {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        std::thread::spawn(move || {
            for &answer in answers {
                let (stream, _) = listener.accept().expect("a client");
                reply(stream, answer);
            }
        });
        format!("http://{address}").leak()
    }

    fn reply(mut stream: TcpStream, answer: Answer) {
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
        let (status, rest) = match (from, answer) {
            (None, _) | (_, Answer::Everything) => ("200 OK", CONTENT),
            (Some(from), _) if from >= CONTENT.len() => ("416 Range Not Satisfiable", &b""[..]),
            (Some(from), _) => ("206 Partial Content", &CONTENT[from..]),
        };
        let length = rest.len();
        let head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
        let sent = if matches!(answer, Answer::Cut) { &rest[..length / 2] } else { rest };
        stream.write_all(&[head.as_bytes(), sent].concat()).expect("sent");
    }

    /// A place that nothing else is looked for in, and the folder that stands for it.
    fn place() -> (tempfile::TempDir, DataFolder) {
        let place = tempfile::tempdir().expect("a temporary folder");
        fs::create_dir(place.path().join("set")).expect("a folder");
        let path = place.path().to_owned();
        (
            place,
            DataFolder { places: vec![path.clone()], downloads: Some(path), listener: Listener::nobody() },
        )
    }

    fn remote(base: &'static str, sha256: &'static str) -> Remote {
        Remote { set: "set", base, files: vec![File { name: "file.gz", sha256 }].leak() }
    }

    fn right() -> &'static str {
        hex::encode(Sha256::digest(CONTENT)).leak()
    }

    #[test]
    fn a_download_that_was_cut_is_continued_where_it_ended() {
        let (place, folder) = place();
        let remote = remote(serve(&[Answer::Cut, Answer::Asked]), right());
        let error = folder.locate(&remote).expect_err("cut");
        assert!(error.to_string().contains("AUTOENCODER_DATA"), "{error}");
        assert_eq!(fs::read(place.path().join("set/file.gz.part")).expect("a part"), CONTENT[..10]);
        let seen = Arc::new(Mutex::new(Vec::new()));
        let telling = Arc::clone(&seen);
        let folder =
            folder.with_listener(Listener::new(move |progress| telling.lock().expect("told").push(progress)));
        let paths = folder.locate(&remote).expect("whole");
        assert_eq!(fs::read(&paths[0]).expect("the file"), CONTENT);
        assert_eq!(
            *seen.lock().expect("told"),
            [Progress { what: "file.gz".to_owned(), done: 20, total: Some(20), unit: Unit::Bytes }]
        );
        assert!(!place.path().join("set/file.gz.part").exists());
        // Found now, so nothing is asked for: the server has gone.
        assert_eq!(folder.locate(&remote).expect("found"), paths);
    }

    #[test]
    fn a_server_that_cannot_continue_starts_again() {
        let (place, folder) = place();
        fs::write(place.path().join("set/file.gz.part"), &CONTENT[..7]).expect("written");
        let remote = remote(serve(&[Answer::Everything]), right());
        let paths = folder.locate(&remote).expect("whole");
        assert_eq!(fs::read(&paths[0]).expect("the file"), CONTENT);
    }

    #[test]
    fn a_wrong_part_is_fetched_anew_whether_it_can_be_continued_or_is_too_long() {
        for wrong in ["other", "something that is longer than the file"] {
            let (place, folder) = place();
            fs::write(place.path().join("set/file.gz.part"), wrong).expect("written");
            let remote = remote(serve(&[Answer::Asked, Answer::Asked]), right());
            let paths = folder.locate(&remote).expect(wrong);
            assert_eq!(fs::read(&paths[0]).expect("the file"), CONTENT, "{wrong}");
        }
    }

    #[test]
    fn a_wrong_checksum_leaves_nothing_and_says_what_to_do() {
        let (place, folder) = place();
        let error = folder.locate(&remote(serve(&[Answer::Asked]), WRONG)).expect_err("wrong");
        let error = error.to_string();
        assert!(
            [right(), WRONG, "file.gz", "AUTOENCODER_DATA"].iter().all(|part| error.contains(part)),
            "{error}"
        );
        assert_eq!(fs::read_dir(place.path().join("set")).expect("a folder").count(), 0);
    }

    #[test]
    fn a_file_that_is_there_is_checked() {
        let (place, folder) = place();
        fs::write(place.path().join("set/file.gz"), b"something else").expect("written");
        let error = folder.locate(&remote("http://127.0.0.1:9", right())).expect_err("wrong");
        assert!(matches!(error, DatasetError::WrongChecksum { .. }), "{error}");
        let error = error.to_string();
        assert!(error.contains("file.gz") && error.contains("fetch set again"), "{error}");
    }

    #[test]
    fn the_first_place_that_has_a_file_is_taken() {
        let ((first, _), (second, _)) = (place(), place());
        let places = [first.path(), second.path()].map(Path::to_owned).to_vec();
        let folder = DataFolder { places, downloads: None, listener: Listener::nobody() };
        let remote = remote("http://127.0.0.1:9", right());
        assert!(matches!(folder.locate(&remote), Err(DatasetError::NoFolder)));
        for place in [&second, &first] {
            let path = place.path().join("set/file.gz");
            fs::write(&path, CONTENT).expect("written");
            assert_eq!(folder.locate(&remote).expect("found"), [path]);
        }
    }

    #[test]
    fn a_given_folder_is_looked_in_first_and_downloaded_to() {
        let folder = DataFolder::new(Some("given".into()));
        assert_eq!(folder.places.first(), Some(&PathBuf::from("given")));
        assert_eq!(folder.downloads, Some("given".into()));
        assert_eq!(folder.places[1..], DataFolder::new(None).places);
    }

    #[test]
    fn no_connection_names_the_address_and_the_way_out() {
        let (_place, folder) = place();
        let error = folder.locate(&remote("http://127.0.0.1:9", right())).expect_err("refused");
        let error = error.to_string();
        assert!(error.contains("http://127.0.0.1:9/file.gz"), "{error}");
        assert!(error.contains("AUTOENCODER_DATA") && !error.contains('\n'), "{error}");
    }
}
