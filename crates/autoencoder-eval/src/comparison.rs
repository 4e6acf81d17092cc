//! A model's errors on every part, with PCA's beside them.

use serde::{Deserialize, Serialize};

use crate::{Evidence, SplitEvaluation};

/// Something for each part of the data.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PerPart<T> {
    /// For the training part.
    pub train: T,
    /// For the validation part.
    pub validation: T,
    /// For the test part.
    pub test: T,
}

/// A model's errors beside those of PCA at the same code size, in scaled units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The number of code units.
    pub code_size: usize,
    /// The model's errors.
    pub splits: PerPart<SplitEvaluation>,
    /// PCA's; absent where its components would take more memory than they are worth.
    pub pca: Option<Baseline>,
    /// The evidence of the test part; only variational models with a likelihood for their loss have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Evidence>,
    /// How much the code of a test example moves where the example does ([`crate::On::jacobian_norm`]); only models with a
    /// closed form have one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jacobian_norm: Option<f64>,
}

/// PCA fitted on the training part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// The number of components: the code size, or the number of features where that is less.
    pub components: usize,
    /// The number of training examples it was fitted to: all, or of many wide ones some.
    pub examples: usize,
    /// The share of the variance that the components explain.
    pub explained_variance_ratio: f64,
    /// Its error on each part.
    #[serde(flatten)]
    pub errors: PerPart<PartError>,
}

/// The error of a baseline on one part.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PartError {
    /// Squared error summed over features and averaged over examples.
    pub squared_error_per_example: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(object: &serde_json::Value) -> Vec<&str> {
        let mut keys: Vec<&str> = object.as_object().expect("an object").keys().map(String::as_str).collect();
        keys.sort_unstable();
        keys
    }

    #[test]
    fn the_document_has_the_keys_that_programs_read() {
        let split = SplitEvaluation { examples: 3, loss: 2.0, squared_error_per_example: 1.0 };
        let error = PartError { squared_error_per_example: 0.5 };
        let evaluation = Evaluation {
            code_size: 2,
            splits: PerPart { train: split, validation: split, test: split },
            pca: Some(Baseline {
                components: 2,
                examples: 3,
                explained_variance_ratio: 0.9,
                errors: PerPart { train: error, validation: error, test: error },
            }),
            evidence: None,
            jacobian_norm: None,
        };
        let document = serde_json::to_value(&evaluation).expect("a document");
        assert_eq!(keys(&document), ["code_size", "pca", "splits"]);
        assert_eq!(
            keys(&document["pca"]),
            ["components", "examples", "explained_variance_ratio", "test", "train", "validation"]
        );
        assert_eq!(keys(&document["splits"]), ["test", "train", "validation"]);
        assert_eq!(document["code_size"], 2);
        assert_eq!(document["pca"]["components"], 2);
        assert_eq!(document["pca"]["explained_variance_ratio"], 0.9);
        for part in ["train", "validation", "test"] {
            assert_eq!(keys(&document["splits"][part]), ["examples", "loss", "squared_error_per_example"]);
            assert_eq!(keys(&document["pca"][part]), ["squared_error_per_example"]);
            assert_eq!(document["splits"][part]["examples"], 3);
            assert_eq!(document["splits"][part]["loss"], 2.0);
            assert_eq!(document["splits"][part]["squared_error_per_example"], 1.0);
            assert_eq!(document["pca"][part]["squared_error_per_example"], 0.5);
        }
        assert_eq!(serde_json::from_value::<Evaluation>(document).expect("read back"), evaluation);
    }
}
