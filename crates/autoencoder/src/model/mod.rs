//! What a training ends with: models with everything needed to use them.

pub(crate) mod arrays;
pub(crate) mod card;
pub(crate) mod classifier;
pub(crate) mod estimator;
pub(crate) mod scorer;
pub(crate) mod trained;

pub use card::ModelCard;
pub use classifier::{Classifier, ClassifierCard};
pub use estimator::Estimator;
pub use trained::Trained;
