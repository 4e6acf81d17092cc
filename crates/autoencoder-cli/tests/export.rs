//! `ae export` by its words.

mod place;

use place::Place;

#[test]
fn a_model_is_written_for_others_or_the_mistake_is_named() {
    let place = Place::new();
    place.train("run", &["--seed", "2"]);
    let exported = place.done(&["export", "run", "-o", "x.onnx", "--part", "encoder"]);
    assert!(exported.contains("rows of 784 to rows of 2"), "{exported}");
    place.done(&["export", "run", "-o", "x.safetensors"]);
    let script = std::fs::read_to_string(place.path("x.py")).expect("the program beside it");
    assert!(script.contains("x.safetensors") && script.contains("nn.Linear(784, 16)"), "{script}");
    place.refused(2, &["export", "run", "-o", "x.pt"], &["x.pt", ".onnx or .safetensors"]);
    assert!(!place.path("x.pt").exists());
    place.refused(1, &["export", "nothing", "-o", "x.onnx"], &["nothing"]);
}
