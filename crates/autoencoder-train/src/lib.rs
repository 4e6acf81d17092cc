//! Training: the objective, the loop, checkpoints, and resuming with the same bits.
//!
//! [`fit`] trains any [`autoencoder_core::Autoencoder`] on any [`autoencoder_core::Source`]; it knows
//! no model, penalty, corruption or data set by name. What it minimises is [`objective`]: corrupt,
//! encode, decode, and compare with the clean examples. All randomness is derived from a seed and a
//! position (epoch, step), so a run that was killed continues to the same bytes.
//!
//! ```
//! use autoencoder_train::{OptimizerConfig, ScheduleConfig, TrainConfig};
//!
//! let config = TrainConfig { epochs: 12, batch_size: 256, ..TrainConfig::default() };
//! assert!(config.check().is_ok());
//! let rate = ScheduleConfig::OneCycle(Default::default());
//! assert!(rate.factor(0, 100) < rate.factor(15, 100));
//! assert!(matches!(config.optimizer, OptimizerConfig::AdamW(_)));
//! ```

mod checkpoints;
mod clip;
mod config;
mod dashboard;
mod emphasis;
mod error;
mod fit;
mod fitness;
mod goal;
mod head;
mod history;
mod interrupter;
mod loader;
mod objective;
mod optimizer;
mod pass;
mod precision;
mod schedule;
mod standard;
mod step;
mod sums;
mod supervised;
mod supply;

pub use checkpoints::Checkpoints;
pub use config::{EarlyStopping, Select, TrainConfig};
pub use dashboard::restore_terminal;
pub use emphasis::Emphasis;
pub use error::TrainError;
pub use fit::{Display, Fit, Fitted, Keep, Save, Start, Stopped, fit};
pub use fitness::check_penalties;
pub use goal::{Goal, Reconstruction};
pub use head::{Head, Headed, Predictor};
pub use history::{EpochRecord, History};
pub use interrupter::Interrupter;
pub use loader::{Batch, Loader, Order};
pub use objective::{Objective, ObjectiveSpec, objective};
pub use optimizer::{AdamConfig, AdamWConfig, OptimizerConfig, SgdConfig};
pub use precision::Precision;
pub use schedule::{
    Constant, CosineDecay, ExponentialDecay, LinearDecay, OneCycle, ScheduleConfig, StepDecay,
};
pub use standard::Standard;
pub use step::Round;
pub use supervised::{Classification, Noise, Regression};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
