//! `ae`: train, evaluate and use autoencoders from the command line.
//!
//! Words in, one call into [`autoencoder`], words and files out. Only this crate prints and exits.

mod arguments;
mod configuration;
mod crash;
mod flags;
mod names;
mod output;
mod progress;
mod remedy;
mod signals;
mod verbs;
mod visible;

use std::process::ExitCode;

use clap::Parser;

use crate::arguments::Arguments;

/// Large temporaries come and go every step; glibc maps and unmaps each of them.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // The training loop is a member of the pool: from a thread outside, every parallel call would be a message
    // and a sleep. A pool that is already there will do as well.
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    let json = arguments.json;
    match crash::contained(|| verbs::run(arguments)) {
        Ok(Ok(done)) => output::print(&done, json),
        Ok(Err(error)) => failed(&remedy::message(&error), if error.is_usage() { 2 } else { 1 }),
        Err(message) => failed(&message, 1),
    }
}

fn failed(message: &str, code: u8) -> ExitCode {
    progress::line(&format!("error: {}", visible::one_line(message)));
    ExitCode::from(code)
}
