//! The fused terms of penalties against the composed ones, against f64 and with any number of threads.

use autoencoder_kernels::{contraction, sparsity};
use burn::tensor::{Device, Tensor, TensorData};
use proptest::prelude::*;

fn values(count: usize, step: f32) -> Vec<f32> {
    (0..count).map(|i| (i as f32 * step + 0.3).sin()).collect()
}

fn tensor(shape: [usize; 2], step: f32) -> Tensor<2> {
    let data = TensorData::new(values(shape[0] * shape[1], step), shape);
    Tensor::from_data(data, &Device::flex().autodiff()).require_grad()
}

fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().iter::<f32>().collect()
}

fn assert_near(what: &str, ours: &[f32], theirs: &[f32]) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    let scale = theirs.iter().fold(1e-6_f32, |scale, value| scale.max(value.abs()));
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 2e-5 * scale, "{what}: {a} and {b}, scale {scale}");
    }
}

type Norms = fn(Tensor<2>, Tensor<2>) -> Tensor<1>;

/// The norms of a layer and their gradients, under a loss that weighs every example differently.
fn norms(by: Norms, [batch, inputs, outputs]: [usize; 3]) -> [Vec<f32>; 3] {
    let (slope, w) = (tensor([batch, outputs], 0.7), tensor([inputs, outputs], 0.31));
    let norms = by(slope.clone(), w.clone());
    let weights = Tensor::<1>::from_data(TensorData::new(values(batch, 0.11), [batch]), &slope.device());
    let gradients = (norms.clone() * weights).sum().backward();
    [
        numbers(norms),
        numbers(slope.grad(&gradients).expect("a gradient")),
        numbers(w.grad(&gradients).expect("a gradient")),
    ]
}

type Sum = fn(Tensor<2>) -> Tensor<1>;

/// The sum of magnitudes and its gradient, times an outer derivative of 3.
fn l1(by: Sum, shape: [usize; 2]) -> [Vec<f32>; 2] {
    let h = tensor(shape, 0.7);
    let sum = by(h.clone());
    let gradients = sum.clone().mul_scalar(3.0).backward();
    [numbers(sum), numbers(h.grad(&gradients).expect("a gradient"))]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn terms_are_what_their_operations_compose_to(
        batch in prop::sample::select(vec![1_usize, 7, 17, 1000]),
        inputs in 1_usize..200,
        outputs in 1_usize..200,
    ) {
        let sizes = [batch, inputs, outputs];
        let (ours, theirs) = (norms(contraction::squared_jacobian, sizes), norms(contraction::composed, sizes));
        for (part, (ours, theirs)) in ["norms", "slope", "w"].iter().zip(ours.iter().zip(&theirs)) {
            assert_near(&format!("{sizes:?} {part}"), ours, theirs);
        }
        let shape = [batch, outputs];
        let (ours, theirs) = (l1(sparsity::l1, shape), l1(sparsity::composed, shape));
        assert_near(&format!("{shape:?} l1"), &ours[0], &theirs[0]);
        assert_near(&format!("{shape:?} gradient"), &ours[1], &theirs[1]);
    }
}

#[test]
fn norms_agree_with_f64() {
    let [batch, inputs, outputs] = [3, 700, 50];
    let [ours, ..] = norms(contraction::squared_jacobian, [batch, inputs, outputs]);
    let (slope, w) = (values(batch * outputs, 0.7), values(inputs * outputs, 0.31));
    for (row, ours) in slope.chunks(outputs).zip(ours) {
        let of = |k: usize| -> f64 {
            let column: f64 = (0..inputs).map(|j| f64::from(w[j * outputs + k]).powi(2)).sum();
            f64::from(row[k]).powi(2) * column
        };
        let exact: f64 = (0..outputs).map(of).sum();
        assert!((f64::from(ours) - exact).abs() < 1e-6 * exact, "{ours} {exact}");
    }
}

#[test]
fn magnitudes_agree_with_f64_and_zeros_have_no_slope() {
    let device = Device::flex().autodiff();
    let h = [[0.0_f32, -0.0, 1e-40, -2.5], [f32::MIN_POSITIVE, 3.0, -1e30, 0.0]];
    let h = Tensor::<2>::from_data(h, &device).require_grad();
    let sum = sparsity::l1(h.clone());
    let gradient = numbers(h.grad(&sum.clone().backward()).expect("a gradient"));
    assert_eq!(gradient, [0.0, 0.0, 0.5, -0.5, 0.5, 0.5, -0.5, 0.0]);
    assert_eq!(numbers(sum), [((1e30_f32 as f64 + 5.5) / 2.0) as f32]);
    let nan = Tensor::<2>::from_data([[1.0, f32::NAN]], &Device::flex());
    assert!(sparsity::l1(nan).into_scalar::<f32>().is_nan());
}

#[test]
fn an_empty_batch_has_no_magnitude_and_no_norm() {
    let device = Device::flex();
    assert_eq!(numbers(sparsity::l1(Tensor::zeros([0, 5], &device))), [0.0]);
    let norms = contraction::squared_jacobian(Tensor::zeros([0, 5], &device), Tensor::ones([3, 5], &device));
    assert_eq!(norms.dims(), [0]);
}

#[test]
fn what_is_no_row_in_memory_is_read_in_its_order() {
    let of = |by: Norms| {
        let (slope, w) = (tensor([40, 30], 0.7), tensor([40, 60], 0.31));
        let norms = by(slope.clone().transpose(), w.clone().transpose().narrow(0, 3, 50));
        let gradients = norms.clone().sum().backward();
        [
            numbers(norms),
            numbers(slope.grad(&gradients).expect("a gradient")),
            numbers(w.grad(&gradients).expect("a gradient")),
        ]
    };
    let (ours, theirs) = (of(contraction::squared_jacobian), of(contraction::composed));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_near("transposed", ours, theirs);
    }
}

#[test]
fn the_number_of_threads_does_not_change_a_bit() {
    let with = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| {
            (norms(contraction::squared_jacobian, [100, 784, 300]), l1(sparsity::l1, [256, 1100]))
        })
    };
    let one = with(1);
    assert_eq!(one, with(2));
    assert_eq!(one, with(4));
}
