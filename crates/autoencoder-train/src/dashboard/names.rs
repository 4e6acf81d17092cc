//! What the values are called that a dashboard shows.

use std::sync::Arc;

use autoencoder_core::{Moment, Seed, Source};
use burn::module::Module;
use burn::tensor::Device;

use crate::objective::names;
use crate::{Goal, Loader, Order, TrainError};

/// The names of the objective, its terms and readings, found out on one example: only the goal knows them.
pub(crate) fn term_names<M: Module, G: Goal<M>>(
    model: &M,
    goal: &G,
    source: &Arc<dyn Source>,
    device: &Device,
) -> Result<Vec<String>, TrainError> {
    let first = Loader::new(source.clone(), Order::Sequential, 1, device.clone()).epoch(1).next();
    let objective = |batch| goal.judge(model, batch, Moment::after_training(Seed::new(0)));
    Ok(first.transpose()?.map_or(Vec::new(), |batch| names(&objective(batch))))
}
