//! What somebody without the token says to a worker: it must go on serving.

#![no_main]

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{OnceLock, mpsc};
use std::time::Duration;

use autoencoder::verbs::{Transport, Worker, work};

/// A worker of this process, started once.
fn worker() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| {
        let (tell, told) = mpsc::channel();
        std::thread::spawn(move || {
            let address = SocketAddr::from(([127, 0, 0, 1], 0));
            let way = Transport::WebSocket { address, is_network_trusted: false };
            let worker = Worker { devices: "flex".into(), token: "a token of the fuzzer".into(), way };
            work(worker, &mut |name| {
                let _ = tell.send(name.trim_start_matches("remote:ws://").parse());
            })
        });
        told.recv().expect("a worker").expect("an address")
    })
}

libfuzzer_sys::fuzz_target!(
    init: autoencoder_fuzz::begin(
        "worker",
        "upgrade",
        b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
          Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n\x82\x04abcd",
    ),
    |bytes: &[u8]| {
        let mut stream = TcpStream::connect(worker()).expect("it serves");
        stream.set_read_timeout(Some(Duration::from_millis(50))).expect("set");
        // It may hang up before all is said.
        let _ = stream.write_all(bytes);
        let _ = stream.shutdown(Shutdown::Write);
        let _ = stream.read(&mut [0; 64]);
    }
);
