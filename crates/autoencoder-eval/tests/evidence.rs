//! The evidence of a model whose evidence is known: `h ~ N(0, 1)`, `x = h + sigma e`, so `x ~ N(0, 1 + sigma²)`.

use autoencoder_core::testing::Rows;
use autoencoder_core::{Autoencoder, Code, DiagonalGaussian, ExampleShape, Facts, GaussianNoise, Loss, Seed};
use autoencoder_eval::{Evidence, On};
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
        let posterior = self.has_posterior.then(|| DiagonalGaussian { mean: mean.clone(), log_variance });
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
    On { model: &model, loss: &LOSS, batch_size: 1, device: &Device::flex() }
        .evidence(&rows, samples, Seed::new(3))
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
        let estimate = ours.negative_log_likelihood.expect("a density");
        assert!((estimate - exact()).abs() < 1e-5, "{ours:?} {}", exact());
        // One sample says nothing about its spread.
        assert_eq!(ours.standard_error.is_some(), samples > 1);
    }
    // The bound is tight too, up to the sampling of its first term.
    let ours = of(1.0, 20_000);
    assert!((ours.negative_elbo - exact()).abs() < 0.01, "{ours:?} {}", exact());
}

#[test]
fn with_another_posterior_the_estimate_is_the_evidence_and_the_bound_is_above_it() {
    let ours = of(2.0, 20_000);
    let (estimate, error) =
        (ours.negative_log_likelihood.expect("a density"), ours.standard_error.expect("many samples"));
    assert!((estimate - exact()).abs() < 4.0 * error, "{ours:?} {}", exact());
    assert!(error > 0.0 && error < 0.01);
    // KL(q || p(h|x)) of two Gaussians with the same mean.
    let gap = 0.5 * (4.0 - 1.0 - 4.0_f64.ln());
    assert!((ours.negative_elbo - exact() - gap).abs() < 0.02, "{ours:?} {gap}");
}

#[test]
fn a_model_without_a_posterior_has_no_evidence() {
    let model = Known { shape: ExampleShape::Flat(1), stretch: 1.0, has_posterior: false };
    let rows = Rows::new(1, X.to_vec());
    let none = On { model: &model, loss: &LOSS, batch_size: 1, device: &Device::flex() }
        .evidence(&rows, 2, Seed::new(3))
        .expect("rows");
    assert!(none.is_none());
}

/// Three bits from two code units: logits `h W + b`, and a posterior that is only near the true one.
#[derive(Module, Debug)]
struct Bits {
    #[module(skip)]
    shape: ExampleShape,
}

const W: [[f32; 3]; 2] = [[1.5, -0.7, 0.4], [-0.3, 0.9, 1.1]];
const B: [f32; 3] = [0.2, -0.5, 0.1];

impl Autoencoder for Bits {
    fn shape(&self) -> &ExampleShape {
        &self.shape
    }

    fn code_size(&self) -> usize {
        2
    }

    fn encode(&self, x: Tensor<2>) -> Code {
        let mean = x.matmul(Tensor::<2>::from_data(W, &Device::flex()).transpose()).mul_scalar(0.2);
        let log_variance = mean.zeros_like().sub_scalar(0.4);
        Code {
            h: mean.clone(),
            pre_activation: None,
            posterior: Some(DiagonalGaussian { mean, log_variance }),
        }
    }

    fn decode(&self, h: Tensor<2>) -> Tensor<2> {
        h.matmul(Tensor::from_data(W, &Device::flex()))
            + Tensor::<1>::from_data(B, &Device::flex()).unsqueeze()
    }
}

impl Facts for Bits {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

/// `-ln ∫ p(x|h) N(h; 0, 1) dh` on a grid.
fn by_quadrature(x: [f64; 3]) -> f64 {
    let at = |i: i32| f64::from(i) * 0.05;
    let mut sum = 0.0;
    for (i, j) in (-160..=160).flat_map(|i| (-160..=160).map(move |j| (i, j))) {
        let h = [at(i), at(j)];
        let density = (-0.5 * (h[0] * h[0] + h[1] * h[1])).exp() / std::f64::consts::TAU;
        let likelihood: f64 = (0..3)
            .map(|k| {
                let logit = h[0] * f64::from(W[0][k]) + h[1] * f64::from(W[1][k]) + f64::from(B[k]);
                let on = 1.0 / (1.0 + (-logit).exp());
                if x[k] == 1.0 { on } else { 1.0 - on }
            })
            .product();
        sum += density * likelihood * 0.05 * 0.05;
    }
    -sum.ln()
}

#[test]
fn the_evidence_of_bits_over_several_units_is_the_integral_and_of_grey_there_is_none() {
    let loss = Loss::Bernoulli(autoencoder_core::Bernoulli {});
    let of = |rows: Vec<f32>| {
        let model = Bits { shape: ExampleShape::Flat(3) };
        let rows = Rows::new(3, rows);
        On { model: &model, loss: &loss, batch_size: 1, device: &Device::flex() }
            .evidence(&rows, 20_000, Seed::new(5))
            .expect("rows")
            .expect("a posterior")
    };
    let ours = of(vec![1.0, 0.0, 1.0, 0.0, 0.0, 1.0]);
    let exact = (by_quadrature([1.0, 0.0, 1.0]) + by_quadrature([0.0, 0.0, 1.0])) / 2.0;
    let (estimate, error) =
        (ours.negative_log_likelihood.expect("a density"), ours.standard_error.expect("many samples"));
    assert!(error < 0.01 && (estimate - exact).abs() < 4.0 * error, "{ours:?} {exact}");
    assert!(ours.negative_elbo > exact);
    let grey = of(vec![1.0, 0.3, 1.0]);
    assert_eq!((grey.negative_log_likelihood, grey.standard_error), (None, None));
    assert!(grey.negative_elbo.is_finite());
}
