//! The workloads that speed is measured on, driven line by line: `cargo xtask bench` runs this beside a peer.
//!
//! `workloads FOLDER` reads words from stdin and answers each with a line of JSON: `prepare ID` makes the model and
//! writes its initial weights, the data and the noise into `FOLDER`; `steps N` gives the milliseconds of `N` steps;
//! `curve N` the objective of `N` steps from the initial weights; `product` the rate of a large matrix product.
#![allow(clippy::print_stdout, reason = "this is a command")]

mod inference;
mod measure;
mod training;

use std::io::BufRead;
use std::path::{Path, PathBuf};

use autoencoder::core::{Seed, Source};
use autoencoder::datasets::{DataFolder, Scaled, Scaling, ScalingKind, Wanted, open};
use serde_json::{Value, json};

use crate::inference::Inference;
use crate::training::Training;

/// The result of anything here: whatever goes wrong ends the program with its message.
pub(crate) type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// What was prepared.
enum Prepared {
    Training(Box<Training>),
    Inference(Box<Inference>),
}

fn main() -> Outcome<()> {
    let _ = rayon::ThreadPoolBuilder::new().use_current_thread().build_global();
    let folder = PathBuf::from(std::env::args().nth(1).ok_or("usage: workloads FOLDER")?);
    let images = images(&folder)?;
    let mut prepared = None;
    for line in std::io::stdin().lock().lines() {
        let answer = answer(&line?, &folder, &images, &mut prepared)?;
        println!("{answer}");
    }
    Ok(())
}

fn answer(line: &str, folder: &Path, images: &[f32], prepared: &mut Option<Prepared>) -> Outcome<Value> {
    let words: Vec<&str> = line.split_whitespace().collect();
    Ok(match (&words[..], prepared) {
        (["prepare", id], prepared) => {
            let (next, work) = match Inference::new(id, images)? {
                Some(inference) => (Prepared::Inference(Box::new(inference)), 0.0),
                None => {
                    let training = Training::new(id, images, folder)?;
                    let work = training.products();
                    (Prepared::Training(Box::new(training)), work)
                }
            };
            *prepared = Some(next);
            json!({ "multiplications": work })
        }
        (["product"], _) => json!({ "multiplications_per_ms": measure::product_rate() }),
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

/// The training images of MNIST in `[0, 1]`, or of the built-in digits where MNIST is absent, also written to
/// `images.f32` for a peer to read.
fn images(folder: &Path) -> Outcome<Vec<f32>> {
    std::fs::create_dir_all(folder)?;
    let there =
        std::env::var_os("AUTOENCODER_DATA").is_some_and(|path| Path::new(&path).join("mnist").is_dir());
    let name = if there { "mnist" } else { "strokes" };
    let wanted = Wanted { examples: Some(60_000), ..Wanted::all(name, Seed::new(7)) };
    let set = open(wanted, &DataFolder::new(None), &mut |_| {})?;
    let scaling = Scaling::fit(ScalingKind::Unit, set.train.as_ref(), Seed::new(7))?;
    let scaled = Scaled::new(set.train, scaling);
    let mut values = vec![0.0; scaled.len() * scaled.shape().features()];
    scaled.rows(&(0..scaled.len()).collect::<Vec<_>>(), &mut values)?;
    training::write_floats(&folder.join("images.f32"), &values)?;
    Ok(values)
}
