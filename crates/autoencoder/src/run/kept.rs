//! What was fitted to an array, in a folder.

use std::sync::Arc;

use autoencoder_datasets::DataFolder;
use autoencoder_models::safetensors;

use crate::error::Error;
use crate::model::estimator::Estimator;
use crate::run::folder::RunFolder;
use crate::run::open::Run;

impl Estimator {
    /// Saves it in an empty folder, or one that does not exist. What needs the model alone of a run, such as `ae score`, `ae
    /// encode` and `ae export`, takes the folder as one.
    ///
    /// ```
    /// use autoencoder::prelude::*;
    ///
    /// let x = load("spiral", Some(200))?;
    /// let fitted = RunConfig::from_toml("train.epochs = 2", "example")?.fit(x.view())?;
    /// let folder = tempfile::tempdir().expect("a folder");
    /// let folder = RunFolder::new(folder.path().join("spiral"));
    /// fitted.save(&folder)?;
    /// let loaded = Estimator::load(&folder, "flex")?;
    /// assert_eq!(loaded.score_samples(x.view())?, fitted.score_samples(x.view())?);
    /// # Ok::<(), autoencoder::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::RunExists`] for a folder with something in it; [`Error::Unwritable`].
    pub fn save(&self, folder: &RunFolder) -> Result<(), Error> {
        folder.check_unused()?;
        // The members first: whoever finds the first model finds the others as well.
        let places = (2..).map(|number| folder.member(number));
        for (one, place) in self.members.iter().zip(places).chain([(self, folder.clone())]) {
            one.scorer.write(&place)?;
            place.write_model(&safetensors::save(&one.trained.model)?, &one.trained.card)?;
        }
        Ok(())
    }

    /// What was saved in a folder, on the device of that name.
    ///
    /// # Errors
    /// Those of [`Run::open`]; [`Error::NoReference`] for a run without what its scores are made from.
    pub fn load(folder: &RunFolder, device: &str) -> Result<Self, Error> {
        let run = Run::open(folder, device, &DataFolder::new(None))?;
        let mut fitted = of(&run)?;
        for number in 2.. {
            match run.member(number) {
                Ok(member) => fitted.members.push(of(&member)?),
                Err(Error::NoMember { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(fitted)
    }
}

fn of(run: &Run) -> Result<Estimator, Error> {
    let reason = || Error::NoReference { reason: "it holds a model alone".to_owned() };
    let scorer = Arc::clone(run.scorer().ok_or_else(reason)?);
    Ok(Estimator { trained: run.trained().clone(), scorer, members: Vec::new() })
}
