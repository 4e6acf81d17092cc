//! What the toolkit recommends for data that nobody has tuned anything for: the architecture, and how long to train.
//!
//! Everything here is a function of the shape of the data alone. The numbers were chosen on the sets of
//! docs/results/defaults.md, where it says how.

use autoencoder_core::{ExampleShape, Loss, Output};
use autoencoder_kernels::Pointwise;
use autoencoder_models::{Activation, ConvConfig, DenseConfig, ModelConfig, VariationalConfig};
use autoencoder_train::{EarlyStopping, TrainConfig};
use toml::Table;

use crate::config::score::ScoreKind;

/// The rows or columns from which on pictures are large.
pub(crate) const LARGE: usize = 48;
/// The fewest values of a picture that its own model is recommended for: rows of fewer are no pictures.
const SMALLEST: usize = 64;
/// The most code units that are recommended.
const MOST_CODES: usize = 32;
/// Steps for a thousand rows; for others they grow with the power [`GROWTH`] of their number.
const STEPS: f64 = 4000.0;
/// See [`STEPS`].
const GROWTH: f64 = 0.25;
/// The fewest and most steps.
const STEP_RANGE: (f64, f64) = (2000.0, 20_000.0);
/// How often a training is measured, at most.
const EPOCHS: usize = 100;
/// The share of a training without improvement after which it ends.
const PATIENCE: usize = EPOCHS / 4;
/// The time a training is made to take at most, in seconds on two cores.
const AIM: f64 = 60.0;
/// The time after which no further epoch begins, in seconds.
const BOUND: f64 = 120.0;
/// Multiplications and additions a second that a training comes to on two cores, all it does counted.
const RATE: f64 = 1.5e10;
/// Seconds a step takes whatever its size.
const PER_STEP: f64 = 4e-4;

/// Which choices a configuration left to the data, by the keys it did not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Open {
    /// The layers of the model.
    pub architecture: bool,
    /// The number of code units.
    pub code: bool,
    /// Whether a linear path runs beside the hidden layers.
    pub linear: bool,
    /// How long to train.
    pub length: bool,
    /// How many examples a step takes.
    pub batch_size: bool,
}

impl Open {
    /// What the tables of a configuration leave open. A stack's layers and their trainings are never left open.
    pub(crate) fn of(table: &Table) -> Self {
        let has = |of: &str, key: &str| table.get(of).is_some_and(|of| of.get(key).is_some());
        let is_stack = table.contains_key("stage");
        let architecture = !has("model", "hidden") && !has("model", "channels") && !is_stack;
        Self {
            architecture,
            code: !has("model", "code"),
            linear: architecture && !has("model", "linear"),
            length: !has("train", "epochs") && !is_stack,
            batch_size: !has("train", "batch_size") && !is_stack,
        }
    }
}

/// What is known of the data before they are split.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DataFacts {
    pub(crate) shape: ExampleShape,
    /// The number of examples that are there to learn from, those kept for validation and test among them.
    pub(crate) rows: usize,
    /// What the model is for, where it is to find what is odd.
    pub(crate) score: ScoreKind,
}

impl DataFacts {
    /// The model with its open choices made. Whether its linear path can be PCA depends on the loss.
    pub(crate) fn model(self, model: Option<ModelConfig>, loss: &Loss, open: Open) -> ModelConfig {
        let model = match model {
            Some(model) => model,
            None if self.is_large() => ModelConfig::Conv(ConvConfig::default()),
            None if self.score == ScoreKind::Patches && self.shape.features() >= SMALLEST => {
                return odd_pictures();
            }
            None => ModelConfig::Dense(DenseConfig::default()),
        };
        let features = self.shape.features();
        let code = |given| if open.code { (features / 2).clamp(1, MOST_CODES) } else { given };
        match model {
            ModelConfig::Dense(mut dense) => {
                dense.code = code(dense.code);
                if open.architecture {
                    dense.hidden = vec![self.width()];
                }
                let can_be_linear = !dense.tied && dense.code_activation == Activation::Identity;
                if open.linear {
                    dense.linear = can_be_linear && dense.code < features && is_linear(loss);
                }
                ModelConfig::Dense(dense)
            }
            ModelConfig::Conv(mut conv) => {
                conv.code = code(conv.code);
                if open.architecture {
                    conv.channels = self.channels();
                }
                if open.linear {
                    let can_be_linear = conv.code_activation == Activation::Identity;
                    conv.linear = can_be_linear && conv.code < features && is_linear(loss);
                }
                ModelConfig::Conv(conv)
            }
            ModelConfig::Variational(variational) if open.code => {
                let code = (features / 2).clamp(1, VariationalConfig::default().code);
                ModelConfig::Variational(VariationalConfig { code, ..variational })
            }
            other @ ModelConfig::Variational(_) => other,
        }
    }

    /// The training with its open choices made: as many steps as rows of that number are worth, fewer where `multiplications`
    /// an example make them slow.
    pub(crate) fn training(self, mut train: TrainConfig, multiplications: u64, open: Open) -> TrainConfig {
        if open.batch_size {
            train.batch_size = self.batch_size();
        }
        if !open.length {
            return train;
        }
        // Forward, and twice that backward; a multiplication and an addition each.
        let seconds = PER_STEP + 6.0 * multiplications as f64 * train.batch_size as f64 / RATE;
        let wanted = (STEPS * (self.rows as f64 / 1000.0).powf(GROWTH)).clamp(STEP_RANGE.0, STEP_RANGE.1);
        let steps = wanted.min(AIM / seconds).max(1.0);
        let of_pass = self.rows.div_ceil(train.batch_size).max(1) as f64;
        train.passes = (steps / (of_pass * EPOCHS as f64)).round().max(1.0) as usize;
        train.epochs = (steps / (of_pass * train.passes as f64)).round().max(3.0) as usize;
        train.early_stopping.get_or_insert(EarlyStopping { patience: PATIENCE, min_improvement: 0.0 });
        train.max_seconds.get_or_insert(BOUND);
        train
    }

    /// Whether examples are pictures so large that weights for each pixel of a hidden unit are not worth their number.
    fn is_large(self) -> bool {
        matches!(self.shape, ExampleShape::Image { height, width, .. } if height.min(width) >= LARGE)
    }

    fn width(self) -> usize {
        match self.rows {
            0..300 => 32,
            300..1000 => 64,
            1000..5000 => 128,
            _ => 256,
        }
    }

    fn batch_size(self) -> usize {
        match self.rows {
            0..1000 => 32,
            1000..10_000 => 64,
            10_000..40_000 => 128,
            _ => 256,
        }
    }

    /// As many stages as leave about four by four pixels.
    fn channels(self) -> Vec<usize> {
        let ExampleShape::Image { height, width, .. } = self.shape else {
            return ConvConfig::default().channels;
        };
        let stages = (height.min(width) as f64 / 6.0).log2().round().clamp(1.0, 5.0) as usize;
        (0..stages).map(|stage| 16 << stage.min(2)).collect()
    }
}

/// What finds odd pictures that are too small for patches: of one digit of MNIST at a time it was better than a model that
/// starts as PCA.
fn odd_pictures() -> ModelConfig {
    ModelConfig::Dense(DenseConfig { hidden: vec![512, 128], code: 16, ..DenseConfig::default() })
}

/// Whether the output is what the decoder says, so that a linear decoder's is linear.
fn is_linear(loss: &Loss) -> bool {
    loss.output() == Output::Pointwise(Pointwise::Identity)
}
