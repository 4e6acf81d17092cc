//! Greedy layer-wise training: each layer of a stack on the codes of the one below (Bengio et al. 2007; Vincent et al.
//! 2010, section 3.4).

use std::sync::Arc;

use autoencoder_core::{Autoencoder as _, ExampleShape, Seed, Source};
use autoencoder_datasets::{Matrix, Scaling, ScalingKind};
use autoencoder_eval::On;
use autoencoder_models::{Dense, Model, ModelConfig, safetensors};
use autoencoder_train::{Fit, Fitted, Reconstruction, Start, Stopped, check_penalties, fit};
use burn::tensor::Device;

use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::card::ModelCard;
use crate::model::trained::BATCH;
use crate::run::folder::RunFolder;
use crate::training::session::Session;
use crate::training::stage::Stage;

/// A stack that is about to be trained layer by layer.
pub(crate) struct Stack<'a> {
    parts: &'a Parts,
    stages: Vec<Stage>,
    device: Device,
}

/// What the training of the layers ended with.
pub(crate) enum Pretrained {
    /// The model of all layers.
    Stacked(Box<Model>),
    /// Stopped in the layer of that number, from 1.
    Interrupted(usize),
}

impl<'a> Stack<'a> {
    /// The stack of a run's configuration; `None` where it has no stages. That every layer's penalties fit is found out
    /// before the first is trained.
    ///
    /// # Errors
    /// What does not fit.
    pub(crate) fn new(parts: &'a Parts) -> Result<Option<Self>, Error> {
        let stages = parts.config.stages(parts.shape.features());
        if stages.is_empty() {
            return Ok(None);
        }
        let device = parts.config.train.device.first()?;
        for stage in &stages {
            let zeros = Matrix::new(ExampleShape::Flat(stage.inputs), vec![0.0; stage.inputs]);
            check_penalties(&stage.init(&device)?, &stage.objective(), &zeros)?;
        }
        Ok(Some(Self { parts, stages, device }))
    }

    /// Trains the layers one after the other into `stages/1` and so on of `folder`. A layer that is finished there is
    /// read instead, and one that was begun continues from its last whole checkpoint.
    ///
    /// `begun` is called before the first step of a layer, with its number from 1 and its epochs.
    ///
    /// # Errors
    /// What stopped the training.
    pub(crate) fn train(
        &self,
        folder: &RunFolder,
        session: &Session,
        begun: &dyn Fn(usize, usize),
    ) -> Result<Pretrained, Error> {
        let mut inputs = [self.parts.train.clone(), self.parts.validation.clone()];
        let mut layers: Vec<Dense> = Vec::new();
        let mut encoded = 0;
        for (index, stage) in self.stages.iter().enumerate() {
            let own = folder.stage(index);
            let layer = match stage.finished(&own, &self.device)? {
                Some(layer) => layer,
                None => {
                    // Codes are computed where a layer is trained on them, and only then.
                    for below in &layers[encoded..] {
                        inputs = [self.codes(below, &inputs[0])?, self.codes(below, &inputs[1])?];
                    }
                    encoded = index;
                    let begun = &|epochs| begun(index + 1, epochs);
                    match self.fit((index, &own), inputs.clone(), session, begun)? {
                        Some(layer) => layer,
                        None => return Ok(Pretrained::Interrupted(index + 1)),
                    }
                }
            };
            layers.push(layer);
        }
        let ModelConfig::Dense(config) = self.parts.config.model() else {
            unreachable!("stages are of a dense model")
        };
        let stacked = config.stacked(self.parts.shape, layers).expect("its own layers");
        Ok(Pretrained::Stacked(Box::new(Model::Dense(stacked))))
    }

    /// Trains one layer; `None` where it was interrupted.
    fn fit(
        &self,
        (index, folder): (usize, &RunFolder),
        [train, validation]: [Arc<dyn Source>; 2],
        session: &Session,
        begun: &dyn Fn(usize),
    ) -> Result<Option<Dense>, Error> {
        let stage = &self.stages[index];
        folder.create_folder("")?;
        let scaling = match index {
            0 => self.parts.scaling.clone(),
            _ => Scaling::fit(ScalingKind::None, train.as_ref(), Seed::new(0))?,
        };
        let goal = Reconstruction::new(stage.objective(), stage.train.select);
        let fit_as = Fit {
            config: stage.train.clone(),
            start: Start::Resumed,
            display: session.display(),
            interrupter: session.interrupter().clone(),
            begun: Box::new(|| begun(stage.train.epochs)),
            ..Fit::new(goal, train, validation, folder.path())
        };
        let Fitted { model, best_epoch, stopped, .. } = fit(stage.init(&self.device)?, fit_as)?;
        if stopped == Stopped::Interrupted {
            return Ok(None);
        }
        // Written last: a layer with a model is finished.
        folder.write_model(&safetensors::save(&model)?, &stage.card(scaling, best_epoch))?;
        Ok(Some(model))
    }

    fn codes(&self, layer: &Dense, examples: &Arc<dyn Source>) -> Result<Arc<dyn Source>, Error> {
        let loss = &self.parts.config.loss();
        let on = On { model: layer, loss, batch_size: BATCH, device: &self.device };
        let codes = on.encode(examples.as_ref())?;
        Ok(Arc::new(Matrix::new(ExampleShape::Flat(layer.code_size()), codes)))
    }
}

impl Stage {
    /// The layer before its training.
    fn init(&self, device: &Device) -> Result<Dense, Error> {
        let seed = Seed::new(self.train.seed).stream("initialisation");
        Ok(self.layer.init(ExampleShape::Flat(self.inputs), seed, device)?)
    }

    /// The layer as it is in its folder; `None` where its training has not ended.
    fn finished(&self, folder: &RunFolder, device: &Device) -> Result<Option<Dense>, Error> {
        match folder.read_model() {
            Ok((weights, _)) => {
                let path = folder.file("model/model.safetensors");
                let damaged = |message: String| Error::Damaged { path, message };
                let layer = safetensors::load(self.init(device)?, &weights);
                layer.map(Some).map_err(|error| damaged(error.to_string()))
            }
            Err(Error::NoRun { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn card(&self, scaling: Scaling, best_epoch: Option<usize>) -> ModelCard {
        ModelCard {
            format: ModelCard::FORMAT,
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            model: ModelConfig::Dense(self.layer.clone()),
            shape: ExampleShape::Flat(self.inputs),
            code_size: self.layer.code,
            loss: self.loss,
            scaling,
            best_epoch,
        }
    }
}
