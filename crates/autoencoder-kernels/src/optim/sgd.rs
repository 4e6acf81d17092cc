//! Stochastic gradient descent with momentum (Sutskever et al. 2013, in PyTorch's form).
//!
//! With gradient `g`: `u = μ u + g`, `p = p - α u`; with Nesterov's momentum `p = p - α (g + μ u)`.

use burn::optim::{LearningRate, Optimizer, RecordState};
use burn::tensor::{Device, Tensor};

use super::slices::Slices;
use crate::simd::vectorised;

/// Stochastic gradient descent.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Sgd {
    /// `μ`, in `[0, 1)`; 0 is plain gradient descent.
    pub momentum: f32,
    /// Whether the step looks ahead.
    pub nesterov: bool,
    /// `λ` of `g + λ p`.
    pub weight_decay: f32,
}

/// The momentum of one parameter.
#[derive(Clone, Debug, RecordState)]
pub struct SgdState<const D: usize> {
    /// `u`, of the parameter's shape.
    pub velocity: Tensor<D>,
}

impl Sgd {
    fn slices(self, rate: f32, [p, u]: [&mut [f32]; 2], g: &[f32]) {
        let Self { momentum, nesterov, weight_decay } = self;
        // The step is a g + b u: one loop for both kinds of momentum.
        let (a, b) = if nesterov { (1.0, momentum) } else { (0.0, 1.0) };
        vectorised(
            #[inline(always)]
            || {
                for ((p, u), &g) in p.iter_mut().zip(u.iter_mut()).zip(g) {
                    let g = g + weight_decay * *p;
                    *u = momentum * *u + g;
                    *p -= rate * (a * g + b * *u);
                }
            },
        );
    }

    fn composed<const D: usize>(self, rate: f32, [p, u]: [Tensor<D>; 2], g: Tensor<D>) -> [Tensor<D>; 2] {
        let Self { momentum, nesterov, weight_decay } = self;
        let g = g + p.clone().mul_scalar(weight_decay);
        let u = u.mul_scalar(momentum) + g.clone();
        let step = if nesterov { g + u.clone().mul_scalar(momentum) } else { u.clone() };
        [p - step.mul_scalar(rate), u]
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let velocity = state.map_or_else(|| tensor.zeros_like(), |state| state.velocity);
        let rate = lr as f32;
        let changed = [tensor, velocity];
        let [tensor, velocity] = match Slices::of(changed, grad) {
            Ok(slices) => slices.update(|changed, grad| self.slices(rate, changed, grad)),
            Err((changed, grad)) => self.composed(rate, changed, grad),
        };
        (tensor, Some(SgdState { velocity }))
    }

    fn to_device<const D: usize>(state: Self::State<D>, device: &Device) -> Self::State<D> {
        SgdState { velocity: state.velocity.to_device(device) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_steps_agree_with_the_algorithm_by_hand() {
        for (momentum, nesterov) in [(0.0, false), (0.9, false), (0.9, true)] {
            let optimiser = Sgd { momentum, nesterov, weight_decay: 0.1 };
            let mut parameter = Tensor::<1>::from_data([0.5, -1.0], &Device::flex());
            let (mut state, mut composed) = (None, [parameter.clone(), parameter.zeros_like()]);
            let (mut p, mut u) = (0.5_f64, 0.0_f64);
            for g in [1.0_f32, -0.5, 2.0] {
                let grad = Tensor::<1>::from_data([g, 0.0], &Device::flex());
                (parameter, state) = optimiser.step(0.1, parameter, grad.clone(), state);
                composed = optimiser.composed(0.1, composed, grad);
                let g = f64::from(g) + 0.1 * p;
                u = f64::from(momentum) * u + g;
                p -= 0.1 * if nesterov { g + f64::from(momentum) * u } else { u };
            }
            let fused: Vec<f32> = parameter.into_data().iter().collect();
            let composed: Vec<f32> = composed[0].to_data().iter().collect();
            assert!((f64::from(fused[0]) - p).abs() < 1e-6, "{momentum} {nesterov} {fused:?} {p}");
            assert!(fused.iter().zip(&composed).all(|(a, b)| (a - b).abs() < 1e-6));
        }
    }
}
