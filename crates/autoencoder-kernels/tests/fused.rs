//! Fused operations against the composed ones: values and gradients, at odd sizes, with any number of threads.

use autoencoder_kernels::Pointwise;
use autoencoder_kernels::activation::{apply, composed as composed_activation};
use autoencoder_kernels::convolution::{Direction, Grid, composed as composed_convolution, convolution};
use autoencoder_kernels::linear::{Weight, composed as composed_linear, linear};
use autoencoder_kernels::losses::Fused;
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

fn values(count: usize, step: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * step + 0.3).sin()).collect()
}

/// Numbers in that shape, on an autodiff device, whose gradient is wanted.
fn tensor<const D: usize>(shape: [usize; D], step: f32) -> Tensor<D> {
    let data = TensorData::new(values(shape.iter().product(), step), shape);
    Tensor::from_data(data, &Device::flex().autodiff()).require_grad()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn assert_near(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_near_of(1e-6, what, ours, theirs);
}

/// The same for sums that may cancel, whose terms are of that size.
fn assert_near_of(least: f32, what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(least, |scale, value| scale.max(value.abs()));
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 2e-5 * scale, "{what}: {a} and {b}, scale {scale}");
    }
}

type Layer = fn(Tensor<2>, Tensor<2>, Tensor<1>, Weight, Pointwise) -> Tensor<2>;

/// The output of a layer and its three gradients, under a loss that weighs every output differently.
fn pass(layer: Layer, [batch, inputs, outputs]: [usize; 3], layout: Weight, s: Pointwise) -> [Vec<f32>; 4] {
    let x = tensor([batch, inputs], 0.7);
    let shape = if layout == Weight::Own { [inputs, outputs] } else { [outputs, inputs] };
    let (w, b) = (tensor(shape, 0.31), tensor([outputs], 1.3));
    let h = layer(x.clone(), w.clone(), b.clone(), layout, s);
    let weights = tensor([batch, outputs], 0.11).detach();
    let gradients = (h.clone() * weights).sum().backward();
    [
        numbers(h),
        x.grad(&gradients).map_or_else(Vec::new, numbers),
        w.grad(&gradients).map_or_else(Vec::new, numbers),
        b.grad(&gradients).map_or_else(Vec::new, numbers),
    ]
}

#[test]
fn layers_are_what_their_operations_compose_to() {
    for sizes in
        [[1, 1, 1], [7, 5, 3], [17, 33, 2], [64, 100, 130], [1000, 20, 17], [20, 784, 100], [3072, 20, 17]]
    {
        for layout in [Weight::Own, Weight::Tied] {
            for s in Pointwise::ALL {
                let (ours, theirs) =
                    (pass(linear, sizes, layout, s), pass(composed_linear, sizes, layout, s));
                for (part, (ours, theirs)) in ["h", "x", "w", "b"].iter().zip(ours.iter().zip(&theirs)) {
                    assert_near(&format!("{sizes:?} {layout:?} {s:?} {part}"), ours, theirs);
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn layers_of_any_size_are_what_their_operations_compose_to(
        batch in 1_usize..200,
        inputs in 1_usize..150,
        outputs in 1_usize..150,
        tied: bool,
        index in 0..Pointwise::ALL.len(),
    ) {
        let (sizes, s) = ([batch, inputs, outputs], Pointwise::ALL[index]);
        let layout = if tied { Weight::Tied } else { Weight::Own };
        let (ours, theirs) = (pass(linear, sizes, layout, s), pass(composed_linear, sizes, layout, s));
        for (ours, theirs) in ours.iter().zip(&theirs) {
            assert_near_of(1.0, "a layer", ours, theirs);
        }
    }
}

#[test]
fn layers_of_mostly_zeros_are_what_their_operations_compose_to() {
    for [batch, inputs, outputs] in [[40, 100, 330], [20, 784, 1000], [130, 64, 450]] {
        let pass = |layer: Layer| {
            // Every fourth row has no zeros, the others a value in seven.
            let is_kept = |at: usize| at.is_multiple_of(7) || (at / inputs).is_multiple_of(4);
            let kept = values(batch * inputs, 0.7).into_iter().enumerate();
            let kept = kept.map(|(at, value)| if is_kept(at) { value } else { 0.0 }).collect();
            let data = TensorData::new::<f32, _>(kept, [batch, inputs]);
            let x = Tensor::<2>::from_data(data, &Device::flex().autodiff());
            let (w, b) = (tensor([inputs, outputs], 0.31), tensor([outputs], 1.3));
            let h = layer(x, w.clone(), b, Weight::Own, Pointwise::Relu);
            let gradients = (h.clone() * tensor([batch, outputs], 0.11).detach()).sum().backward();
            [numbers(h), w.grad(&gradients).map_or_else(Vec::new, numbers)]
        };
        for (ours, theirs) in pass(linear).iter().zip(pass(composed_linear)) {
            assert_near_of(1.0, &format!("{batch} {inputs} {outputs}"), ours, &theirs);
        }
    }
}

#[test]
fn an_empty_batch_has_an_empty_output() {
    let device = Device::flex();
    let w = Tensor::<2>::zeros([3, 2], &device);
    let b = Tensor::<1>::zeros([2], &device);
    let h = linear(Tensor::zeros([0, 3], &device), w, b, Weight::Own, Pointwise::Gelu);
    assert_eq!(h.dims(), [0, 2]);
}

#[test]
fn inputs_that_are_no_rows_in_memory_are_read_in_their_order() {
    let device = Device::flex();
    let of = |shape: [usize; 2]| Tensor::<2>::from_data(TensorData::new(values(15, 0.7), shape), &device);
    let w = Tensor::<2>::from_data(TensorData::new(values(6, 0.3), [3, 2]), &device);
    let b = Tensor::<1>::zeros([2], &device);
    let copied = Tensor::<2>::from_data(of([3, 5]).transpose().into_data(), &device);
    let expected = linear(copied, w.clone(), b.clone(), Weight::Own, Pointwise::Tanh);
    let transposed = of([3, 5]).transpose();
    assert_eq!(
        numbers(linear(transposed, w.clone(), b.clone(), Weight::Own, Pointwise::Tanh)),
        numbers(expected)
    );
    let narrowed = of([5, 3]).narrow(0, 1, 2);
    let copied = Tensor::<2>::from_data(narrowed.to_data(), &device);
    assert_eq!(
        numbers(linear(narrowed, w.clone(), b.clone(), Weight::Own, Pointwise::Relu)),
        numbers(linear(copied, w, b, Weight::Own, Pointwise::Relu))
    );
}

#[test]
fn parameters_that_are_used_twice_get_both_gradients() {
    let gradient = |layer: Layer| {
        let (x, w) = (tensor([9, 6], 0.7), tensor([6, 4], 0.3));
        let (b, c) = (tensor([4], 0.9), tensor([6], 0.5));
        let h = layer(x.clone(), w.clone(), b, Weight::Own, Pointwise::Sigmoid);
        let y = layer(h, w.clone(), c, Weight::Tied, Pointwise::Identity);
        let gradients = Fused::SquaredError.mean(y, x.detach()).backward();
        numbers(w.grad(&gradients).expect("a gradient"))
    };
    assert_near("tied", &gradient(linear), &gradient(composed_linear));
}

#[test]
fn activations_are_what_their_operations_compose_to() {
    let of = |activation: fn(Tensor<2>, Pointwise) -> Tensor<2>, s| {
        let a = tensor([37, 41], 0.7).mul_scalar(6.0).detach().require_grad();
        let h = activation(a.clone(), s);
        let weights = tensor([37, 41], 0.11).detach();
        let gradients = (h.clone() * weights).sum().backward();
        [numbers(h), numbers(a.grad(&gradients).expect("a gradient"))]
    };
    for s in Pointwise::ALL {
        let (ours, theirs) = (of(apply::<2>, s), of(composed_activation::<2>, s));
        assert_near(&format!("{s:?}"), &ours[0], &theirs[0]);
        assert_near(&format!("{s:?}'s gradient"), &ours[1], &theirs[1]);
    }
}

/// A loss and its gradient, times an outer derivative of 3.
fn loss(
    fused: Fused,
    shape: [usize; 2],
    stretch: f32,
    by: fn(Fused, Tensor<2>, Tensor<2>) -> Tensor<1>,
) -> (f32, Vec<f32>) {
    let output = tensor(shape, 0.7).mul_scalar(stretch).detach().require_grad();
    let clean = tensor(shape, 0.2).detach().abs();
    let value = by(fused, output.clone(), clean);
    let gradients = value.clone().mul_scalar(3.0).backward();
    (value.into_scalar::<f32>(), numbers(output.grad(&gradients).expect("a gradient")))
}

#[test]
fn losses_are_what_their_operations_compose_to() {
    let composed = |fused: Fused, output, clean| fused.composed(output, clean).sum_dim(1).mean();
    for fused in Fused::ALL {
        for shape in [[1, 1], [7, 17], [3, 1000], [128, 784]] {
            for stretch in [1.0, 40.0] {
                let (ours, ours_gradient) = loss(fused, shape, stretch, Fused::mean);
                let (theirs, theirs_gradient) = loss(fused, shape, stretch, composed);
                assert!((ours - theirs).abs() <= 1e-5 * theirs.abs(), "{fused:?} {shape:?} {ours} {theirs}");
                assert_near(&format!("{fused:?} {shape:?}"), &ours_gradient, &theirs_gradient);
            }
        }
    }
}

#[test]
fn losses_agree_with_f64_and_let_no_nan_pass() {
    let device = Device::flex();
    let z = [1000.0_f32, -1000.0, 0.0, 1e-40, 2.5, -7.0];
    let x = [0.0_f32, 1.0, 0.5, 1.0, 0.2, 0.9];
    let of = |z: [f32; 6]| {
        let (z, x) = (Tensor::<2>::from_data([z], &device), Tensor::<2>::from_data([x], &device));
        Fused::Bernoulli.mean(z, x).into_scalar::<f32>()
    };
    let exact: f64 = z
        .iter()
        .zip(x)
        .map(|(&z, x)| {
            let z = f64::from(z);
            z.max(0.0) + (-z.abs()).exp().ln_1p() - f64::from(x) * z
        })
        .sum();
    assert!((f64::from(of(z)) - exact).abs() < 1e-6 * exact, "{} {exact}", of(z));
    assert!(of([f32::NAN, 0.0, 0.0, 0.0, 0.0, 0.0]).is_nan());
    let infinite = of([f32::INFINITY, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert!(!infinite.is_finite());
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            let layer = pass(linear, [200, 300, 150], Weight::Own, Pointwise::Gelu);
            let tied = pass(linear, [20, 400, 700], Weight::Tied, Pointwise::Sigmoid);
            let grid = Grid { stride: 2, padding: 1 };
            let image = convolve(convolution, [70, 3, 28, 28], [8, 3, 3, 3], grid, Direction::Forth);
            (layer, tied, image, loss(Fused::Bernoulli, [200, 784], 2.0, Fused::mean))
        })
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
}

type Convolution = fn(Tensor<4>, Tensor<4>, Tensor<1>, Grid, Direction) -> Tensor<4>;

/// The output of a convolution and its three gradients.
fn convolve(
    by: Convolution,
    x: [usize; 4],
    w: [usize; 4],
    grid: Grid,
    direction: Direction,
) -> [Vec<f32>; 4] {
    let outputs = if direction == Direction::Forth { w[0] } else { w[1] };
    let (x, w, b) = (tensor(x, 0.7), tensor(w, 0.31), tensor([outputs], 1.3));
    let y = by(x.clone(), w.clone(), b.clone(), grid, direction);
    let weights = tensor(y.dims(), 0.11).detach();
    let gradients = (y.clone() * weights).sum().backward();
    let of = |gradient: Option<Vec<f32>>| gradient.unwrap_or_default();
    [
        numbers(y),
        of(x.grad(&gradients).map(numbers)),
        of(w.grad(&gradients).map(numbers)),
        of(b.grad(&gradients).map(numbers)),
    ]
}

#[test]
fn convolutions_are_what_burn_makes_of_them() {
    for batch in [1, 7, 17] {
        for (channels, kernel, stride) in [([1, 4], 3, 2), ([3, 2], 3, 1), ([2, 5], 4, 2), ([2, 3], 5, 3)] {
            for (height, width) in [(7, 9), (8, 8), (5, 12)] {
                let grid = Grid { stride, padding: (kernel - 1) / 2 };
                let [inputs, outputs] = channels;
                let x = [batch, inputs, height, width];
                let forth = [outputs, inputs, kernel, kernel];
                let back = [inputs, outputs, kernel, kernel];
                for (w, direction) in [
                    (forth, Direction::Forth),
                    (back, Direction::Back([0, 0])),
                    (back, Direction::Back([stride - 1, stride - 1])),
                ] {
                    let what = format!("{x:?} {w:?} {grid:?} {direction:?}");
                    let ours = convolve(convolution, x, w, grid, direction);
                    let theirs = convolve(composed_convolution, x, w, grid, direction);
                    for (ours, theirs) in ours.iter().zip(&theirs) {
                        assert_near_of(4.0, &what, ours, theirs);
                    }
                }
            }
        }
    }
}
