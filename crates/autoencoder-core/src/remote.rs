//! Devices of other machines, which `ae worker` serves there, and the token that opens them.

use std::path::{Path, PathBuf};

#[cfg(feature = "remote")]
use burn::tensor::Device;

/// The token itself, for a client or a worker.
pub const TOKEN: &str = "AUTOENCODER_TOKEN";
/// The file that holds it.
pub const TOKEN_FILE: &str = "AUTOENCODER_TOKEN_FILE";

/// The fewest characters of a token.
const LEAST: usize = 16;

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// None was given.
    #[error(
        "a worker and who uses it share a token: put it into AUTOENCODER_TOKEN, or the path of a file that holds it into \
         AUTOENCODER_TOKEN_FILE"
    )]
    Missing,
    /// A file that cannot be read.
    #[error("cannot read the token in {path}: {message}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        message: String,
    },
    /// A token that can be guessed.
    #[error(
        "the token has {length} characters: take at least {LEAST} random ones, such as those of `openssl rand -hex 16`"
    )]
    Short {
        /// How many it has.
        length: usize,
    },
    /// A file that others can read.
    #[error("others can read the token file {path}: make it yours alone (chmod 600)")]
    Open {
        /// The file.
        path: PathBuf,
    },
    /// A file with nothing in it.
    #[error("the token file {path} is empty: put a line of random characters into it")]
    Empty {
        /// The file.
        path: PathBuf,
    },
}

/// Why a worker is not to be had.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RemoteError {
    /// What follows `remote:` leads nowhere.
    #[error(
        "{problem}: write remote:ID, remote:ID@HOST:PORT or remote:ws://HOST:PORT, as the worker prints it"
    )]
    BadAddress {
        /// What is wrong with it.
        problem: String,
    },
    /// The worker refused the token.
    #[error(
        "the worker refused the token: put its own into AUTOENCODER_TOKEN, or the path of its file into AUTOENCODER_TOKEN_FILE"
    )]
    Refused,
    /// The worker cannot be reached, or cannot do what is asked.
    #[error("{reason}; see that a worker runs there, and what it prints")]
    Unreachable {
        /// Why.
        reason: String,
    },
    /// There is no token to show.
    #[error(transparent)]
    Token(#[from] TokenError),
}

/// The token in `file`, or else in the environment: [`TOKEN`], or the file that [`TOKEN_FILE`] names. White space around it
/// does not count.
///
/// # Errors
/// [`TokenError`]: there is none, or its file cannot be read or is empty.
pub fn token(file: Option<&Path>) -> Result<String, TokenError> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.trim().is_empty());
    let token = match (file, variable(TOKEN), variable(TOKEN_FILE)) {
        (Some(file), ..) => from_file(file)?,
        (None, Some(token), _) => token.trim().to_owned(),
        (None, None, Some(file)) => from_file(Path::new(&file))?,
        (None, None, None) => return Err(TokenError::Missing),
    };
    match token.chars().count() {
        length if length < LEAST => Err(TokenError::Short { length }),
        _ => Ok(token),
    }
}

/// Whether others than its owner can read the file.
pub fn is_open_to_others(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::metadata(path).is_ok_and(|there| there.permissions().mode() & 0o077 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        false
    }
}

fn from_file(path: &Path) -> Result<String, TokenError> {
    let unreadable =
        |error: std::io::Error| TokenError::Unreadable { path: path.to_owned(), message: error.to_string() };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    if is_open_to_others(path) {
        return Err(TokenError::Open { path: path.to_owned() });
    }
    match text.trim() {
        "" => Err(TokenError::Empty { path: path.to_owned() }),
        token => Ok(token.to_owned()),
    }
}

/// Checks what follows `remote:` in the name of a device without going there.
#[cfg(feature = "remote")]
pub(crate) fn check(address: &str) -> Result<(), RemoteError> {
    host(address).map(|_| ())
}

/// The device at `address`; the worker is asked for it.
#[cfg(feature = "remote")]
pub(crate) fn open(address: &str) -> Result<Device, RemoteError> {
    use burn::remote::ConnectError;

    let (host, index) = host(address)?;
    let host = host.with_credential(token(None)?);
    Device::remote_options(&host).device_index(index).init().map_err(|error| match error {
        ConnectError::Unauthorized => RemoteError::Refused,
        other => RemoteError::Unreachable { reason: other.to_string() },
    })
}

/// Where an address leads: `ID`, `ID@HOST:PORT` or `ws://HOST:PORT`, and `#N` after it for the worker's device `N`.
#[cfg(feature = "remote")]
fn host(address: &str) -> Result<(burn::remote::RemoteHost, usize), RemoteError> {
    use std::net::ToSocketAddrs;

    use burn::remote::{EndpointId, IrohHost, IrohRelays, RemoteHost};

    let bad = |problem: String| RemoteError::BadAddress { problem };
    let (address, index) = match address.split_once('#') {
        Some((address, index)) => {
            (address, index.parse().map_err(|_| bad(format!("`{index}` is not the number of a device")))?)
        }
        None => (address, 0),
    };
    if let Some(place) = address.strip_prefix("ws://") {
        let host = place.rsplit_once(':').filter(|(_, port)| port.parse::<u16>().is_ok());
        return match host {
            Some((host, _)) if !host.is_empty() => Ok((RemoteHost::websocket(address), index)),
            _ => Err(bad(format!("`{place}` is not HOST:PORT"))),
        };
    }
    let (id, place) = match address.split_once('@') {
        Some((id, place)) => (id, Some(place)),
        None => (address, None),
    };
    let id: EndpointId = id.parse().map_err(|_| bad(format!("`{id}` is not a worker's id")))?;
    let Some(place) = place else { return Ok((RemoteHost::iroh(id), index)) };
    let found = place.to_socket_addrs().map_err(|error| bad(format!("`{place}`: {error}")))?;
    // Who says where the worker is wants nothing to go by other machines.
    let host = IrohHost::new(id).with_relays(IrohRelays::Disabled);
    Ok((RemoteHost::iroh(found.fold(host, IrohHost::with_address)), index))
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_token_file_is_read_without_its_line_end_and_an_empty_or_missing_one_is_named() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let path = file.path().to_owned();
        assert_eq!(token(Some(&path)), Err(TokenError::Empty { path: path.clone() }));
        file.write_all(b"  a secret of many letters \n").expect("written");
        assert_eq!(token(Some(&path)).expect("read"), "a secret of many letters");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o640)).expect("set");
            assert_eq!(token(Some(&path)), Err(TokenError::Open { path: path.clone() }));
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600)).expect("set");
        }
        file.as_file().set_len(9).expect("cut");
        assert_eq!(token(Some(&path)), Err(TokenError::Short { length: 7 }));
        let error = token(Some(Path::new("no/such/token"))).expect_err("missing").to_string();
        assert!(error.contains("no/such/token"), "{error}");
    }
}
