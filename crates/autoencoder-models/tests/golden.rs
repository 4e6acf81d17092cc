//! Agreement with PyTorch and scikit-learn, to 1e-5 of the largest entry. The files are made by
//! `cargo xtask golden`.

use std::collections::BTreeMap;

use autoencoder_core::testing::Rows;
use autoencoder_core::{
    Autoencoder, Bernoulli, Categorical, ExampleShape, Facts, Loss, Pass, Seed, SquaredError,
};
use autoencoder_models::safetensors::{load, save};
use autoencoder_models::{Dense, DenseConfig, Pca};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

const TOLERANCE: f32 = 1e-5;
const LOSSES: [Loss; 3] = [
    Loss::SquaredError(SquaredError { output: autoencoder_core::OutputActivation::Identity }),
    Loss::Bernoulli(Bernoulli {}),
    Loss::Categorical(Categorical {}),
];

#[derive(serde::Deserialize)]
struct Cases {
    cases: BTreeMap<String, DenseConfig>,
}

struct Golden(SafeTensors<'static>);

impl Golden {
    fn read() -> Self {
        let bytes = include_bytes!("golden/golden.safetensors");
        Self(SafeTensors::deserialize(bytes).expect("made by cargo xtask golden"))
    }

    fn values(&self, name: &str) -> Vec<f32> {
        floats(self.0.tensor(name).expect(name).data())
    }

    /// The parameters of a case as a file of weights.
    fn parameters(&self, case: &str) -> Vec<u8> {
        let prefix = format!("{case}/parameter/");
        let views = self.0.iter().filter_map(|(name, view)| {
            let view = TensorView::new(Dtype::F32, view.shape().to_vec(), view.data()).expect("f32");
            Some((name.strip_prefix(&prefix)?.to_owned(), view))
        });
        serialize(views.collect::<Vec<_>>(), None).expect("written")
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect()
}

fn assert_agree(what: &str, ours: &[f32], golden: &[f32]) {
    assert_eq!(ours.len(), golden.len(), "{what}");
    let scale = golden.iter().fold(f32::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
    let apart = ours.iter().zip(golden).fold(0.0_f32, |apart, (a, b)| apart.max((a - b).abs()));
    assert!(apart <= TOLERANCE * scale, "{what}: apart by {apart} of {scale}");
}

fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.to_data().iter::<f32>().collect()
}

/// Puts the gradient of each parameter in its place, so that gradients have names.
struct GradientsOf<'a>(&'a Gradients);

impl ModuleMapper for GradientsOf<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| {
            let gradient = tensor.grad(self.0).expect("every parameter has a gradient");
            Tensor::from_data(gradient.into_data(), &tensor.device())
        })
    }
}

fn gradients(model: &Dense, loss: Tensor<1>) -> BTreeMap<String, Vec<f32>> {
    let named = model.clone().map(&mut GradientsOf(&loss.backward()));
    let bytes = save(&named).expect("written");
    let file = SafeTensors::deserialize(&bytes).expect("readable");
    file.iter().map(|(name, view)| (name.to_owned(), floats(view.data()))).collect()
}

#[test]
fn dense_models_their_losses_and_gradients_agree_with_pytorch() {
    let golden = Golden::read();
    let Cases { cases } = serde_json::from_str(include_str!("golden/golden.json")).expect("the cases");
    let device = Device::flex().autodiff();
    assert!(cases.len() >= 8);
    for (case, config) in cases {
        let of = |name: &str| golden.values(&format!("{case}/{name}"));
        let x = of("x");
        let features = ExampleShape::Flat(6);
        let x = Tensor::<2>::from_data(TensorData::new(x.clone(), [x.len() / 6, 6]), &device);
        let model = config.init(features, Seed::new(0), &device).expect("valid widths");
        let model = load(model, &golden.parameters(&case)).expect("the same names and shapes").train();
        let code = model.encode(x.clone());
        let output = model.decode(code.h.clone());
        assert_agree(&format!("{case} code"), &values(&code.h), &of("code"));
        assert_agree(&format!("{case} output"), &values(&output), &of("output"));
        let pass = Pass { clean: x.clone(), input: x.clone(), code, output };
        if let Some(norm) = model.squared_jacobian(&pass) {
            assert_agree(&format!("{case} Jacobian"), &values(&norm), &of("squared_jacobian"));
        }
        for loss in LOSSES {
            // A backward pass consumes its graph, so each loss has a forward pass of its own.
            let value = loss.mean(model.decode(model.encode(x.clone()).h), x.clone());
            assert_agree(
                &format!("{case} {}", loss.name()),
                &values(&value),
                &of(&format!("loss/{}", loss.name())),
            );
            for (name, gradient) in gradients(&model, value) {
                let what = format!("gradient/{}/{name}", loss.name());
                assert_agree(&format!("{case} {what}"), &gradient, &of(&what));
            }
        }
    }
}

#[test]
fn pca_agrees_with_scikit_learn() {
    let golden = Golden::read();
    let rows = Rows::new(6, golden.values("pca/x"));
    let pca = Pca::fit(&rows, 3).expect("three components");
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
    assert_agree("variance", &narrow(pca.explained_variance()), &golden.values("pca/explained_variance"));
    assert_agree(
        "ratio",
        &narrow(pca.explained_variance_ratio()),
        &golden.values("pca/explained_variance_ratio"),
    );
    let error = pca.squared_error_per_example(&rows).expect("an error");
    assert_agree("error", &[error as f32], &golden.values("pca/squared_error_per_example"));
    for (k, expected) in golden.values("pca/components").chunks_exact(6).enumerate() {
        let component: Vec<f32> = (0..6).map(|j| pca.component(k, j) as f32).collect();
        // A component's sign is free; ours makes its greatest entry positive.
        let greatest =
            expected.iter().fold(0.0_f32, |best, &value| if value.abs() > best.abs() { value } else { best });
        let expected: Vec<f32> = expected.iter().map(|value| value * greatest.signum()).collect();
        assert_agree("component", &component, &expected);
    }
}
