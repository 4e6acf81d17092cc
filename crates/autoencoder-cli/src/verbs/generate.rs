//! `ae sample` and `ae interpolate`: their words and what they say.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::run::{Run, RunFolder};
use autoencoder::verbs::{Between, Generated, Outputs, Sampling};

use crate::arguments::{self, Interpolate, Sample, count};
use crate::output::{Done, document};

pub(super) fn sample(words: &Sample, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let draw = Sampling { count: count(words.count), components: count(words.components), seed: words.seed };
    let outputs = outputs(&words.outputs);
    Ok(generated(&run.sample(draw, &outputs)?))
}

pub(super) fn interpolate(words: &Interpolate, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let between = match words.unit {
        Some(unit) => Between::Unit { unit, example: words.from },
        None => Between::Examples { from: words.from, to: words.to },
    };
    let (steps, outputs) = (count(words.steps), outputs(&words.outputs));
    Ok(generated(&run.interpolate(between, steps, &outputs)?))
}

fn outputs(words: &arguments::Generated) -> Outputs {
    Outputs { array: words.output.clone(), picture: words.picture.clone() }
}

fn generated(done: &Generated) -> Done {
    let array = done.array.as_ref().map_or(String::new(), |array| format!(" and {}", array.display()));
    let text = format!("{}{array}: {} examples, {}", done.picture.display(), done.examples, done.codes);
    Done::new(text, document(done))
}
