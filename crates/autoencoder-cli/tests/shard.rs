//! Parts of a file on several machines: their results one after the other are those of the whole.

mod place;

use place::{Place, npy, numbers};

/// More than two batches, and not a multiple of one.
const ROWS: usize = 2600;
const PARTS: [&str; 3] = ["1/3", "2/3", "3/3"];

fn trained() -> Place {
    let place = Place::new();
    let values: Vec<f32> = (0..ROWS * 5).map(|i| (i as f32 * 0.37).sin() + (i % 5) as f32).collect();
    npy(&place.path("x.npy"), 5, &values);
    let model = ["--set", "model.hidden=[16]", "--set", "model.code=2", "--epochs", "2"];
    place.done(&[&["train", "--data", "x.npy", "--run", "run"][..], &model].concat());
    place
}

/// The parts' files by that verb, one after the other.
fn joined<T>(place: &Place, verb: &[&str], file: &str, read: impl Fn(&std::path::Path) -> Vec<T>) -> Vec<T> {
    let part = |shard: &&str| {
        place.done(&[verb, &["-o", file, "--shard", shard]].concat());
        read(&place.path(file))
    };
    PARTS.iter().flat_map(part).collect()
}

#[test]
fn the_parts_tables_have_the_bytes_of_the_whole() {
    let place = trained();
    for verb in [&["encode", "run", "x.npy"][..], &["score", "run", "x.npy", "--explain"]] {
        let whole = joined(&place, verb, "part.csv", |path| std::fs::read(path).expect("a file"));
        place.done(&[verb, &["-o", "whole.csv"]].concat());
        let expected = std::fs::read(place.path("whole.csv")).expect("a file");
        assert!(expected.iter().filter(|&&byte| byte == b'\n').count() == ROWS + 1);
        assert!(whole == expected, "{verb:?}");
    }
}

#[test]
fn the_parts_arrays_have_the_values_of_the_whole() {
    let place = trained();
    for verb in [&["encode", "run", "x.npy"][..], &["score", "run", "x.npy"]] {
        let whole = joined(&place, verb, "part.npy", numbers);
        place.done(&[verb, &["-o", "whole.npy"]].concat());
        assert_eq!(whole, numbers(&place.path("whole.npy")), "{verb:?}");
    }
    let second = place.document(&["score", "run", "x.npy", "--shard", "2/3", "--json"]);
    let row = second["worst"][0]["row"].as_u64().expect("a row");
    assert!((866..1733).contains(&row), "rows are counted in the whole file: {row}");
}

#[test]
fn what_all_scores_decide_is_not_asked_of_a_part() {
    let place = trained();
    let words = ["score", "run", "x.npy", "--shard", "1/3"];
    for rule in [["--contamination", "0.1"], ["--mad", "3"]] {
        place.refused(1, &[&words[..], &rule].concat(), &["this threshold", "--shard"]);
    }
    npy(&place.path("labels.npy"), 1, &[1.0; ROWS]);
    place.refused(1, &[&words[..], &["--labels", "labels.npy"]].concat(), &["labels", "--shard"]);
    let output = place.run(&["encode", "run", "x.npy", "-o", "c.npy", "--shard", "4/3"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("from 1 to N"));
}
