//! `ae finetune`: a classifier on the encoder of a run.

use std::path::PathBuf;
use std::sync::Arc;

use autoencoder_core::{Autoencoder as _, Seed, Source};
use autoencoder_eval::{Answers, PerPart};
use autoencoder_models::Model;
use autoencoder_train::{Classification, Fit, Fitted, Goal, Head, Headed, Keep, Stopped, TrainConfig, fit};
use burn::module::Module;
use serde::Serialize;

use super::train::{Beginning, Session, Shown, Task, word};
use crate::classes::Classes;
use crate::classifier::{Classifier, ClassifierCard, EncoderUse, FinetuneConfig};
use crate::data::Parts;
use crate::trained::Trained;
use crate::{Error, RunFolder};

/// What a classifier ended with.
#[derive(Clone, Debug, Serialize)]
pub struct FinetuneReport {
    /// Its folder.
    pub folder: PathBuf,
    /// Complete epochs.
    pub epochs: usize,
    /// The epoch of its weights.
    pub best_epoch: Option<usize>,
    /// `finished`, `early` or `interrupted`.
    pub stopped: &'static str,
    /// The number of classes.
    pub classes: usize,
    /// How often it is right on every part; absent where training was interrupted.
    pub answers: Option<PerPart<Answers>>,
}

/// The parts of a run's data with their classes numbered.
pub(crate) struct Labelled {
    pub(crate) parts: Parts,
    pub(crate) classes: Classes,
}

impl Labelled {
    /// Opens the data of a run, of a table with the column `label` for its classes.
    pub(crate) fn open(
        run: &RunFolder,
        trained: &Trained,
        label: Option<&String>,
        session: &mut Session<'_>,
    ) -> Result<Self, Error> {
        let mut config = run.config()?;
        config.data.label = label.cloned().or(config.data.label);
        let card = run.data()?;
        let scaling = &trained.card.scaling;
        let mut parts = Parts::of_run(&config, card.as_ref(), scaling, &session.data, session.fetching)?;
        let classes = Classes::of(&parts)?;
        for part in [&mut parts.train, &mut parts.validation, &mut parts.test] {
            *part = classes.number(part)?;
        }
        Ok(Self { parts, classes })
    }
}

/// Trains a classifier on the encoder of `run` into `folder`, to the epoch that is most often right on the validation
/// part. `resume` continues from the folder's last whole checkpoint.
///
/// # Errors
/// Whatever does not fit, [`Error::RunExists`], or what stopped the training.
pub fn finetune(
    run: &RunFolder,
    folder: &RunFolder,
    config: &FinetuneConfig,
    resume: bool,
    mut session: Session<'_>,
) -> Result<FinetuneReport, Error> {
    config.check()?;
    if !resume {
        folder.check_unused()?;
    }
    let trained = Trained::load(run, &config.train.device)?;
    let labelled = Labelled::open(run, &trained, config.label.as_ref(), &mut session)?;
    let card = ClassifierCard {
        format: ClassifierCard::FORMAT,
        toolkit: env!("CARGO_PKG_VERSION").to_owned(),
        model: trained.card.model.clone(),
        shape: trained.card.shape,
        scaling: trained.card.scaling.clone(),
        classes: labelled.classes.names.clone(),
        columns: trained.columns.clone(),
        best_epoch: None,
    };
    folder.create_folder("")?;
    let _lock = folder.lock()?;
    folder.clean()?;
    folder.write("config.toml", config.to_toml()?.as_bytes())?;
    Finetuning { config, folder, trained, labelled, card }.carry_out(resume, session)
}

struct Finetuning<'a> {
    config: &'a FinetuneConfig,
    folder: &'a RunFolder,
    trained: Trained,
    labelled: Labelled,
    card: ClassifierCard,
}

impl Finetuning<'_> {
    fn carry_out(&self, resume: bool, session: Session<'_>) -> Result<FinetuneReport, Error> {
        let Parts { train, validation, test, .. } = &self.labelled.parts;
        let (classes, codes) = (self.card.classes.len(), self.trained.model.code_size());
        let head = Head::new(codes, classes, &self.trained.device);
        let ended = match self.config.encoder {
            EncoderUse::Frozen => {
                // The encoder does not change, so its codes are computed once.
                let codes = |part| self.trained.labelled_codes(part);
                let parts = [codes(train)?, codes(validation)?];
                let join = |head| Headed { encoder: self.trained.model.clone(), head };
                self.fit(head, parts, &join, resume, session)?
            }
            EncoderUse::Tuned | EncoderUse::New => {
                let encoder = match self.config.encoder {
                    EncoderUse::New => {
                        let seed = Seed::new(self.config.train.seed).stream("initialisation");
                        self.card.model.init(self.card.shape, seed, &self.trained.device)?
                    }
                    _ => self.trained.model.clone(),
                };
                let parts = [train.clone(), validation.clone()];
                self.fit(Headed { encoder, head }, parts, &|model| model, resume, session)?
            }
        };
        let classifier = self.classifier(ended.model, ended.best_epoch);
        classifier.write(self.folder)?;
        let answers = match ended.stopped {
            Stopped::Interrupted => None,
            Stopped::Finished | Stopped::Early => {
                let answers = PerPart {
                    train: classifier.answers(train.as_ref())?,
                    validation: classifier.answers(validation.as_ref())?,
                    test: classifier.answers(test.as_ref())?,
                };
                self.folder.write_json("evaluation.json", &answers)?;
                Some(answers)
            }
        };
        Ok(FinetuneReport {
            folder: self.folder.path().to_owned(),
            epochs: ended.history.epochs.len(),
            best_epoch: ended.best_epoch,
            stopped: word(ended.stopped),
            classes,
            answers,
        })
    }

    /// Trains `model`, of which `join` makes the whole classifier.
    fn fit<M: Module>(
        &self,
        model: M,
        [train, validation]: [Arc<dyn Source>; 2],
        join: &dyn Fn(M) -> Headed<Model>,
        resume: bool,
        session: Session<'_>,
    ) -> Result<Fitted<Headed<Model>>, Error>
    where
        Classification: Goal<M>,
    {
        let keep: Keep<'_, M> = Box::new(|model, epoch| {
            Ok(self.classifier(join(model.clone()), Some(epoch)).write(self.folder)?)
        });
        let Fitted { model, history, best_epoch, stopped } = fit(
            model,
            Fit {
                config: self.config.train.clone(),
                goal: Classification { corruption: self.config.corruption.as_ref().map(|kind| kind.build()) },
                train,
                validation,
                folder: self.folder.path().to_owned(),
                resume,
                display: Shown::from(session.show).display(),
                interrupter: session.interrupter,
                begun: Box::new(|| (session.begun)(&self.beginning())),
                keep,
            },
        )?;
        Ok(Fitted { model: join(model), history, best_epoch, stopped })
    }

    fn classifier(&self, model: Headed<Model>, best_epoch: Option<usize>) -> Classifier {
        let card = ClassifierCard { best_epoch, ..self.card.clone() };
        Classifier { model, card, device: self.trained.device.clone() }
    }

    fn beginning(&self) -> Beginning {
        let Parts { config, shape, card, clipped, .. } = &self.labelled.parts;
        let TrainConfig { epochs, .. } = self.config.train;
        Beginning {
            run: self.folder.path().to_owned(),
            source: config.data.source.clone(),
            examples: [card.train, card.validation, card.test],
            shape: *shape,
            model: (self.card.model.name(), self.trained.model.code_size()),
            scaling: config.scaling().name(),
            loss: "cross-entropy",
            corruption: self.config.corruption.as_ref().map(|corruption| corruption.name()),
            clipped: *clipped,
            task: Task::Classify { classes: self.card.classes.len() },
            epochs,
        }
    }
}
