//! What a table that nobody has tuned anything for comes to without a further word.

mod place;

use place::{Place, npy};
use serde_json::Value;

/// `count` numbers in [-1, 1), the same each time.
fn noise(count: usize, seed: u64) -> Vec<f32> {
    let next = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0)
    };
    std::iter::repeat_n((), count).scan(seed, |state, ()| next(state)).collect()
}

/// Nothing but noise, few rows; a curve, few rows; bits; one row far out; a constant column.
fn tables() -> [(&'static str, usize, Vec<f32>); 5] {
    let curve = noise(150, 2).into_iter().flat_map(|t| [t, t * t, (3.0 * t).sin(), t * t * t]).collect();
    let bits = noise(400 * 8, 3).into_iter().map(|value| f32::from(value > 0.3)).collect();
    let mut outlier = noise(200 * 5, 4);
    outlier[7] = 1e6;
    let constant = noise(120, 5).into_iter().flat_map(|t| [t, 3.0, t.abs(), -t]).collect();
    [
        ("noise", 10, noise(60 * 10, 1)),
        ("curve", 4, curve),
        ("bits", 8, bits),
        ("outlier", 5, outlier),
        ("constant", 4, constant),
    ]
}

fn error(part: &Value) -> f64 {
    part["squared_error_per_example"].as_f64().expect("a number")
}

#[test]
fn a_table_is_never_reconstructed_worse_than_by_pca() {
    let place = Place::new();
    for (name, columns, rows) in tables() {
        npy(&place.path("x.npy"), columns, &rows);
        let report = place.document(&["train", "--data", "x.npy", "--run", name, "--json"]);
        let evaluation = &report["evaluation"];
        let (ours, pca) = (&evaluation["splits"]["validation"], &evaluation["pca"]["validation"]);
        // What a start in single precision differs from PCA in double.
        let rounding = 1e-5 * error(pca) + 1e-9;
        assert!(error(ours) <= error(pca) + rounding, "{name}: {ours} {pca}");
        let (ours, pca) = (error(&evaluation["splits"]["test"]), error(&evaluation["pca"]["test"]));
        if name == "curve" {
            assert!(ours < 0.5 * pca, "{name}: nothing was learned beyond PCA, {ours} {pca}");
        }
    }
}

#[test]
fn what_is_better_by_chance_alone_is_not_kept() {
    let place = Place::new();
    npy(&place.path("x.npy"), 10, &noise(60 * 10, 3));
    let output = place.run(&["train", "--data", "x.npy", "--run", "run", "--json"]);
    let report: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert_eq!(report["best_epoch"], 0, "{report}");
    // An epoch there was that looked better on the six rows of the validation part.
    let text = std::fs::read_to_string(place.path("run/metrics.jsonl")).expect("metrics");
    let loss = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("JSON");
        record["validation"]["objective"].as_f64().expect("a number")
    };
    let losses: Vec<f64> = text.lines().map(loss).collect();
    assert!(losses[1..].iter().any(|loss| *loss < losses[0]), "{losses:?}");
    let words = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(words.lines().any(|line| line.starts_with("start ")) && !words.contains("NaN"), "{words}");
}

#[test]
fn naming_the_default_kind_changes_nothing_and_a_linear_model_is_asked_for() {
    let place = Place::new();
    npy(&place.path("x.npy"), 6, &noise(300 * 6, 7));
    let weights = |run: &str, words: &[&str]| {
        place.done(&[&["train", "--data", "x.npy", "--epochs", "2", "--run", run][..], words].concat());
        std::fs::read(place.path(&format!("{run}/model/model.safetensors"))).expect("weights")
    };
    assert!(weights("without", &[]) == weights("named", &["--model", "dense"]));
    weights("linear", &["--set", "model.hidden=[]", "--set", "model.linear=false"]);
    let config = std::fs::read_to_string(place.path("linear/config.toml")).expect("a file");
    assert!(config.contains("hidden = []") && config.contains("linear = false"), "{config}");
}

#[test]
fn what_was_resolved_stands_in_the_file_and_runs_again_to_the_byte() {
    let place = Place::new();
    npy(&place.path("x.npy"), 4, &noise(100 * 4, 8));
    place.done(&["train", "--data", "x.npy", "--run", "first"]);
    let config = std::fs::read_to_string(place.path("first/config.toml")).expect("a file");
    for key in ["epochs", "passes", "batch_size", "count_start", "early_stopping", "max_seconds", "linear"] {
        assert!(config.contains(key), "{key}: {config}");
    }
    place.done(&["train", "first/config.toml", "--run", "second"]);
    let model =
        |run: &str| std::fs::read(place.path(&format!("{run}/model/model.safetensors"))).expect("weights");
    assert!(model("first") == model("second"));
}
