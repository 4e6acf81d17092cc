//! The figures of the gallery: trains what a picture needs, draws it, writes its page.
//!
//! `gallery RUNS [FIGURE ...]` draws all or the named ones into `docs/gallery` of the folder it is started
//! in, and keeps the models it trains in `RUNS`.
#![allow(clippy::print_stderr, reason = "this is a command")]

mod code_size;
mod contractive;
mod depth;
mod far;
mod filters;
mod lab;
mod latent_plane;
mod manifold;
mod one_neuron;
mod overcomplete;
mod page;
mod sparse;
mod training_only;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use crate::lab::{Lab, Outcome};
use crate::page::Page;

/// A figure: its name, and what trains and draws it.
type Figure = (&'static str, fn(&Lab) -> Outcome<Page>);

const FIGURES: [Figure; 11] = [
    ("code-size", code_size::draw),
    ("depth", depth::draw),
    ("one-neuron", one_neuron::draw),
    ("training-only", training_only::draw),
    ("overcomplete", overcomplete::draw),
    ("sparse", sparse::draw),
    ("filters", filters::draw),
    ("manifold", manifold::draw),
    ("contractive", contractive::draw),
    ("latent-plane", latent_plane::draw),
    ("far", far::draw),
];

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let Some(runs) = words.next().map(PathBuf::from) else {
        eprintln!("usage: gallery RUNS [FIGURE ...]");
        return ExitCode::from(2);
    };
    match draw(&runs, &words.collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn draw(runs: &Path, names: &[String]) -> Outcome<()> {
    if let Some(unknown) = names.iter().find(|name| FIGURES.iter().all(|figure| figure.0 != **name)) {
        let known: Vec<&str> = FIGURES.iter().map(|figure| figure.0).collect();
        return Err(format!("there is no figure `{unknown}`; there are {}", known.join(", ")).into());
    }
    let lab = Lab::open(Path::new("docs/gallery"), runs)?;
    for (name, figure) in FIGURES {
        if names.is_empty() || names.iter().any(|asked| asked == name) {
            let page = figure(&lab)?;
            page.write(&lab.out, name)?;
            eprintln!("{name}: {}", page.title);
        }
    }
    page::write_index(&lab.out, &FIGURES.map(|figure| figure.0))
}
