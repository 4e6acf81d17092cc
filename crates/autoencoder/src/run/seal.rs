//! The seal of a run: the checksums of the files that its model is used from, so that one that was changed is noticed.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::run::folder::RunFolder;

const SEAL: &str = "seal.json";

/// `seal.json`: of each file, by its path in the folder, the checksums that it may have. While files are written those from
/// before and those that come are both right, so that a process may be killed at any time.
#[derive(Default, Serialize, Deserialize)]
#[serde(transparent)]
struct Seal(BTreeMap<String, Vec<String>>);

impl RunFolder {
    /// Writes files, each whole or not at all, and seals them.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub(crate) fn write_sealed(&self, files: &[(&str, &[u8])]) -> Result<(), Error> {
        // A seal that cannot be read seals nothing that is written from now on.
        let mut seal = self.seal().unwrap_or_default();
        for (name, bytes) in files {
            seal.0.entry((*name).to_owned()).or_default().push(sha256(bytes));
        }
        self.write_json(SEAL, &seal)?;
        for (name, bytes) in files {
            self.write(name, bytes)?;
        }
        for (name, bytes) in files {
            seal.0.insert((*name).to_owned(), vec![sha256(bytes)]);
        }
        self.write_json(SEAL, &seal)
    }

    /// Refuses the bytes of a file that are not those that were sealed; of a run of an earlier toolkit nothing was.
    ///
    /// # Errors
    /// [`Error::Damaged`].
    pub(crate) fn check_seal(&self, name: &str, bytes: &[u8]) -> Result<(), Error> {
        match self.seal()?.0.get(name) {
            Some(right) if !right.contains(&sha256(bytes)) => Err(Error::Damaged {
                path: self.file(name),
                message: "it is not what was written when the run was trained (its checksum is wrong)"
                    .to_owned(),
            }),
            _ => Ok(()),
        }
    }

    fn seal(&self) -> Result<Seal, Error> {
        let path = self.file(SEAL);
        match std::fs::read(&path) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| Error::Damaged { path, message: error.to_string() }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Seal::default()),
            Err(source) => Err(Error::Unreadable { path, source }),
        }
    }
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_changed_file_is_noticed_and_one_that_was_written_anew_is_not() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(place.path());
        assert!(folder.check_seal("a.json", b"whatever").is_ok(), "nothing is sealed yet");
        folder.write_sealed(&[("a.json", b"1"), ("b.json", b"2")]).expect("written");
        folder.write_sealed(&[("a.json", b"3")]).expect("written");
        assert!(folder.check_seal("a.json", b"3").is_ok() && folder.check_seal("b.json", b"2").is_ok());
        for (name, bytes) in [("a.json", b"1"), ("a.json", b"2"), ("b.json", b"3")] {
            assert!(matches!(folder.check_seal(name, bytes), Err(Error::Damaged { .. })), "{name}");
        }
    }

    #[test]
    fn between_the_first_write_and_the_last_old_and_new_files_are_both_right() {
        let place = tempfile::tempdir().expect("a folder");
        let folder = RunFolder::new(place.path());
        folder.write_sealed(&[("a.json", b"1")]).expect("written");
        let seal = Seal(BTreeMap::from([("a.json".to_owned(), vec![sha256(b"1"), sha256(b"2")])]));
        folder.write_json(SEAL, &seal).expect("written");
        assert!(folder.check_seal("a.json", b"1").is_ok() && folder.check_seal("a.json", b"2").is_ok());
    }
}
