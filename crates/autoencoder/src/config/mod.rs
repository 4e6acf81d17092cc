//! Configurations: what is read, how it is checked, what is left to the data.

pub(crate) mod data;
pub(crate) mod defaults;
pub(crate) mod error;
pub(crate) mod finetune;
pub mod overrides;
pub(crate) mod recipes;
mod resolve;
pub(crate) mod run;
pub(crate) mod score;
pub(crate) mod stage;
pub(crate) mod table;

pub use data::{Bits, DataConfig};
pub use defaults::Open;
pub use error::ConfigError;
pub use finetune::{EncoderUse, FinetuneConfig, Target};
pub use recipes::{RECIPES, Recipe};
pub use run::{CheckedRun, RunConfig};
pub use score::{ScoreConfig, ScoreKind};
pub use stage::StageConfig;
