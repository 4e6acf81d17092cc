//! Adam (Kingma and Ba 2015, algorithm 1) and AdamW (Loshchilov and Hutter 2019, algorithm 2).
//!
//! With gradient `g` at step `t`: `m = β1 m + (1 - β1) g`, `v = β2 v + (1 - β2) g²`,
//! `p = p - α m^ / (sqrt(v^) + ε)`, where `m^ = m / (1 - β1^t)` and `v^ = v / (1 - β2^t)`.

use burn::optim::{LearningRate, Optimizer, RecordState};
use burn::tensor::{Device, Tensor};

use super::slices::Slices;
use crate::simd::vectorised;

/// Adam; weight decay is added to the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adam {
    /// `β1`, in `[0, 1)`.
    pub beta_1: f32,
    /// `β2`, in `[0, 1)`.
    pub beta_2: f32,
    /// `ε`, added after the bias correction, as in PyTorch.
    pub epsilon: f32,
    /// `λ` of `g + λ p`.
    pub weight_decay: f32,
}

impl Default for Adam {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

/// AdamW; weight decay shrinks the parameters, whatever the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    /// `β1`, in `[0, 1)`.
    pub beta_1: f32,
    /// `β2`, in `[0, 1)`.
    pub beta_2: f32,
    /// `ε`, added after the bias correction, as in PyTorch.
    pub epsilon: f32,
    /// `λ` of `p (1 - α λ)`.
    pub weight_decay: f32,
}

impl Default for AdamW {
    fn default() -> Self {
        Self { beta_1: 0.9, beta_2: 0.999, epsilon: 1e-8, weight_decay: 0.01 }
    }
}

/// The moments of one parameter.
#[derive(Clone, Debug, RecordState)]
pub struct AdamState<const D: usize> {
    /// Steps taken.
    pub time: usize,
    /// `m`, of the parameter's shape.
    pub moment_1: Tensor<D>,
    /// `v`, of the parameter's shape.
    pub moment_2: Tensor<D>,
}

/// The numbers of one step, ready to be applied to every element.
#[derive(Clone, Copy)]
struct AdamStep {
    beta_1: f32,
    beta_2: f32,
    epsilon: f32,
    /// Added to the gradient, times the parameter.
    coupled: f32,
    /// What the parameter is multiplied by.
    shrink: f32,
    /// `α / (1 - β1^t)`.
    rate: f32,
    /// `1 / sqrt(1 - β2^t)`.
    correction: f32,
}

impl AdamStep {
    fn new(lr: LearningRate, adam: Adam, decoupled: f32, time: usize) -> Self {
        let Adam { beta_1, beta_2, epsilon, weight_decay } = adam;
        // In f64: 1 - β2^t is small at first and would lose its digits.
        let bias = |beta: f32| 1.0 - f64::from(beta).powf(time as f64);
        Self {
            beta_1,
            beta_2,
            epsilon,
            coupled: weight_decay,
            shrink: (1.0 - lr * f64::from(decoupled)) as f32,
            rate: (lr / bias(beta_1)) as f32,
            correction: (1.0 / bias(beta_2).sqrt()) as f32,
        }
    }

    fn slices(self, [p, m, v]: [&mut [f32]; 3], g: &[f32]) {
        let Self { beta_1, beta_2, epsilon, coupled, shrink, rate, correction } = self;
        vectorised(
            #[inline(always)]
            || {
                for (((p, m), v), &g) in p.iter_mut().zip(m.iter_mut()).zip(v.iter_mut()).zip(g) {
                    let g = g + coupled * *p;
                    *m = beta_1 * *m + (1.0 - beta_1) * g;
                    *v = beta_2 * *v + (1.0 - beta_2) * (g * g);
                    *p = shrink * *p - rate * *m / (v.sqrt() * correction + epsilon);
                }
            },
        );
    }

    fn composed<const D: usize>(self, [p, m, v]: [Tensor<D>; 3], g: Tensor<D>) -> [Tensor<D>; 3] {
        let Self { beta_1, beta_2, epsilon, coupled, shrink, rate, correction } = self;
        let g = if coupled == 0.0 { g } else { g + p.clone().mul_scalar(coupled) };
        let m = m.mul_scalar(beta_1) + g.clone().mul_scalar(1.0 - beta_1);
        let v = v.mul_scalar(beta_2) + g.square().mul_scalar(1.0 - beta_2);
        let denominator = v.clone().sqrt().mul_scalar(correction).add_scalar(epsilon);
        [p.mul_scalar(shrink) - m.clone().mul_scalar(rate) / denominator, m, v]
    }
}

/// Adam, and by how much parameters shrink whatever the gradient.
struct Rule {
    adam: Adam,
    decoupled: f32,
}

impl Rule {
    fn step<const D: usize>(
        self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<AdamState<D>>,
    ) -> (Tensor<D>, Option<AdamState<D>>) {
        let AdamState { time, moment_1, moment_2 } = state.unwrap_or_else(|| AdamState {
            time: 0,
            moment_1: tensor.zeros_like(),
            moment_2: tensor.zeros_like(),
        });
        let time = time + 1;
        let step = AdamStep::new(lr, self.adam, self.decoupled, time);
        let changed = [tensor, moment_1, moment_2];
        let [tensor, moment_1, moment_2] = match Slices::of(changed, grad) {
            Ok(slices) => slices.update(|changed, grad| step.slices(changed, grad)),
            Err((changed, grad)) => step.composed(changed, grad),
        };
        (tensor, Some(AdamState { time, moment_1, moment_2 }))
    }
}

fn to_device<const D: usize>(state: AdamState<D>, device: &Device) -> AdamState<D> {
    AdamState {
        time: state.time,
        moment_1: state.moment_1.to_device(device),
        moment_2: state.moment_2.to_device(device),
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        Rule { adam: *self, decoupled: 0.0 }.step(lr, tensor, grad, state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        to_device(state, device)
    }
}

impl Optimizer for AdamW {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let Self { beta_1, beta_2, epsilon, weight_decay } = *self;
        let adam = Adam { beta_1, beta_2, epsilon, weight_decay: 0.0 };
        Rule { adam, decoupled: weight_decay }.step(lr, tensor, grad, state)
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        to_device(state, device)
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::TensorData;

    use super::*;

    const RATE: f64 = 0.01;
    /// So large that leaving it out, or adding it before the bias correction, changes the result.
    const EPSILON: f64 = 0.1;

    fn gradient(size: usize, time: usize) -> Vec<f32> {
        (0..size).map(|i| ((i * 37 + time * 11) as f32 * 0.37).sin()).collect()
    }

    fn tensor(values: &[f32]) -> Tensor<1> {
        Tensor::from_data(TensorData::new(values.to_vec(), [values.len()]), &Device::flex())
    }

    fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
        tensor.to_data().iter::<f32>().collect()
    }

    /// The algorithm in f64, one element at a time.
    fn by_hand(start: f64, gradients: &[f64], coupled: f64, decoupled: f64) -> f64 {
        let (mut p, mut m, mut v) = (start, 0.0, 0.0);
        for (index, g) in gradients.iter().enumerate() {
            let time = index as i32 + 1;
            let g = g + coupled * p;
            m = 0.9 * m + 0.1 * g;
            v = 0.999 * v + 0.001 * g * g;
            let (m_hat, v_hat) = (m / (1.0 - 0.9_f64.powi(time)), v / (1.0 - 0.999_f64.powi(time)));
            p = p * (1.0 - RATE * decoupled) - RATE * m_hat / (v_hat.sqrt() + EPSILON);
        }
        p
    }

    fn train<O: Optimizer<State<1> = AdamState<1>>>(optimiser: &O, size: usize) -> Tensor<1> {
        let mut parameter = tensor(&vec![0.5; size]);
        let mut state = None;
        for time in 0..20 {
            (parameter, state) = optimiser.step(RATE, parameter, tensor(&gradient(size, time)), state);
        }
        parameter
    }

    #[test]
    fn twenty_steps_agree_with_the_algorithm_in_f64() {
        let epsilon = EPSILON as f32;
        let adam = Adam { weight_decay: 0.1, epsilon, ..Adam::default() };
        let adamw = AdamW { weight_decay: 0.1, epsilon, ..AdamW::default() };
        for size in [1, 7, 17, 1000, 3 * (1 << 15) + 5] {
            let (coupled, decoupled) = (values(&train(&adam, size)), values(&train(&adamw, size)));
            for element in [0, size / 2, size - 1] {
                let gradients: Vec<f64> =
                    (0..20).map(|time| f64::from(gradient(size, time)[element])).collect();
                let close = |ours: f32, expected: f64| {
                    assert!((f64::from(ours) - expected).abs() < 1e-5, "{size} {ours} {expected}")
                };
                close(coupled[element], by_hand(0.5, &gradients, 0.1, 0.0));
                close(decoupled[element], by_hand(0.5, &gradients, 0.0, 0.1));
            }
        }
    }

    #[test]
    fn the_fused_pass_agrees_with_composed_operations() {
        let step = AdamStep::new(RATE, Adam { weight_decay: 0.1, ..Adam::default() }, 0.2, 3);
        let state = || [0.3, -0.1, 0.2].map(|value| tensor(&vec![value; 1001]).abs());
        let grad = tensor(&gradient(1001, 1));
        let composed = step.composed(state(), grad.clone());
        let Ok(slices) = Slices::of(state(), grad) else { panic!("the tensors are on the CPU backend") };
        let fused: [Tensor<1>; 3] = slices.update(|changed, grad| step.slices(changed, grad));
        for (fused, composed) in fused.iter().zip(&composed) {
            let pairs = values(fused).into_iter().zip(values(composed));
            assert!(pairs.into_iter().all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs().max(1e-3)));
        }
    }

    #[test]
    fn a_transposed_gradient_is_read_in_its_own_order() {
        let grad = Tensor::<2>::from_data([[1.0, -2.0, 3.0], [4.0, 5.0, -6.0]], &Device::flex());
        let parameter = Tensor::<2>::zeros([3, 2], &Device::flex());
        let (transposed, _) = Adam::default().step(RATE, parameter.clone(), grad.clone().transpose(), None);
        let copied = Tensor::<2>::from_data(grad.transpose().into_data(), &Device::flex());
        let (expected, _) = Adam::default().step(RATE, parameter.clone(), copied, None);
        assert_eq!(values(&transposed), values(&expected));
        // What the parameter was before is still there for whoever holds it.
        assert!(values(&parameter).iter().all(|&value| value == 0.0));
    }

    #[test]
    fn zero_gradients_change_nothing_and_make_no_nan() {
        let (parameter, _) = Adam::default().step(RATE, tensor(&[0.5, -0.5]), tensor(&[0.0, 0.0]), None);
        assert_eq!(values(&parameter), [0.5, -0.5]);
    }

    #[test]
    fn the_number_of_threads_does_not_change_a_bit() {
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
            pool.install(|| values(&train(&AdamW::default(), 5 * (1 << 15) + 3)))
        };
        assert_eq!(with(1), with(2));
        assert_eq!(with(1), with(4));
    }
}
