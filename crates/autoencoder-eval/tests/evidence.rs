//! The evidence of a model whose evidence is known: `h ~ N(0, 1)`, `x = h + sigma e`, so `x ~ N(0, 1 + sigma²)`.

use autoencoder_core::testing::Rows;
use autoencoder_core::{Autoencoder, Code, ExampleShape, Facts, Gaussian, GaussianNoise, Loss, Seed};
use autoencoder_eval::{Evidence, evidence};
use burn::module::Module;
use burn::tensor::{Device, Tensor};

const SIGMA: f64 = 0.5;
const LOSS: Loss =
    Loss::Gaussian(GaussianNoise { sigma: SIGMA, output: autoencoder_core::OutputActivation::Identity });

/// The exact posterior is `N(x / (1 + sigma²), sigma² / (1 + sigma²))`; this one is `stretch` times as wide.
#[derive(Module, Debug)]
struct Known {
    #[module(skip)]
    shape: ExampleShape,
    #[module(skip)]
    stretch: f64,
    #[module(skip)]
    has_posterior: bool,
}

impl Autoencoder for Known {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        1
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        let total = 1.0 + SIGMA * SIGMA;
        let mean = x.div_scalar(total);
        let log_variance = mean.full_like((self.stretch * self.stretch * SIGMA * SIGMA / total).ln());
        let posterior = self.has_posterior.then(|| Gaussian { mean: mean.clone(), log_variance });
        Code { h: mean, pre_activation: None, posterior }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h
    }
}

impl Facts for Known {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

const X: [f32; 5] = [-1.3, 0.0, 0.4, 2.0, -0.7];

fn of(stretch: f64, samples: usize) -> Evidence {
    let model = Known { shape: ExampleShape::Flat(1), stretch, has_posterior: true };
    let rows = Rows::new(1, X.to_vec());
    evidence(&model, &LOSS, &rows, samples, Seed::new(3), &Device::flex())
        .expect("rows")
        .expect("a posterior")
}

fn exact() -> f64 {
    let variance = 1.0 + SIGMA * SIGMA;
    let of = |x: f64| 0.5 * (x * x / variance + variance.ln() + std::f64::consts::TAU.ln());
    X.iter().map(|&x| of(f64::from(x))).sum::<f64>() / X.len() as f64
}

#[test]
fn with_the_exact_posterior_one_sample_is_enough() {
    for samples in [1, 7, 2500] {
        let ours = of(1.0, samples);
        assert!((ours.negative_log_likelihood - exact()).abs() < 1e-5, "{ours:?} {}", exact());
    }
    // The bound is tight too, up to the sampling of its first term.
    let ours = of(1.0, 20_000);
    assert!((ours.negative_elbo - exact()).abs() < 0.01, "{ours:?} {}", exact());
}

#[test]
fn with_another_posterior_the_estimate_is_the_evidence_and_the_bound_is_above_it() {
    let ours = of(2.0, 20_000);
    assert!(
        (ours.negative_log_likelihood - exact()).abs() < 4.0 * ours.standard_error,
        "{ours:?} {}",
        exact()
    );
    assert!(ours.standard_error > 0.0 && ours.standard_error < 0.01);
    // KL(q || p(h|x)) of two Gaussians with the same mean.
    let gap = 0.5 * (4.0 - 1.0 - 4.0_f64.ln());
    assert!((ours.negative_elbo - exact() - gap).abs() < 0.02, "{ours:?} {gap}");
}

#[test]
fn a_model_without_a_posterior_has_no_evidence() {
    let model = Known { shape: ExampleShape::Flat(1), stretch: 1.0, has_posterior: false };
    let rows = Rows::new(1, X.to_vec());
    let none = evidence(&model, &LOSS, &rows, 2, Seed::new(3), &Device::flex()).expect("rows");
    assert!(none.is_none());
}
