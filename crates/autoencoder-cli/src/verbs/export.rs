//! `ae export`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::run::{Run, RunFolder};
use autoencoder::verbs::{Exported, Part};

use crate::arguments::Export;
use crate::output::{Done, document};

pub(super) fn export(words: &Export, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let part = match words.part.as_str() {
        "encoder" => Part::Encoder,
        "decoder" => Part::Decoder,
        _ => Part::Whole,
    };
    let exported = run.export(part, &words.output)?;
    Ok(Done::new(line(&exported, &words.part), document(&exported)))
}

fn line(exported: &Exported, part: &str) -> String {
    let Exported { output, script, features: [input, out], members, rounded, .. } = exported;
    let mut notes = String::new();
    if *members > 1 {
        notes.push_str(&format!("; it is the first of the {members} models of the ensemble"));
    }
    if *rounded > 0 {
        notes.push_str(&format!(
            "; {rounded} columns have offsets too large for the 32-bit numbers it takes: train on such columns less their first value"
        ));
    }
    let loader =
        script.as_ref().map_or(String::new(), |script| format!("; load it with {}", script.display()));
    format!("{}: {part}, rows of {input} to rows of {out}{loader}{notes}", output.display())
}
