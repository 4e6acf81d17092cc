//! `ae inspect`: its words and what it says.

use autoencoder::Error;
use autoencoder::run::RunFolder;

use crate::arguments::Run;
use crate::output::{Done, document};

pub(super) fn inspect(words: &Run) -> Result<Done, Error> {
    let inspection = autoencoder::verbs::inspect(&RunFolder::new(&words.run), &words.device)?;
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
