//! The layers of a stack, each with everything its training needs.

use autoencoder_core::{Bernoulli, Loss, SquaredError};
use autoencoder_kernels::Pointwise;
use autoencoder_models::{Activation, DenseConfig, ModelConfig};
use autoencoder_regularizers::{CorruptionConfig, PenaltyConfig};
use autoencoder_train::{Emphasis, ObjectiveSpec, TrainConfig};

use crate::config::run::RunConfig;

/// One layer of a stack with everything its training needs.
pub(crate) struct Stage {
    pub(crate) inputs: usize,
    pub(crate) layer: DenseConfig,
    pub(crate) train: TrainConfig,
    pub(crate) corruption: Option<CorruptionConfig>,
    pub(crate) emphasis: Option<Emphasis>,
    pub(crate) penalty: Vec<PenaltyConfig>,
    pub(crate) loss: Loss,
}

impl Stage {
    pub(crate) fn objective(&self) -> ObjectiveSpec {
        ObjectiveSpec {
            loss: self.loss,
            corruption: self.corruption.as_ref().map(|corruption| corruption.build().into()),
            emphasis: self.emphasis,
            penalties: self.penalty.iter().map(|penalty| penalty.build().into()).collect(),
            precision: self.train.precision,
        }
    }
}

impl RunConfig {
    /// The layers of the stack with what each is trained with; none where there are no stages.
    pub(crate) fn stages(&self, features: usize) -> Vec<Stage> {
        let (ModelConfig::Dense(model), Some(last)) = (self.model(), self.stage.last()) else {
            return Vec::new();
        };
        let stage = |(index, (inputs, layer)): (usize, (usize, DenseConfig))| {
            let stage = self.stage.get(index).unwrap_or(last);
            // In the stack what an inner layer gives goes through the activation of the layer below: so it does here.
            let loss = match (model.activation_below(index), stage.loss) {
                (None, loss) => loss.unwrap_or_else(|| self.loss()),
                (Some(Activation::Sigmoid), None) => Loss::Bernoulli(Bernoulli {}),
                (Some(below), loss) => {
                    let loss = loss.unwrap_or(Loss::SquaredError(SquaredError::default()));
                    loss.with_output(Pointwise::from(below).into()).unwrap_or(loss)
                }
            };
            Stage {
                inputs,
                layer,
                train: stage.train(&self.train, index),
                corruption: stage.corruption.clone().or_else(|| self.corruption.clone()),
                emphasis: stage.emphasis.or(self.emphasis),
                penalty: stage.penalty.clone().unwrap_or_else(|| self.penalty.clone()),
                loss,
            }
        };
        model.layers(features).into_iter().enumerate().map(stage).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(text: &str) -> RunConfig {
        let model = "model = { kind = \"dense\", hidden = [8, 6], code = 4, activation = \"sigmoid\" }\n";
        RunConfig::from_toml(&format!("{model}{text}"), "test").expect("a configuration")
    }

    #[test]
    fn a_stage_has_its_own_numbers_and_the_rest_from_the_run() {
        let config = config(
            "corruption = { kind = \"masking\", probability = 0.3 }
             [train]
             epochs = 0
             batch_size = 20
             [[stage]]
             epochs = 3
             [[stage]]
             epochs = 4
             corruption = { kind = \"gaussian\", sigma = 0.5 }
             [[stage]]
             epochs = 5
             batch_size = 7",
        );
        config.clone().check().expect("valid");
        let stages = config.stages(10);
        let numbers: Vec<_> = stages
            .iter()
            .map(|stage| (stage.inputs, stage.layer.code, stage.train.epochs, stage.train.batch_size))
            .collect();
        assert_eq!(numbers, [(10, 8, 3, 20), (8, 6, 4, 20), (6, 4, 5, 7)]);
        let noise: Vec<_> =
            stages.iter().map(|stage| stage.corruption.as_ref().expect("noise").name()).collect();
        assert_eq!(noise, ["masking", "gaussian", "masking"]);
        assert_ne!(stages[0].train.seed, stages[1].train.seed);
        assert!(stages.iter().all(|stage| stage.loss.name() == "bernoulli"));
        let text = config.to_toml().expect("TOML");
        assert_eq!(RunConfig::from_toml(&text, "test").expect("read back"), config);
    }

    #[test]
    fn one_stage_stands_for_all_layers_and_other_numbers_are_refused() {
        assert_eq!(config("[[stage]]\nepochs = 2").stages(10).len(), 3);
        let refused = |text: &str| config(text).check().expect_err("refused").to_string();
        assert!(refused("[[stage]]\n[[stage]]").contains("3 layers"));
        let zero = refused("train = { epochs = 0 }\n[[stage]]");
        assert!(zero.contains("stage[0]") && zero.contains("epochs"), "{zero}");
        assert!(refused("train = { epochs = 0 }").contains("train.epochs"));
        let noise = "[[stage]]\nepochs = 1\ncorruption = { kind = \"masking\", probability = 2.0 }";
        assert!(refused(noise).contains("stage[0]"), "{}", refused(noise));
    }

    #[test]
    fn an_inner_layer_is_compared_through_the_activation_of_the_layer_below() {
        for name in ["identity", "relu", "leaky-relu", "gelu", "silu", "tanh", "sigmoid", "softplus"] {
            let text = format!(
                "model = {{ hidden = [8, 6], code = 4, activation = \"{name}\" }}\n[[stage]]\nepochs = 1"
            );
            let config = RunConfig::from_toml(&text, "test").expect("a configuration");
            let loss = config.stages(10)[1].loss;
            let a = burn::tensor::Tensor::<2>::from_data([[0.3, -1.2]], &burn::tensor::Device::flex());
            let ModelConfig::Dense(model) = config.model() else { panic!("a dense model") };
            let through = model.activation.forward(a.clone());
            let close = burn::tensor::Tolerance::absolute(1e-6);
            loss.reconstruction(a).into_data().assert_approx_eq::<f32>(&through.into_data(), close);
        }
        let refused = RunConfig::from_toml(
            "model = { hidden = [8], code = 4, activation = \"gelu\" }\n[[stage]]\n[[stage]]\nloss.kind = \"bernoulli\"",
            "test",
        );
        let error = refused.expect("a configuration").check().expect_err("refused").to_string();
        assert!(error.contains("stage[1]") && error.contains("sigmoid"), "{error}");
    }

    #[test]
    fn only_a_dense_model_is_a_stack() {
        let config = RunConfig::from_toml("model = { kind = \"conv\" }\n[[stage]]\nepochs = 2", "test");
        let error = config.expect("a configuration").check().expect_err("refused").to_string();
        assert!(error.contains("conv") && error.contains("dense"), "{error}");
    }
}
