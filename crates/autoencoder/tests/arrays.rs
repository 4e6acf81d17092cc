//! Training and using a model on arrays in memory.

use autoencoder::prelude::*;
use ndarray::{Array2, s};

/// Rows in the user's units: the second column in thousands, a function of the first.
fn rows() -> Array2<f32> {
    Array2::from_shape_fn((300, 2), |(row, column)| {
        let along = row as f32 / 150.0 - 1.0;
        if column == 0 { along } else { 1000.0 * along * along }
    })
}

fn config(words: &str) -> RunConfig {
    let text = format!(
        "model = {{ hidden = [32], code = 1, activation = \"tanh\" }}\n\
         train = {{ epochs = 60, batch_size = 20, optimizer.learning_rate = 0.01 }}\n{words}"
    );
    RunConfig::from_toml(&text, "test").expect("a configuration")
}

#[test]
fn codes_reconstructions_and_scores_are_those_of_the_rows_in_the_users_units() {
    let x = rows();
    let trained = config("").fit(x.view()).expect("trains");
    let codes = trained.transform(x.view()).expect("codes");
    let back = trained.inverse_transform(codes.view()).expect("rows");
    let mean_of = |x: &Array2<f32>| x.column(1).mean().expect("rows");
    assert!((mean_of(&back) / mean_of(&x) - 1.0).abs() < 0.2, "{} {}", mean_of(&back), mean_of(&x));
    let scores = trained.score_samples(x.view()).expect("scores");
    // The columns are uncorrelated and scaled to variance 1: the best of one line leaves 1.
    let mean = scores.mean().expect("rows");
    assert!(mean < 0.5, "{mean}");
    // Views that are not contiguous hold the same rows.
    let every_other = trained.transform(x.slice(s![..;2, ..])).expect("codes");
    assert!((every_other[[7, 0]] - codes[[14, 0]]).abs() < 1e-5);
}

#[test]
fn the_same_rows_and_seed_give_the_same_bits() {
    let codes = |seed: u64| {
        let mut config = config("");
        config.train.seed = seed;
        let trained = config.fit(rows().view()).expect("trains");
        trained.transform(rows().view()).expect("codes")
    };
    assert_eq!(codes(1), codes(1));
    assert_ne!(codes(1), codes(2));
}

#[test]
fn what_does_not_fit_is_refused() {
    let mut x = rows();
    let trained = config("").fit(x.view()).expect("trains");
    let narrow = trained.transform(x.slice(s![.., ..1])).expect_err("one column is missing").to_string();
    assert!(narrow.contains("1 features") && narrow.contains("2 features"), "{narrow}");
    x[[4, 1]] = f32::NAN;
    let message = "row 4, column 1";
    assert!(config("").fit(x.view()).expect_err("NaN").to_string().contains(message));
    assert!(trained.score_samples(x.view()).expect_err("NaN").to_string().contains(message));
    let error = config("data.shape = [1, 3, 3]").fit(rows().view()).expect_err("9 values").to_string();
    assert!(error.contains("1x3x3"), "{error}");
    assert!(config("").fit(Array2::zeros((0, 2)).view()).is_err());
}

#[test]
fn scores_are_of_the_kind_that_was_asked_for_and_of_an_ensemble_the_mean() {
    let scores = |words: &str| {
        let config = config(words);
        let trained = config.fit(rows().view()).expect("trains");
        // One point beyond the parabola's end, on it: far along the manifold, not off it.
        let far = ndarray::array![[0.5, 250.0], [3.0, 9000.0]];
        trained.score_samples(far.view()).expect("scores").to_vec()
    };
    let combined = "score = { kind = \"combined\" }\n";
    assert_ne!(scores(combined), scores(""));
    assert!(scores(combined)[1] > 3.0 * scores(combined)[0]);
    let ensemble = scores("score = { kind = \"combined\", members = 2 }\n");
    assert_ne!(ensemble, scores(combined));
    let mut second = config(combined).of_member(2);
    second.score.members = 1;
    let second = second.fit(rows().view()).expect("trains");
    let second = second.score_samples(ndarray::array![[0.5, 250.0], [3.0, 9000.0]].view()).expect("scores");
    for ((both, first), second) in ensemble.iter().zip(scores(combined)).zip(second) {
        assert!((both - (first + second) / 2.0).abs() < 1e-9 * both.abs(), "{both} {first} {second}");
    }
}
