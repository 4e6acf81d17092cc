//! `ae worker`: the devices of this machine for others, through Burn's remote server.

use std::net::SocketAddr;
use std::path::PathBuf;

use autoencoder_core::device::Devices;

use crate::error::Error;

/// What a worker serves, to whom and how.
#[derive(Clone, Debug)]
pub struct Worker {
    /// The devices, by name with commas between them; all of one backend.
    pub devices: Devices,
    /// Who shows another token, or none, gets nothing: see [`autoencoder_core::remote::token`].
    pub token: String,
    /// How it is reached.
    pub way: Transport,
}

/// How a worker is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transport {
    /// By its id from anywhere, authenticated and encrypted.
    Iroh {
        /// The file of the secret that the id belongs to; it is made where there is none.
        identity: PathBuf,
        /// The UDP port that who names this machine's address comes to, directly; without one the worker is found by its
        /// id, through the public relays where nothing shorter is open.
        port: Option<u16>,
    },
    /// In plain text, which everybody on the way can read and change.
    WebSocket {
        /// Where it listens.
        address: SocketAddr,
        /// Whether others than this machine may be on the way.
        is_network_trusted: bool,
    },
}

impl Transport {
    /// Where the identity is kept if nobody says: in the user's own folder for such files.
    pub fn default_identity() -> Option<PathBuf> {
        let folders = directories::ProjectDirs::from("", "", "autoencoder")?;
        Some(folders.data_local_dir().join("worker.key"))
    }
}

/// Serves until the process is told to end by Ctrl+C or SIGTERM. `ready` gets the device name that others reach it by.
///
/// # Errors
/// [`Error::Device`] for a device that this build does not have, or a build without workers; [`Error::MixedWorker`];
/// [`Error::OpenNetwork`] for a WebSocket that others than this machine can reach without having been asked for;
/// [`Error::Identity`]; [`Error::Worker`] where the port is taken.
#[cfg(feature = "remote")]
pub fn work(worker: Worker, ready: &mut dyn FnMut(&str)) -> Result<(), Error> {
    use burn::server::{
        IrohIdentity, IrohRelays, IrohTransport, RemoteServer, TokenAuthorizer, WebSocketTransport,
    };

    let failed = |what: String| {
        move |error: &dyn std::fmt::Display| Error::Worker { what, message: error.to_string() }
    };
    let devices = worker.devices.open()?;
    if !worker.devices.are_of_one_backend() {
        return Err(Error::MixedWorker { devices: worker.devices.to_string() });
    }
    let authorizer =
        TokenAuthorizer::new(worker.token).map_err(|error| failed("the token".to_owned())(&error))?;
    let server = RemoteServer::new(devices).with_authorizer(authorizer);
    let served = match worker.way {
        Transport::Iroh { identity, port } => {
            let of_file = |error: &dyn std::fmt::Display| Error::Identity {
                path: identity.clone(),
                message: error.to_string(),
            };
            if let Some(folder) = identity.parent() {
                std::fs::create_dir_all(folder).map_err(|error| of_file(&error))?;
            }
            if autoencoder_core::remote::is_open_to_others(&identity) {
                return Err(of_file(&"others can read it (chmod 600 makes it yours alone)"));
            }
            #[cfg(unix)]
            let is_new = !identity.exists();
            let loaded = IrohIdentity::load_or_create(&identity).map_err(|error| of_file(&error))?;
            #[cfg(unix)]
            if is_new {
                let alone = std::os::unix::fs::PermissionsExt::from_mode(0o600);
                std::fs::set_permissions(&identity, alone).map_err(|error| of_file(&error))?;
            }
            let transport = IrohTransport::new(loaded);
            let name = format!("remote:{}", transport.id());
            match port {
                None => {
                    ready(&name);
                    server.serve(transport)
                }
                Some(port) => {
                    ready(&format!("{name}@HOST:{port}"));
                    server.serve(transport.with_port(port).with_relays(IrohRelays::Disabled))
                }
            }
        }
        Transport::WebSocket { address, is_network_trusted } => {
            if !address.ip().is_loopback() && !is_network_trusted {
                return Err(Error::OpenNetwork { address });
            }
            let listener =
                std::net::TcpListener::bind(address).map_err(|error| failed(address.to_string())(&error))?;
            let address = listener.local_addr().unwrap_or(address);
            ready(&format!("remote:ws://{address}"));
            server.serve(WebSocketTransport::from_listener(listener))
        }
    };
    served.map_err(|error| failed("its devices".to_owned())(&error))
}

/// Without the feature `remote` there are no workers.
///
/// # Errors
/// Those of [`check_workers`].
#[cfg(not(feature = "remote"))]
pub fn work(_: Worker, _: &mut dyn FnMut(&str)) -> Result<(), Error> {
    check_workers()
}

/// Whether this build can serve at all.
///
/// # Errors
/// [`Error::Device`], which names the feature that is missing.
pub fn check_workers() -> Result<(), Error> {
    if cfg!(feature = "remote") {
        Ok(())
    } else {
        Err(autoencoder_core::DeviceError::NotCompiled { name: "remote".to_owned(), feature: "remote" }
            .into())
    }
}
