//! The set `rect` of Larochelle et al. 2007: the pictures of `rectangles`, 1 200 to learn from and 50 000 for the test.

use autoencoder_core::Seed;

use super::{pictures, rectangles};
use crate::{DataSet, DatasetError, Request};

const TRAIN: usize = 1_200;
const TEST: usize = 50_000;

pub(crate) fn open(request: Request<'_>) -> Result<DataSet, DatasetError> {
    let part =
        |count, seed: Seed| std::sync::Arc::new(pictures(rectangles::SIDE, count, seed, rectangles::example));
    Ok(DataSet {
        name: "rect".to_owned(),
        train: part(request.examples.unwrap_or(TRAIN), request.seed.stream("train")),
        test: Some(part(TEST, request.seed.stream("test"))),
        test_masks: None,
        file: None,
        columns: None,
        names_of_classes: Vec::new(),
        left_out: Vec::new(),
    })
}
