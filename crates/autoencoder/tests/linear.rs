//! A linear autoencoder with squared error meets PCA (Baldi and Hornik 1989).

use std::sync::Arc;

use autoencoder::core::{ExampleShape, Facts as _, Loss, Seed, Source, device, standard_normal};
use autoencoder::datasets::Matrix;
use autoencoder::models::{Activation, DenseConfig, Pca};
use autoencoder::train::{
    AdamConfig, CosineDecay, Fit, ObjectiveSpec, OptimizerConfig, Reconstruction, ScheduleConfig, Select,
    TrainConfig, fit,
};
use faer::Mat;

const FEATURES: usize = 8;
const CODE: usize = 3;

/// Correlated Gaussian examples: eight directions, each with 0.7 times the deviation of the one before,
/// turned by an orthogonal matrix.
fn examples(count: usize) -> Matrix {
    let cpu = device::by_name("flex").expect("always compiled");
    let normal = |rows: usize, seed: Seed| -> Vec<f64> {
        standard_normal([rows, FEATURES], seed, &cpu).into_data().iter::<f64>().collect()
    };
    let turn = normal(FEATURES, Seed::new(1));
    let turn = Mat::from_fn(FEATURES, FEATURES, |i, j| turn[i * FEATURES + j]).qr().compute_Q();
    let independent = normal(count, Seed::new(2));
    let independent =
        Mat::from_fn(count, FEATURES, |i, j| independent[i * FEATURES + j] * 0.7_f64.powi(j as i32));
    let turned = independent * turn;
    let values = (0..count).flat_map(|i| (0..FEATURES).map(move |j| (i, j)));
    Matrix::new(ExampleShape::Flat(FEATURES), values.map(|at| turned[at] as f32).collect())
}

#[test]
fn a_linear_autoencoder_converges_to_the_error_and_the_subspace_of_pca() {
    let cpu = device::by_name("flex").expect("always compiled");
    let train: Arc<dyn Source> = Arc::new(examples(2000));
    let config = DenseConfig { code: CODE, activation: Activation::Identity, ..DenseConfig::default() };
    let model = config.init(train.shape(), Seed::new(3), &cpu).expect("widths above zero");
    let folder = tempfile::tempdir().expect("a folder");
    let objective = ObjectiveSpec::plain(Loss::SquaredError(Default::default()));
    let goal = Reconstruction::new(objective, Select::Validation);
    let fitted = fit(
        model,
        Fit {
            config: TrainConfig {
                epochs: 200,
                batch_size: 100,
                optimizer: OptimizerConfig::Adam(AdamConfig { learning_rate: 1e-2, ..AdamConfig::default() }),
                schedule: ScheduleConfig::Cosine(CosineDecay::default()),
                ..TrainConfig::default()
            },
            ..Fit::new(goal, Arc::clone(&train), Arc::clone(&train), folder.path())
        },
    )
    .expect("trains");

    let pca = Pca::fit(&train, CODE).expect("components");
    let best = pca.squared_error_per_example(train.as_ref()).expect("error");
    let reached = fitted.history.best(0).expect("an epoch").validation_loss();
    assert!((reached / best - 1.0).abs() < 0.005, "{reached} against PCA's {best}");

    let decoder: Vec<f64> = fitted.model.decoder_weights()[0].clone().into_data().iter().collect();
    let decoder = Mat::from_fn(FEATURES, CODE, |i, k| decoder[k * FEATURES + i]).qr().compute_thin_Q();
    let components = Mat::from_fn(FEATURES, CODE, |i, k| pca.component(k, i));
    let cosines = (decoder.transpose() * components).singular_values().expect("a decomposition");
    let angle = cosines.last().expect("three").min(1.0).acos().to_degrees();
    assert!(angle < 2.0, "the largest principal angle is {angle:.2} degrees");
}
