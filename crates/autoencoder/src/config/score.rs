//! The `[score]` table: what `ae score` takes for the distance of an example from the normal ones.

use serde::{Deserialize, Serialize};

/// The `[score]` table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScoreConfig {
    /// Which distance.
    pub kind: ScoreKind,
    /// How many models are trained on the same data, each with a seed of its own; a score is the mean of theirs.
    pub members: usize,
}

impl Default for ScoreConfig {
    fn default() -> Self {
        Self { kind: ScoreKind::default(), members: 1 }
    }
}

impl ScoreConfig {
    pub(crate) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Distances of an example from the normal ones. A variational model scores by its negative evidence lower bound, which
/// holds both distances, whatever is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreKind {
    /// The squared error of the reconstruction: the distance from the manifold.
    #[default]
    Reconstruction,
    /// The mean distance of the code to the nearest codes of the training part, which grows along the manifold as well, and
    /// that: the sum of what each exceeds those of held-out rows by ([`autoencoder_eval::Excess`]).
    Neighbours,
    /// Of pictures: the mean distance of the oddest patches, of three sizes where the picture is large enough, to the nearest
    /// patches of the training part, and the squared error, summed alike; of other rows the squared error alone.
    Patches,
    /// That of [`Self::Neighbours`], and the mean distance of the row to the nearest rows of the training part, their columns seen in three ways
    /// ([`autoencoder_eval::View`]), summed alike.
    Combined,
}
