//! Learning from labels: classification by softmax and cross-entropy, regression by the squared error.

use autoencoder_core::{Corruption, Moment, Seen, Source, Term};
use burn::tensor::{Tensor, TensorData, activation};

use crate::goal::check_not_empty;
use crate::{Batch, Goal, Objective, Precision, Predictor, Round, TrainError};

/// The noise while a predictor learns; none by default. Evaluation never applies it.
#[derive(Default)]
pub struct Noise {
    /// On its input.
    pub input: Option<Box<dyn Corruption>>,
    /// On what [`Predictor::predict_through`] shows of the hidden layers.
    pub hidden: Option<Box<dyn Corruption>>,
}

/// The goal of a classifier: the cross-entropy of the right class, `-ln softmax(a)_y` in nats. The best epoch is that of
/// the least share of wrong answers on the validation part; of several, that of the least cross-entropy.
pub struct Classification {
    /// The noise in training.
    pub noise: Noise,
    /// The type of the numbers inside the model in training.
    pub precision: Precision,
}

/// The weight of the cross-entropy beside the share of wrong answers: enough to tell epochs of the same share apart, and
/// less than an answer of most validation parts.
const TIE_BREAK: f64 = 1e-6;

/// Refuses a part of another width than the model's, or with a label that is not among `count`.
fn check<P: Predictor>(
    model: &P,
    part: &'static str,
    source: &dyn Source,
    count: usize,
) -> Result<(), TrainError> {
    check_not_empty(part, source)?;
    let (expected, found) = (model.features(), source.shape().features());
    if found != expected {
        return Err(TrainError::WrongWidth { part, expected, found });
    }
    let labels = source.labels().ok_or(TrainError::NoLabels { part })?;
    let is_known = |label: i64| usize::try_from(label).is_ok_and(|label| label < count);
    match labels.iter().enumerate().find(|(_, label)| !is_known(**label)) {
        Some((row, &label)) => Err(TrainError::NoSuchClass { part, row, label, classes: count }),
        None => Ok(()),
    }
}

impl Noise {
    /// The outputs of `model` for the clean `x` in a step of training.
    fn outputs<P: Predictor>(
        &self,
        model: &P,
        x: Tensor<2>,
        precision: Precision,
        Moment { seed, .. }: Moment,
    ) -> Tensor<2> {
        let x = match &self.input {
            Some(input) => input.corrupt(x, seed.stream("corruption")),
            None => x,
        };
        let narrowed = precision.narrowed(model);
        let model = narrowed.as_ref().unwrap_or(model);
        let mut seeds = (0..).map(|layer| seed.stream("hidden corruption").at(layer));
        let mut between = |h| match (&self.hidden, seeds.next()) {
            (Some(hidden), Some(seed)) => precision.narrow(hidden.corrupt(precision.widen(h), seed)),
            _ => h,
        };
        precision.widen(model.predict_through(precision.narrow(x), &mut between))
    }
}

impl<P: Predictor> Goal<P> for Classification {
    fn check(&self, model: &P, part: &'static str, source: &dyn Source) -> Result<(), TrainError> {
        check(model, part, source, model.outputs())
    }

    fn learn(&self, _round: &Round, model: &P, batch: Batch, moment: Moment) -> Objective {
        let outputs = self.noise.outputs(model, batch.x, self.precision, moment);
        let AnswerLosses { cross_entropy, error } = AnswerLosses::of(outputs, &batch.labels);
        Objective {
            total: cross_entropy.clone(),
            terms: vec![Term::new("cross-entropy", cross_entropy)],
            readings: vec![Term::new("error", error)],
            seen: Seen::nothing(),
        }
    }

    fn judge(&self, model: &P, batch: Batch, _moment: Moment) -> Objective {
        let AnswerLosses { cross_entropy, error } = AnswerLosses::of(model.predict(batch.x), &batch.labels);
        Objective {
            total: error.clone() + cross_entropy.clone().mul_scalar(TIE_BREAK),
            terms: vec![Term::new("cross-entropy", cross_entropy)],
            readings: vec![Term::new("error", error)],
            seen: Seen::nothing(),
        }
    }
}

/// The goal of a regressor with one output: its squared error, averaged over the examples.
pub struct Regression {
    /// The noise in training.
    pub noise: Noise,
    /// The type of the numbers inside the model in training.
    pub precision: Precision,
    /// The number that each label stands for, by the label: `values[label]`.
    pub values: Vec<f32>,
}

impl Regression {
    fn squared_error(&self, outputs: Tensor<2>, labels: &[i64]) -> Tensor<1> {
        let values: Vec<f32> = labels.iter().map(|&label| self.values[label as usize]).collect();
        let [batch, _] = outputs.dims();
        let values = Tensor::<2>::from_data(TensorData::new(values, [batch, 1]), &outputs.device());
        let difference = outputs - values;
        (difference.clone() * difference).mean()
    }
}

impl<P: Predictor> Goal<P> for Regression {
    fn check(&self, model: &P, part: &'static str, source: &dyn Source) -> Result<(), TrainError> {
        check(model, part, source, self.values.len())
    }

    fn learn(&self, _round: &Round, model: &P, batch: Batch, moment: Moment) -> Objective {
        let outputs = self.noise.outputs(model, batch.x, self.precision, moment);
        Objective::of_one("squared-error", self.squared_error(outputs, &batch.labels))
    }

    fn judge(&self, model: &P, batch: Batch, _moment: Moment) -> Objective {
        Objective::of_one("squared-error", self.squared_error(model.predict(batch.x), &batch.labels))
    }
}

/// What the logits of a batch are worth, averaged over it, `[1]` each.
struct AnswerLosses {
    cross_entropy: Tensor<1>,
    /// The share of examples of which another class has as great a logit as the right one.
    error: Tensor<1>,
}

impl AnswerLosses {
    fn of(logits: Tensor<2>, labels: &[i64]) -> Self {
        let [batch, classes] = logits.dims();
        let mut right = vec![0.0; batch * classes];
        for (row, &label) in right.chunks_exact_mut(classes.max(1)).zip(labels) {
            row[label as usize] = 1.0;
        }
        let right = Tensor::<2>::from_data(TensorData::new(right, [batch, classes]), &logits.device());
        let cross_entropy =
            (activation::log_softmax(logits.clone(), 1) * right.clone()).sum_dim(1).mean().neg();
        let of_right = (logits.clone() * right).sum_dim(1);
        let at_least = logits.greater_equal(of_right.expand([batch, classes])).float().sum_dim(1);
        Self { cross_entropy, error: at_least.greater_elem(1.5).float().mean() }
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::Seed;
    use burn::tensor::Device;

    use super::*;

    /// AnswerLosses with its two hidden layers, one beside the other, of which both are its input.
    #[derive(burn::module::Module, Debug)]
    struct Layers {
        scale: burn::module::Param<Tensor<1>>,
    }

    impl Predictor for Layers {
        fn features(&self) -> usize {
            8
        }

        fn outputs(&self) -> usize {
            16
        }

        fn predict_through(
            &self,
            x: Tensor<2>,
            between: &mut dyn FnMut(Tensor<2>) -> Tensor<2>,
        ) -> Tensor<2> {
            Tensor::cat(vec![between(x.clone()), between(x)], 1)
        }
    }

    /// Zero where the random bits of the seed say so.
    struct Half;

    impl Corruption for Half {
        fn name(&self) -> &'static str {
            "half"
        }

        fn corrupt(&self, x: Tensor<2>, seed: Seed) -> Tensor<2> {
            let kept = (0..x.dims()[1] as u64).map(|unit| f32::from(seed.at(unit).value().is_multiple_of(2)));
            let kept: Vec<f32> = kept.collect();
            let kept = Tensor::<1>::from_data(kept.as_slice(), &x.device());
            x * kept.unsqueeze()
        }
    }

    #[test]
    fn hidden_noise_is_another_in_each_layer_and_absent_from_judging() {
        let device = Device::flex();
        let model = Layers { scale: burn::module::Param::from_tensor(Tensor::ones([1], &device)) };
        let moment = Moment::after_training(Seed::new(5));
        let noise = Noise { input: None, hidden: Some(Box::new(Half)) };
        let x = Tensor::ones([1, 8], &device);
        let outputs = noise.outputs(&model, x.clone(), Precision::F32, moment);
        let outputs: Vec<f32> = outputs.into_data().iter().collect();
        let (first, second) = outputs.split_at(8);
        assert!(first.contains(&0.0) && first.contains(&1.0), "{first:?}");
        assert_ne!(first, second);
        let batch = || Batch { x: x.clone(), known: None, labels: vec![0], epoch: 1, step: 1 };
        let goal = Classification { noise, precision: Precision::F32 };
        let of = |objective: Objective| objective.terms[0].value.clone().into_scalar::<f32>();
        // Sixteen equal logits.
        assert!((of(goal.judge(&model, batch(), moment)) - 16_f32.ln()).abs() < 1e-6);
        assert!((of(goal.learn(&Round::model(), &model, batch(), moment)) - 16_f32.ln()).abs() > 0.01);
    }

    #[test]
    fn cross_entropy_and_error_are_their_definitions_and_a_tie_is_wrong() {
        let logits =
            Tensor::from_data([[2.0, 1.0, 0.0], [0.0, 0.0, -1.0], [-3.0, 5.0, 4.0]], &Device::flex());
        let AnswerLosses { cross_entropy, error } = AnswerLosses::of(logits, &[0, 1, 2]);
        let of = |row: [f64; 3], right: usize| row.map(f64::exp).iter().sum::<f64>().ln() - row[right];
        let expected = (of([2.0, 1.0, 0.0], 0) + of([0.0, 0.0, -1.0], 1) + of([-3.0, 5.0, 4.0], 2)) / 3.0;
        assert!((f64::from(cross_entropy.into_scalar::<f32>()) - expected).abs() < 1e-6);
        assert!((error.into_scalar::<f32>() - 2.0 / 3.0).abs() < 1e-6);
    }
}
