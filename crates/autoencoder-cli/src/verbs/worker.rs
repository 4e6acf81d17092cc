//! `ae worker`.

use autoencoder::Error;
use autoencoder::core::remote;
use autoencoder::verbs::{Transport, Worker};
use serde_json::json;

use crate::arguments;
use crate::output::{Done, print};

pub(crate) fn work(words: arguments::Worker, json: bool) -> Result<Done, Error> {
    autoencoder::verbs::check_workers()?;
    let token = remote::token(words.token_file.as_deref())?;
    let way = match (words.websocket, words.identity.or_else(Transport::default_identity)) {
        (Some(address), _) => Transport::WebSocket { address, is_network_trusted: words.trusted_network },
        (None, Some(identity)) => Transport::Iroh { identity, port: words.port },
        (None, None) => return Err(Error::NoIdentity),
    };
    log_to_stderr();
    let worker = Worker { devices: words.device.parse()?, token, way };
    autoencoder::verbs::work(worker, &mut |name| {
        let words = format!("serves {} as {name} until Ctrl+C", words.device);
        print(&Done::new(words, json!({ "device": name })), json);
    })?;
    Ok(Done::new("ended", json!({ "ended": true })))
}

/// What happens to sessions, one line each; `RUST_LOG` decides of what.
#[cfg(feature = "remote")]
fn log_to_stderr() {
    use std::io::IsTerminal;

    use tracing_subscriber::EnvFilter;

    let filter =
        EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error,burn_remote=info"));
    // Where a log is installed already, that one is as good.
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let _ = log.with_ansi(std::io::stderr().is_terminal()).try_init();
}

#[cfg(not(feature = "remote"))]
fn log_to_stderr() {}
