//! `ae finetune`: a classifier, or a regressor, on the encoder of a run.

use std::path::PathBuf;
use std::sync::Arc;

use autoencoder_core::{Autoencoder as _, Seed, Source};
use autoencoder_eval::{Answers, Deviations, PerPart};
use autoencoder_models::Model;
use autoencoder_regularizers::CorruptionConfig;
use autoencoder_train::{
    Classification, Fit, Fitted, Goal, Head, Headed, Keep, Noise, Regression, Save, Standard, Start, Stopped,
    TrainConfig, fit,
};
use burn::module::Module;
use serde::Serialize;

use crate::config::finetune::{EncoderUse, FinetuneConfig, Target};
use crate::data::parts::Parts;
use crate::error::Error;
use crate::model::classifier::{Classifier, ClassifierCard};
use crate::model::trained::Trained;
use crate::run::folder::RunFolder;
use crate::run::open::Run;
use crate::training::beginning::{Beginning, ColumnCounts, Task};
use crate::training::labelled::Labelled;
use crate::training::session::{Session, word};

/// What a classifier ended with.
#[derive(Clone, Debug, Serialize)]
pub struct FinetuneReport {
    /// Its folder.
    #[serde(serialize_with = "autoencoder_core::files::path_as_text")]
    pub folder: PathBuf,
    /// Complete epochs.
    pub epochs: usize,
    /// The epoch of its weights.
    pub best_epoch: Option<usize>,
    /// `finished`, `early` or `interrupted`.
    pub stopped: &'static str,
    /// The number of classes; 0 where a number is learned.
    pub classes: usize,
    /// How often it is right on every part; absent where training was interrupted, or a number is learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answers: Option<PerPart<Answers>>,
    /// How far it is from the numbers of every part, where one is learned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deviations: Option<PerPart<Deviations>>,
}

impl Run {
    /// Trains a classifier on its encoder into `folder`, to the epoch that is most often right on the validation
    /// part. A resumed one continues from the folder's last whole checkpoint. The first of the configuration's
    /// devices is the one that the run was opened on.
    ///
    /// # Errors
    /// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
    pub fn finetune(
        &self,
        folder: &RunFolder,
        config: &FinetuneConfig,
        start: Start,
        session: &Session,
    ) -> Result<FinetuneReport, Error> {
        config.check()?;
        if start == Start::New {
            folder.check_unused()?;
        }
        let trained = self.trained();
        let labelled = Labelled::open(self, config.label.as_ref(), config.target)?;
        let card = ClassifierCard {
            format: ClassifierCard::FORMAT,
            toolkit: env!("CARGO_PKG_VERSION").to_owned(),
            model: trained.card.model.clone(),
            shape: trained.card.shape,
            scaling: trained.card.scaling.clone(),
            classes: match config.target {
                Target::Classes => labelled.classes.names.clone(),
                Target::Number => Vec::new(),
            },
            number: labelled.standard(),
            columns: trained.columns.clone(),
            best_epoch: None,
        };
        folder.create_folder("")?;
        let _lock = folder.lock()?;
        folder.clean()?;
        let encoder = self.folder().read_model()?.0;
        match start {
            Start::Resumed => folder.check_finetuned_with(config, &encoder)?,
            Start::New => folder.write_finetuned_with(config, &encoder)?,
        }
        Finetuning { config, folder, trained, labelled, card, start, session }.carry_out()
    }
}

struct Finetuning<'a> {
    config: &'a FinetuneConfig,
    folder: &'a RunFolder,
    trained: &'a Trained,
    labelled: Labelled,
    card: ClassifierCard,
    start: Start,
    session: &'a Session,
}

impl Finetuning<'_> {
    fn carry_out(&self) -> Result<FinetuneReport, Error> {
        let built = |kind: &Option<CorruptionConfig>| kind.as_ref().map(CorruptionConfig::build);
        let noise =
            Noise { input: built(&self.config.corruption), hidden: built(&self.config.hidden_corruption) };
        let precision = self.config.train.precision;
        let ended = match self.card.number {
            None => self.train(Classification { noise, precision })?,
            Some(Standard { mean, deviation }) => {
                let values = self.labelled.values.iter().map(|value| (value - mean) / deviation).collect();
                self.train(Regression { noise, precision, values })?
            }
        };
        let classifier = self.classifier(ended.model, ended.best_epoch);
        classifier.write(self.folder)?;
        let mut report = FinetuneReport {
            folder: self.folder.path().to_owned(),
            epochs: ended.history.epochs.len(),
            best_epoch: ended.best_epoch,
            stopped: word(ended.stopped),
            classes: self.card.classes.len(),
            answers: None,
            deviations: None,
        };
        match (ended.stopped, self.config.target) {
            (Stopped::Interrupted, _) => {}
            (_, Target::Classes) => {
                let answers = self.per_part(|part| classifier.answers(part))?;
                self.folder.write_json("evaluation.json", &answers)?;
                report.answers = Some(answers);
            }
            (_, Target::Number) => {
                let deviations = self.per_part(|part| classifier.deviations(part, &self.labelled.values))?;
                self.folder.write_json("evaluation.json", &deviations)?;
                report.deviations = Some(deviations);
            }
        }
        Ok(report)
    }

    fn per_part<T>(&self, of: impl Fn(&dyn Source) -> Result<T, Error>) -> Result<PerPart<T>, Error> {
        let Parts { train, validation, test, .. } = &self.labelled.parts;
        Ok(PerPart {
            train: of(train.as_ref())?,
            validation: of(validation.as_ref())?,
            test: of(test.as_ref())?,
        })
    }

    /// Trains the head, and the encoder with it where it is not frozen.
    fn train<G: Goal<Head> + Goal<Headed<Model>>>(&self, goal: G) -> Result<Fitted<Headed<Model>>, Error> {
        let Parts { train, validation, .. } = &self.labelled.parts;
        let device = &self.trained.device;
        let head = Head::new(self.trained.model.code_size(), self.card.outputs(), device);
        let encoder = match self.config.encoder {
            EncoderUse::Frozen => {
                // The encoder does not change, so its codes are computed once.
                let codes = |part| self.trained.labelled_codes(part);
                let parts = [codes(train)?, codes(validation)?];
                let join = |head| Headed { encoder: self.trained.model.clone(), head };
                return self.fit(head, goal, parts, &join);
            }
            EncoderUse::Tuned => self.trained.model.clone(),
            EncoderUse::New => {
                let seed = Seed::new(self.config.train.seed).stream("initialisation");
                self.card.model.init(self.card.shape, seed, device)?
            }
        };
        let parts = [train.clone(), validation.clone()];
        self.fit(Headed { encoder, head }, goal, parts, &|model| model)
    }

    /// Trains `model`, of which `join` makes the whole classifier.
    fn fit<M: Module, G: Goal<M>>(
        &self,
        model: M,
        goal: G,
        [train, validation]: [Arc<dyn Source>; 2],
        join: &dyn Fn(M) -> Headed<Model>,
    ) -> Result<Fitted<Headed<Model>>, Error> {
        let save: Save<'_, M> = Box::new(|model, epoch| {
            Ok(self.classifier(join(model.clone()), Some(epoch)).write(self.folder)?)
        });
        let keep = Keep { save, ..Keep::nowhere() };
        let fit_as = Fit {
            config: self.config.train.clone(),
            start: self.start,
            display: self.session.display(),
            interrupter: self.session.interrupter().clone(),
            begun: Box::new(|| self.session.tell(&self.beginning())),
            keep,
            ..Fit::new(goal, train, validation, self.folder.path())
        };
        let Fitted { model, history, best_epoch, stopped } = fit(model, fit_as)?;
        Ok(Fitted { model: join(model), history, best_epoch, stopped })
    }

    fn classifier(&self, model: Headed<Model>, best_epoch: Option<usize>) -> Classifier {
        let card = ClassifierCard { best_epoch, ..self.card.clone() };
        Classifier { model, card, device: self.trained.device.clone(), home: None }
    }

    fn beginning(&self) -> Beginning {
        let Parts { config, shape, card, outside, .. } = &self.labelled.parts;
        let TrainConfig { epochs, passes, max_seconds, batch_size, ref device, .. } = self.config.train;
        Beginning {
            run: self.folder.path().to_owned(),
            source: config.data.source.clone(),
            examples: [card.train, card.validation, card.test],
            shape: *shape,
            columns: ColumnCounts::of(&self.labelled.parts),
            model: (self.card.model.name(), self.trained.model.code_size()),
            scaling: config.scaling().name(),
            loss: match self.config.target {
                Target::Classes => "cross-entropy",
                Target::Number => "squared-error",
            },
            corruption: self.config.corruption.as_ref().map(|corruption| corruption.name()),
            outside: *outside,
            task: match self.config.target {
                Target::Classes => Task::Classify { classes: self.card.classes.len() },
                Target::Number => Task::Regress,
            },
            layers: self.card.model.layers(),
            starts_as_pca: false,
            epochs,
            passes,
            max_seconds,
            batch_size,
            memory: None,
            device: device.clone(),
        }
    }
}
