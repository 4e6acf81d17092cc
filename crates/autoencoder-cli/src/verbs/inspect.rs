//! `ae inspect`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::run::{Run, RunFolder};

use crate::arguments;
use crate::output::{Done, document};

pub(super) fn inspect(words: &arguments::Run, data: &DataFolder) -> Result<Done, Error> {
    let inspection = Run::open(&RunFolder::new(&words.run), &words.device, data)?.inspect()?;
    let best = match &inspection.best {
        Some(best) => format!(
            "best epoch {} of {}, validation loss {:.4}",
            best.epoch,
            inspection.epochs,
            best.validation_loss()
        ),
        None => "no complete epoch".to_owned(),
    };
    let card = &inspection.card;
    let layers: Vec<String> = card.model.layers().iter().map(usize::to_string).collect();
    let layers = if layers.is_empty() { "none".to_owned() } else { layers.join(", ") };
    let path = if card.model.has_linear_path() { ", a linear path beside them" } else { "" };
    let text = format!(
        "{} model: {}, hidden layers {layers}{path}, {} code units, {} parameters\nloss {}; {best}\n\n{}",
        card.model.name(),
        card.shape,
        inspection.code_size,
        inspection.parameters,
        card.loss.name(),
        inspection.config
    );
    Ok(Done::new(text, document(&inspection)))
}
