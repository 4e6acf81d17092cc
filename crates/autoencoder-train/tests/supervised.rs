//! Learning from labels, on data small enough to learn in a blink.

use std::path::Path;
use std::sync::Arc;

use autoencoder_core::testing::Rows;
use autoencoder_core::{Seed, Source, standard_normal};
use autoencoder_train::{
    AdamConfig, Classification, Fit, Head, Noise, OptimizerConfig, Precision, Predictor as _, Regression,
    TrainConfig, TrainError, fit,
};
use burn::tensor::Device;

/// Three clouds in the plane, a class each.
fn clouds(count: usize, seed: u64) -> Rows {
    let noise: Vec<f32> =
        standard_normal([count, 2], Seed::new(seed), &Device::flex()).into_data().iter().collect();
    let labels: Vec<i64> = (0..count as i64).map(|row| row % 3).collect();
    let centres = [[3.0, 0.0], [-3.0, 0.0], [0.0, 4.0]];
    let values = noise.chunks(2).zip(&labels).flat_map(|(noise, &label)| {
        let [x, y] = centres[label as usize];
        [x + 0.5 * noise[0], y + 0.5 * noise[1]]
    });
    Rows::new(2, values.collect()).with_labels(labels)
}

fn plan(folder: &Path, train: impl Source + 'static) -> Fit<'static, Head, Classification> {
    let optimizer = OptimizerConfig::Adam(AdamConfig { learning_rate: 0.05, ..AdamConfig::default() });
    let config = TrainConfig { epochs: 20, batch_size: 16, optimizer, ..TrainConfig::default() };
    let goal = Classification { noise: Noise::default(), precision: Precision::F32 };
    Fit { config, ..Fit::new(goal, Arc::new(train), Arc::new(clouds(60, 2)), folder) }
}

#[test]
fn a_head_learns_clouds_that_lines_part_and_its_best_epoch_has_no_wrong_answer() {
    let folder = tempfile::tempdir().expect("a folder");
    let head = Head::new(2, 3, &Device::flex());
    let fitted = fit(head, plan(folder.path(), clouds(300, 1))).expect("trained");
    let best = fitted.history.best(0).expect("an epoch");
    assert_eq!(best.validation["error"], 0.0);
    assert!(best.validation["cross-entropy"] < 0.1, "{best:?}");
    assert!(fitted.history.epochs[0].train["error"] > 0.0);
    let x = burn::tensor::Tensor::from_data([[3.0, 0.0], [-3.0, 0.0], [0.0, 4.0]], &Device::flex());
    let logits: Vec<f32> = fitted.model.predict(x).into_data().iter().collect();
    for class in 0..3 {
        let row = &logits[3 * class..3 * class + 3];
        assert!((0..3).all(|other| row[other] <= row[class]), "{row:?}");
    }
}

#[test]
fn a_head_with_one_output_learns_a_plane() {
    let folder = tempfile::tempdir().expect("a folder");
    let points = |count, seed| {
        let cloud = clouds(count, seed);
        let values = cloud.read(0..count).expect("rows");
        let targets: Vec<f32> = values.chunks(2).map(|row| 0.5 * row[0] - 0.25 * row[1] + 1.0).collect();
        (Rows::new(2, values).with_labels((0..count as i64).collect()), targets)
    };
    let (train, values) = points(300, 1);
    let classification = plan(folder.path(), clouds(3, 1));
    let mut config = classification.config.clone();
    config.epochs = 60;
    let fitted = fit(
        Head::new(2, 1, &Device::flex()),
        Fit {
            config,
            ..Fit::new(
                Regression { noise: Noise::default(), precision: Precision::F32, values },
                Arc::new(train.clone()),
                Arc::new(train),
                folder.path(),
            )
        },
    )
    .expect("trained");
    assert!(fitted.history.best(0).expect("an epoch").validation["squared-error"] < 1e-3);
    let weight: Vec<f32> = fitted.model.weight.val().into_data().iter().collect();
    assert!((weight[0] - 0.5).abs() < 0.02 && (weight[1] + 0.25).abs() < 0.02, "{weight:?}");
}

#[test]
fn data_without_classes_or_with_more_than_the_head_knows_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |classes, train: Rows| fit(Head::new(2, classes, &Device::flex()), plan(folder.path(), train));
    let unlabelled = Rows::new(2, vec![0.0; 8]);
    assert!(matches!(run(3, unlabelled), Err(TrainError::NoLabels { part: "training" })));
    let error = run(2, clouds(9, 1)).expect_err("refused");
    assert!(matches!(error, TrainError::NoSuchClass { row: 2, label: 2, classes: 2, .. }), "{error}");
}
