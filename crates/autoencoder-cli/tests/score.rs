//! Odd rows: scores, thresholds, labels and explanations by the command.

mod place;

use place::{Place, npy, numbers};

/// Points along a line in five dimensions; the third value of each of the last `odd` lies off it.
fn rows(normal: usize, odd: usize) -> Vec<f32> {
    let row = |index: usize| {
        let t = (index as f32 * 0.618).fract() * 2.0 - 1.0;
        let noise = |k: usize| 0.02 * ((index * 7 + k) as f32).sin();
        let third = if index < normal { 3.0 * t } else { 3.0 * t + 6.0 };
        [t + noise(0), 2.0 * t + noise(1), third + noise(2), -t + noise(3), 5.0 * t + noise(4)]
    };
    (0..normal + odd).flat_map(row).collect()
}

/// A run on normal rows, a file with ten odd ones among ninety more, and its labels.
fn trained() -> Place {
    let place = Place::new();
    npy(&place.path("normal.npy"), 5, &rows(300, 0));
    npy(&place.path("new.npy"), 5, &rows(90, 10));
    let labels: Vec<f32> = (0..100).map(|row| if row < 90 { 0.0 } else { 1.0 }).collect();
    npy(&place.path("labels.npy"), 1, &labels);
    npy(&place.path("short.npy"), 1, &labels[..99]);
    npy(&place.path("two.npy"), 1, &[2.0; 100]);
    npy(&place.path("zeros.npy"), 1, &[0.0; 100]);
    place.done(&["train", "--data", "normal.npy", "--run", "run", "--set", "model.code=1"]);
    place
}

/// What lies in the folder, by name.
fn files(place: &Place) -> Vec<std::ffi::OsString> {
    let entries = std::fs::read_dir(place.path(".")).expect("a folder");
    let mut names: Vec<_> = entries.map(|entry| entry.expect("an entry").file_name()).collect();
    names.sort();
    names
}

#[test]
fn odd_rows_score_highest_and_are_explained() {
    let place = trained();
    let words = ["score", "run", "new.npy", "--labels", "labels.npy", "-o", "s.csv", "--explain", "--json"];
    let found = place.document(&words);
    let auroc = found["ranking"]["auroc"]["value"].as_f64().expect("a number");
    assert!(auroc > 0.99, "{found}");
    assert!(found["pca"]["ranking"]["auroc"]["value"].is_number(), "{found}");
    let flagged = found["anomalies"].as_u64().expect("a number");
    assert!((10..=25).contains(&flagged), "{flagged}");
    assert!(found["worst"][0]["row"].as_u64().is_some_and(|row| row >= 90), "{found}");

    let text = std::fs::read_to_string(place.path("s.csv")).expect("a file");
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().expect("a header");
    assert_eq!(
        header,
        [
            "row",
            "score",
            "anomaly",
            "pca_score",
            "share of column_0",
            "share of column_1",
            "share of column_2",
            "share of column_3",
            "share of column_4"
        ]
    );
    let odd = lines.nth(95).expect("a row");
    assert_eq!(odd[2], "1");
    let shares: Vec<f32> = odd[4..].iter().map(|cell| cell.parse().expect("a share")).collect();
    assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{shares:?}");
    assert!(shares[2] > shares[4], "{shares:?}");

    // The array holds the scores alone, the same ones.
    place.done(&["score", "run", "new.npy", "-o", "s.npy"]);
    let scores = numbers(&place.path("s.npy"));
    assert_eq!(scores.len(), 100);
    assert!((scores[95] - odd[1].parse::<f32>().expect("a score")).abs() <= 1e-5 * scores[95]);
}

#[test]
fn each_rule_draws_its_own_line() {
    let place = trained();
    let anomalies = |words: &[&str]| {
        let words = [&["score", "run", "new.npy", "--json"], words].concat();
        place.document(&words)["anomalies"].as_u64().expect("a number")
    };
    assert_eq!(anomalies(&["--contamination", "0.1"]), 10);
    assert_eq!(anomalies(&["--quantile", "1.0", "--labels", "labels.npy"]), anomalies(&["--quantile", "1"]));
    assert_eq!(anomalies(&["--target-fpr", "0", "--labels", "labels.npy"]), 10);
    assert!(anomalies(&["--mad", "3"]) >= 10);
    // A variational model scores by its bound.
    let words = ["train", "--data", "normal.npy", "--run", "vae", "--model", "variational", "--epochs", "2"];
    place.done(&words);
    assert!(place.document(&["score", "vae", "new.npy", "--json"])["threshold"].is_number());
}

#[test]
fn what_is_asked_wrongly_leaves_nothing_behind() {
    let place = trained();
    let before = files(&place);
    for (words, code, part) in [
        (vec!["new.npy", "--contamination", "2"], 2, "from 0 to 1"),
        (vec!["new.npy", "--target-fpr", "0.1"], 2, "--labels"),
        (vec!["new.npy", "--mad", "1", "--quantile", "0.5"], 2, "cannot be used with"),
        (vec!["new.npy", "-o", "s.txt"], 2, ".npy, .csv or .parquet"),
        (vec!["new.npy", "-o", "s.npy", "--explain"], 2, ".csv"),
        (vec!["labels.npy"], 1, "5 features"),
        (vec!["missing.npy"], 1, "missing.npy"),
        (vec!["new.npy", "--labels", "short.npy"], 1, "99 numbers for 100 rows"),
        (vec!["new.npy", "--labels", "two.npy"], 1, "row 0 holds 2"),
        (vec!["new.npy", "--labels", "zeros.npy"], 1, "same label"),
    ] {
        let output = place.run(&[&["score", "run"], &words[..]].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {message}");
        assert!(message.contains(part), "{words:?}: {message}");
    }
    assert_eq!(files(&place), before);
}
