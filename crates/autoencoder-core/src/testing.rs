//! Tools for tests of this workspace and of models written outside it.

use burn::tensor::{Device, Tensor};

use crate::{Code, DataError, ExampleShape, Facts, Moment, Pass, Seed, Source, check_rows};

/// The greatest difference between the gradient of `f` by automatic differentiation and by central
/// differences, relative to the greatest entry of the gradient (or to 1e-3, if that is more).
///
/// `f` maps `[batch, features]` to a scalar `[1]`. The steps are taken in f32, so errors below 1e-3
/// mean agreement.
pub fn gradient_error<const R: usize, const C: usize>(
    at: [[f32; C]; R],
    f: impl Fn(Tensor<2>) -> Tensor<1>,
) -> f32 {
    const STEP: f32 = 4e-3;
    let tracked = Tensor::<2>::from_data(at, &Device::flex().autodiff()).require_grad();
    let gradients = f(tracked.clone()).backward();
    let gradient = tracked
        .grad(&gradients)
        .map_or_else(|| vec![0.0; R * C], |gradient| gradient.into_data().iter::<f32>().collect());
    let value =
        |point: [[f32; C]; R]| f64::from(f(Tensor::from_data(point, &Device::flex())).into_scalar::<f32>());
    let scale = gradient.iter().fold(1e-3_f32, |scale, g| scale.max(g.abs()));
    let mut worst = 0.0_f32;
    for row in 0..R {
        for column in 0..C {
            let (mut above, mut below) = (at, at);
            above[row][column] += STEP;
            below[row][column] -= STEP;
            let step = f64::from(above[row][column]) - f64::from(below[row][column]);
            let difference = ((value(above) - value(below)) / step) as f32;
            worst = worst.max((difference - gradient[row * C + column]).abs() / scale);
        }
    }
    worst
}

/// A model of which nothing is known but its code.
#[derive(Clone, Copy, Debug)]
pub struct NoFacts;

impl Facts for NoFacts {
    fn encoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }

    fn decoder_weights(&self) -> Vec<Tensor<2>> {
        Vec::new()
    }
}

/// A pass whose code is `h`, and whose examples and output are too.
pub fn pass_of_code(h: Tensor<2>) -> Pass {
    Pass {
        clean: h.clone(),
        input: h.clone(),
        code: Code::new(h.clone()),
        output: h,
        moment: Moment::after_training(Seed::new(0)),
    }
}

/// Rows in memory: the plainest [`Source`].
#[derive(Clone, Debug)]
pub struct Rows {
    shape: ExampleShape,
    values: Vec<f32>,
    labels: Option<Vec<i64>>,
}

impl Rows {
    /// Rows of `features` values each, one after the other.
    pub fn new(features: usize, values: Vec<f32>) -> Self {
        Self { shape: ExampleShape::Flat(features), values, labels: None }
    }

    /// The same rows with a class each.
    pub fn with_labels(self, labels: Vec<i64>) -> Self {
        Self { labels: Some(labels), ..self }
    }
}

impl Source for Rows {
    fn shape(&self) -> ExampleShape {
        self.shape
    }

    fn len(&self) -> usize {
        self.values.len() / self.shape.features()
    }

    fn rows(&self, index: &[usize], out: &mut [f32]) -> Result<(), DataError> {
        check_rows(index, self.len())?;
        let features = self.shape.features();
        for (&row, out) in index.iter().zip(out.chunks_exact_mut(features)) {
            out.copy_from_slice(&self.values[row * features..(row + 1) * features]);
        }
        Ok(())
    }

    fn labels(&self) -> Option<&[i64]> {
        self.labels.as_deref()
    }

    fn value_range(&self) -> Option<(f32, f32)> {
        None
    }
}
