//! `train.precision` through the command: fewer bits reach each kind of training, and cost it next to nothing.

mod place;

use place::Place;
use serde_json::Value;

const SIZES: [&str; 8] = [
    "--set",
    "data.examples=400",
    "--set",
    "model.hidden=[32]",
    "--set",
    "model.code=8",
    "--set",
    "train.batch_size=20",
];
const NARROW: [&str; 2] = ["--set", "train.precision=bf16"];

/// What the words answer, in f32 and in bf16.
fn both(place: &Place, words: &[&str], runs: [&str; 2]) -> [Value; 2] {
    let of = |run, more: &[&str]| place.document(&[words, &["--json", "--run", run], more].concat());
    [of(runs[0], &[]), of(runs[1], &NARROW)]
}

/// Other bits, which is what rounding leaves, and nearly the same error.
fn assert_near(answers: &[Value; 2], pointer: &str) {
    let [full, narrow] =
        [0, 1].map(|i: usize| answers[i].pointer(pointer).and_then(Value::as_f64).expect("a number"));
    assert!(full != narrow && (full - narrow).abs() < 0.03 * full, "{pointer}: {full} {narrow}");
}

#[test]
fn a_whole_network_and_a_classifier_on_it_are_trained_with_fewer_bits() {
    let place = Place::new();
    let trained = both(&place, &[&["train", "--epochs", "3"][..], &SIZES].concat(), ["full", "narrow"]);
    assert_near(&trained, "/evaluation/splits/validation/squared_error_per_example");
    let tuned = both(&place, &["finetune", "full", "--epochs", "2"], ["labels", "narrow-labels"]);
    assert_near(&tuned, "/answers/validation/cross_entropy");
}

#[test]
fn a_layer_of_a_stack_is_trained_with_fewer_bits() {
    let place = Place::new();
    let layers = ["--set", "stage=[{epochs=3}]", "--epochs", "0", "--set", "model.tied=true"];
    let trained = both(&place, &[&["train"][..], &SIZES, &layers].concat(), ["full", "narrow"]);
    assert_near(&trained, "/evaluation/splits/validation/squared_error_per_example");
}
