//! Agreement with PyTorch and scikit-learn, to 1e-5 of the largest entry. The files are made by
//! `cargo xtask golden`.

use std::collections::BTreeMap;
use std::sync::Arc;

use autoencoder_core::testing::{Rows, pass_of_code};
use autoencoder_core::{
    Autoencoder, Bernoulli, Categorical, ExampleShape, Facts, GaussianNoise, Loss, OutputActivation, Pass,
    Seed, Source, SquaredError,
};
use autoencoder_models::safetensors::{load, save};
use autoencoder_models::{Model, ModelConfig, Pca};
use burn::module::{Module, ModuleMapper, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use safetensors::{Dtype, SafeTensors, serialize, tensor::TensorView};

const TOLERANCE: f32 = 1e-5;
const LOSSES: [Loss; 4] = [
    Loss::SquaredError(SquaredError { output: OutputActivation::Identity }),
    Loss::Gaussian(GaussianNoise { sigma: 0.5, output: OutputActivation::Identity }),
    Loss::Bernoulli(Bernoulli {}),
    Loss::Categorical(Categorical {}),
];

#[derive(serde::Deserialize)]
struct Cases {
    cases: BTreeMap<String, Case>,
}

#[derive(serde::Deserialize)]
struct Case {
    shape: Vec<usize>,
    model: ModelConfig,
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

    fn rows(&self, name: &str, features: usize, device: &Device) -> Tensor<2> {
        let values = self.values(name);
        let rows = values.len() / features;
        Tensor::from_data(TensorData::new(values, [rows, features]), device)
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

/// Puts the gradient of each parameter in its place, so that gradients have names. What an objective does
/// not depend on has the gradient zero.
struct GradientsOf<'a>(&'a Gradients);

impl ModuleMapper for GradientsOf<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        param.map(|tensor| match tensor.grad(self.0) {
            Some(gradient) => Tensor::from_data(gradient.into_data(), &tensor.device()),
            None => tensor.zeros_like(),
        })
    }
}

fn gradients(model: &Model, loss: &Tensor<1>) -> BTreeMap<String, Vec<f32>> {
    let named = model.clone().map(&mut GradientsOf(&loss.backward()));
    let bytes = save(&named).expect("written");
    let file = SafeTensors::deserialize(&bytes).expect("readable");
    file.iter().map(|(name, view)| (name.to_owned(), floats(view.data()))).collect()
}

/// A model with PyTorch's parameters, and what PyTorch makes of it.
struct Checked<'a> {
    case: &'a str,
    golden: &'a Golden,
    model: Model,
    x: Tensor<2>,
}

impl<'a> Checked<'a> {
    fn new(case: &'a str, Case { shape, model }: &Case, golden: &'a Golden, device: &Device) -> Self {
        let device = device.clone().autodiff();
        let shape = match shape[..] {
            [features] => ExampleShape::Flat(features),
            [channels, height, width] => ExampleShape::Image { channels, height, width },
            _ => panic!("no such shape"),
        };
        let model = model.init(shape, Seed::new(0), &device).expect("a model");
        let model = load(model, &golden.parameters(case)).expect("the same names and shapes").train();
        let x = golden.rows(&format!("{case}/x"), shape.features(), &device);
        Self { case, golden, model, x }
    }

    fn agrees(&self, what: &str, ours: &[f32]) {
        assert_agree(
            &format!("{} {what}", self.case),
            ours,
            &self.golden.values(&format!("{}/{what}", self.case)),
        );
    }

    /// The value of an objective and its gradients. A backward pass consumes its graph, so each objective has
    /// a forward pass of its own.
    fn objective_agrees(&self, name: &str, value: &Tensor<1>) {
        self.agrees(&format!("loss/{name}"), &values(value));
        for (parameter, gradient) in gradients(&self.model, value) {
            self.agrees(&format!("gradient/{name}/{parameter}"), &gradient);
        }
    }

    /// `||dh/dx||_F²` of each example as the sum of `||(dh/dx) e_j||²` over the unit vectors: for encoders of
    /// any depth.
    fn squared_jacobian_by_directions(&self) -> Vec<f32> {
        let [rows, features] = self.x.dims();
        let direction = |j: usize| {
            let values =
                (0..rows * features).map(|i| if i % features == j { 1.0_f32 } else { 0.0 }).collect();
            Tensor::from_data(TensorData::new(values, [rows, features]), &self.x.device())
        };
        let norms = (0..features).map(|j| {
            let change = self.model.directional_derivative(self.x.clone(), direction(j)).expect("known");
            (change.clone() * change).sum_dim(1)
        });
        values(&norms.reduce(|sum, norm| sum + norm).expect("features"))
    }

    fn pass(&self) -> Pass {
        let code = self.model.encode(self.x.clone());
        Pass { output: self.model.decode(code.h.clone()), code, ..pass_of_code(self.x.clone()) }
    }
}

/// Every CPU backend of this build: the fused operations of one, the composed ones of the other.
fn devices() -> Vec<Device> {
    ["flex", "ndarray"].into_iter().filter_map(|name| autoencoder_core::device::by_name(name).ok()).collect()
}

#[test]
fn models_their_losses_and_gradients_agree_with_pytorch() {
    let golden = Golden::read();
    let Cases { cases } = serde_json::from_str(include_str!("golden/golden.json")).expect("the cases");
    assert!(cases.len() >= 15);
    for (device, (case, config)) in
        devices().iter().flat_map(|device| cases.iter().map(move |case| (device, case)))
    {
        let checked = Checked::new(case, config, &golden, device);
        let pass = checked.pass();
        checked.agrees("code", &values(&pass.code.h));
        checked.agrees("output", &values(&pass.output));
        for loss in LOSSES {
            checked.objective_agrees(loss.name(), &loss.mean(checked.pass().output, checked.x.clone()));
        }
        let v = golden.rows(&format!("{case}/v"), checked.x.dims()[1], &checked.x.device());
        let tangent =
            checked.model.directional_derivative(checked.x.clone(), v).expect("known of every model");
        checked.agrees("tangent", &values(&tangent));
        checked.objective_agrees("directional", &(tangent.clone() * tangent).sum_dim(1).mean());
        checked.agrees("squared_jacobian", &checked.squared_jacobian_by_directions());
        if let Some(norms) = checked.model.squared_jacobian(&pass) {
            checked.agrees("squared_jacobian", &values(&norms));
            checked.objective_agrees("contractive", &norms.mean());
        }
        for term in checked.model.own_terms(&checked.pass()) {
            checked.objective_agrees(&term.name, &term.value);
        }
    }
}

#[test]
fn pca_agrees_with_scikit_learn() {
    let golden = Golden::read();
    let rows: Arc<dyn Source> = Arc::new(Rows::new(6, golden.values("pca/x")));
    let pca = Pca::fit(&rows, 3).expect("three components");
    let narrow = |values: &[f64]| values.iter().map(|&value| value as f32).collect::<Vec<_>>();
    assert_agree("variance", &narrow(pca.explained_variance()), &golden.values("pca/explained_variance"));
    assert_agree(
        "ratio",
        &narrow(pca.explained_variance_ratio()),
        &golden.values("pca/explained_variance_ratio"),
    );
    let error = pca.squared_error_per_example(rows.as_ref()).expect("an error");
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
