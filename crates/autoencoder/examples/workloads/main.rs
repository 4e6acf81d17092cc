//! The workloads that speed is measured on, driven line by line: `cargo xtask bench` runs this beside a peer.
//!
//! `workloads FOLDER [DEVICE [BATCH]]` reads words from stdin and answers each with a line of JSON: `prepare ID` makes the model and
//! writes its initial weights, the data and the noise into `FOLDER`; `steps N` gives the milliseconds of `N` steps;
//! `curve N` the objective of `N` steps from the initial weights; `product` the rate of a large matrix product.
#![allow(clippy::print_stdout, reason = "this is a command")]

mod inference;
mod measure;
mod training;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use autoencoder::core::{Seed, Source, device};
use autoencoder::datasets::{DataFolder, Scaled, Scaling, ScalingKind, Wanted, open};
use serde_json::{Value, json};

use crate::inference::Inference;
use crate::training::{Setup, Training};

/// The result of anything here: whatever goes wrong ends the program with its message.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What was prepared.
enum Prepared {
    Training(Box<Training>),
    Inference(Box<Inference>),
}

/// What is asked for, and with what.
struct Program {
    folder: PathBuf,
    images: Vec<f32>,
    setup: Setup,
    prepared: Option<Prepared>,
}

fn main() -> Outcome<()> {
    const USAGE: &str = "usage: workloads FOLDER [DEVICE [BATCH]]";
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    let mut words = std::env::args().skip(1);
    let folder = PathBuf::from(words.next().ok_or(USAGE)?);
    let device = device::by_name(&words.next().unwrap_or_else(|| "flex".to_owned()))?;
    let batch = words.next().map(|batch| batch.parse()).transpose()?;
    let images = images(&folder)?;
    let mut program = Program { folder, images, setup: Setup { device, batch }, prepared: None };
    for line in std::io::stdin().lock().lines() {
        println!("{}", program.answer(&line?)?);
    }
    Ok(())
}

impl Program {
    fn answer(&mut self, line: &str) -> Outcome<Value> {
        let words: Vec<&str> = line.split_whitespace().collect();
        Ok(match (&words[..], &mut self.prepared) {
            (["prepare", id], _) => self.prepare(id)?,
            (["product"], _) => {
                json!({ "multiplications_per_ms": measure::product_rate(&self.setup.device)? })
            }
            (["memory"], _) => json!({ "peak_mib": measure::peak_memory() }),
            (["steps", count], Some(Prepared::Training(training))) => {
                json!({ "ms": training.steps(count.parse()?)? })
            }
            (["curve", count], Some(Prepared::Training(training))) => {
                json!({ "losses": training.curve(count.parse()?)? })
            }
            (["steps", count], Some(Prepared::Inference(inference))) => {
                json!({ "ms": inference.steps(count.parse()?)? })
            }
            _ => return Err(format!("`{line}` is no command here").into()),
        })
    }

    fn prepare(&mut self, id: &str) -> Outcome<Value> {
        let (next, work) = match Inference::new(id, &self.images)? {
            Some(inference) => (Prepared::Inference(Box::new(inference)), 0.0),
            None => {
                let training = Training::new(id, &self.images, &self.folder, self.setup.clone())?;
                let work = training.products();
                (Prepared::Training(Box::new(training)), work)
            }
        };
        self.prepared = Some(next);
        Ok(json!({ "multiplications": work }))
    }
}

/// The training images of MNIST in `[0, 1]`, or of the built-in digits where MNIST is absent, also written to
/// `images.f32` for a peer to read.
fn images(folder: &Path) -> Outcome<Vec<f32>> {
    std::fs::create_dir_all(folder)?;
    let there =
        std::env::var_os("AUTOENCODER_DATA").is_some_and(|path| Path::new(&path).join("mnist").is_dir());
    let name = if there { "mnist" } else { "strokes" };
    let wanted = Wanted { examples: Some(60_000), ..Wanted::all(name, Seed::new(7)) };
    let set = open(wanted, &DataFolder::new(None))?;
    let scaling = Scaling::fit(ScalingKind::Unit, set.train.as_ref(), Seed::new(7))?;
    let scaled = Scaled::new(set.train, scaling);
    let values = scaled.read(0..scaled.len())?;
    training::write_floats(&folder.join("images.f32"), &values)?;
    Ok(values)
}
