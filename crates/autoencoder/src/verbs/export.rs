//! `ae export`: a trained model for other programs.

use std::path::{Path, PathBuf};

use autoencoder_core::{Loss, Output, files};
use autoencoder_kernels::Pointwise;
use autoencoder_models::export::{Chain as _, Step, onnx, torch};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::model::trained::Trained;
use crate::run::open::Run;
use crate::run::outputs;

/// Which map is exported. Scaling and the output activation are part of it: it takes and gives the user's units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// From examples to reconstructions.
    #[default]
    Whole,
    /// From examples to codes; of a posterior its mean.
    Encoder,
    /// From codes to reconstructions.
    Decoder,
}

/// What was written.
#[derive(Clone, Debug, Serialize)]
pub struct Exported {
    /// The file of the model.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub output: PathBuf,
    /// The Python program beside a `.safetensors` file.
    #[serde(serialize_with = "autoencoder_core::files::some_path_as_text")]
    pub script: Option<PathBuf>,
    /// Which map it is.
    pub part: Part,
    /// The number of values it takes and gives for each row.
    pub features: [usize; 2],
    /// Of how many models the run is an ensemble: the first is exported.
    pub members: usize,
    /// How many columns have an offset that is too large beside their spread for the f32 that the model takes.
    pub rounded: usize,
}

impl Run {
    /// Writes a model as `.onnx`, or as `.safetensors` with a Python program of the same name that builds the
    /// `torch.nn.Sequential` it loads into. Bits that a binary scaling would draw are not drawn: what is exported takes
    /// bits as they are.
    ///
    /// # Errors
    /// [`Error::BadOutput`] for another extension; [`Error::Unwritable`].
    pub fn export(&self, part: Part, output: &Path) -> Result<Exported, Error> {
        let trained = self.trained();
        let (features, codes) = (trained.card.shape.features(), trained.card.code_size);
        let chains = chains(trained, part);
        let (input, out) = match part {
            Part::Whole => (("x", features), ("reconstruction", features)),
            Part::Encoder => (("x", features), ("code", codes)),
            Part::Decoder => (("code", codes), ("reconstruction", features)),
        };
        outputs::check(output, &[], Some(self.folder().path()))?;
        let members = self.config().map_or(1, |config| config.score.members);
        let (features, rounded) = ([input.1, out.1], trained.card.scaling.rounded());
        let exported = Exported { output: output.to_owned(), script: None, part, features, members, rounded };
        let ending = output.extension().and_then(|ending| ending.to_str()).map(str::to_ascii_lowercase);
        match ending.as_deref() {
            Some("onnx") => {
                let steps: Vec<Step> = chains.into_iter().flat_map(|(_, steps)| steps).collect();
                write(output, &onnx::model(&steps, input, out))?;
                Ok(exported)
            }
            Some("safetensors") => {
                let parts: Vec<torch::Part<'_>> =
                    chains.iter().map(|(name, steps)| (*name, &steps[..])).collect();
                let file = output.file_name().unwrap_or_default().to_string_lossy();
                let script = output.with_extension("py");
                check_script(&script)?;
                write(output, &torch::weights(&parts)?)?;
                write(&script, torch::script(&parts, &file).as_bytes())?;
                Ok(Exported { script: Some(script), ..exported })
            }
            _ => Err(Error::BadOutput {
                path: output.to_owned(),
                remedy: "choose a name that ends in .onnx or .safetensors",
            }),
        }
    }
}

/// The chains of a part, each with its name.
fn chains(trained: &Trained, part: Part) -> Vec<(&'static str, Vec<Step>)> {
    let scaling = &trained.card.scaling;
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
    let (offset, scale) = (narrow(&scaling.offset), scaling.scale.clone());
    let clip = scaling.clip && trained.card.loss.is_bounded();
    let mut scaling_steps = Vec::new();
    if !scaling.fill.is_empty() {
        scaling_steps.push(Step::Fill(narrow(&scaling.fill).into()));
    }
    scaling_steps.push(Step::Scale { offset: offset.clone().into(), scale: scale.clone().into(), clip });
    let unscaling = Step::Unscale { offset: offset.into(), scale: scale.into() };
    let encoder = [("scaling", scaling_steps), ("encoder", trained.model.encoder_steps())];
    let mut steps = trained.model.decoder_steps();
    steps.extend(output_activation(&trained.card.loss));
    let decoder = [("decoder", steps), ("unscaling", vec![unscaling])];
    match part {
        Part::Whole => encoder.into_iter().chain(decoder).collect(),
        Part::Encoder => encoder.into(),
        Part::Decoder => decoder.into(),
    }
}

fn output_activation(loss: &Loss) -> Option<Step> {
    match loss.output() {
        Output::Pointwise(Pointwise::Identity) => None,
        Output::Pointwise(pointwise) => Some(Step::Activation(pointwise.into())),
        Output::Softmax => Some(Step::Softmax),
    }
}

/// Refuses to write over a program that is not one of these.
fn check_script(path: &Path) -> Result<(), Error> {
    match std::fs::read(path) {
        Ok(text) if !text.starts_with(torch::FIRST_LINE.as_bytes()) => {
            Err(Error::NotOurs { path: path.to_owned() })
        }
        _ => Ok(()),
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    files::write_output(path, bytes).map_err(|source| Error::Unwritable { path: path.to_owned(), source })
}
