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
    assert!(
        found["neighbours"]["ranking"]["auroc"]["value"].as_f64().is_some_and(|auroc| auroc > 0.99),
        "{found}"
    );
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
            "p_value",
            "pca_score",
            "neighbour_score",
            "share of column_0",
            "share of column_1",
            "share of column_2",
            "share of column_3",
            "share of column_4",
            "because"
        ]
    );
    let odd = lines.nth(95).expect("a row");
    assert_eq!(odd[2], "1");
    let shares: Vec<f32> = odd[6..odd.len() - 1].iter().map(|cell| cell.parse().expect("a share")).collect();
    assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-4, "{shares:?}");
    assert!(shares[2] > shares[4], "{shares:?}");
    let because = odd[odd.len() - 1];
    assert!(because.contains("column_2") && because.contains(" %"), "{because}");

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
        (vec!["new.npy", "--labels", "short.npy"], 1, "99 for 100 rows"),
        (vec!["new.npy", "--labels", "two.npy"], 1, "same label"),
        (vec!["new.npy", "--labels", "zeros.npy"], 1, "same label"),
        (vec!["new.npy", "--label", "nope"], 1, "--label COLUMN"),
    ] {
        let output = place.run(&[&["score", "run"], &words[..]].concat());
        let message = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(code), "{words:?}: {message}");
        assert!(message.contains(part), "{words:?}: {message}");
    }
    assert_eq!(files(&place), before);
}

/// `count` rows of `columns` numbers, roughly normal, the same each time.
fn noise(count: usize, columns: usize, seed: u64) -> Vec<f32> {
    let next = |state: &mut u64| {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Some((*state >> 40) as f32 / (1_u64 << 23) as f32 - 1.0)
    };
    let uniform: Vec<f32> =
        std::iter::repeat_n((), 4 * count * columns).scan(seed, |state, ()| next(state)).collect();
    uniform.chunks_exact(4).map(|four| four.iter().sum()).collect()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

#[test]
fn few_rows_are_scored_as_new_ones_are_and_a_run_without_its_data_scores_the_same_bytes() {
    let place = Place::new();
    npy(&place.path("normal.npy"), 10, &noise(40, 10, 5));
    npy(&place.path("new.npy"), 10, &noise(1000, 10, 6));
    place.done(&["train", "anomaly", "--data", "normal.npy", "--run", "run"]);
    let of_new = place.document(&["score", "run", "new.npy", "-o", "new.csv", "--json"]);
    place.done(&["score", "run", "new.npy", "-o", "s.npy"]);
    place.done(&["score", "run", "normal.npy", "-o", "t.npy"]);
    // What has been learned from is not the more normal for it.
    let ratio = median(numbers(&place.path("s.npy"))) / median(numbers(&place.path("t.npy")));
    assert!((1.0 / 1.5..1.5).contains(&ratio), "{ratio}");
    assert_eq!(of_new["held_out"], 40, "every row, by models that have not fitted it");
    assert!(of_new["anomalies"].as_u64().is_some_and(|above| above < 150), "{of_new}");
    assert!(of_new["held_out_needed"].is_null(), "{of_new}");
    let strict = place.document(&["score", "run", "new.npy", "--quantile", "0.99", "--json"]);
    assert_eq!(strict["held_out_needed"], 99);

    // p-values are uniform on rows that are normal: half lie above a half.
    let before = std::fs::read_to_string(place.path("new.csv")).expect("a file");
    let header: Vec<&str> = before.lines().next().expect("a header").split(',').collect();
    let at = header.iter().position(|name| *name == "p_value").expect("a column");
    let p = |line: &str| line.split(',').nth(at).expect("a cell").parse::<f64>().expect("a number");
    let values: Vec<f64> = before.lines().skip(1).map(p).collect();
    assert!(values.iter().all(|p| *p > 0.0 && *p <= 1.0));
    let above = values.iter().filter(|p| **p > 0.5).count();
    assert!((300..700).contains(&above), "{above}");

    std::fs::remove_file(place.path("normal.npy")).expect("removed");
    std::fs::rename(place.path("run"), place.path("moved")).expect("renamed");
    place.done(&["score", "moved", "new.npy", "-o", "again.csv"]);
    assert_eq!(std::fs::read_to_string(place.path("again.csv")).expect("a file"), before);
    let path = place.path("moved/model/scorer.safetensors");
    let mut bytes = std::fs::read(&path).expect("numbers");
    *bytes.last_mut().expect("bytes") ^= 1;
    std::fs::write(&path, bytes).expect("written");
    place.refused(1, &["score", "moved", "new.npy"], &["scorer.safetensors", "checksum"]);
}

#[test]
fn neighbours_find_what_lies_between_what_has_been_seen() {
    // A ring: its middle is well reconstructed by a plane, and far from all of it.
    let place = Place::new();
    let ring = |count: usize, radius: f32| -> Vec<f32> {
        let point = |row: usize| {
            let angle = row as f32 * 2.399_963;
            let (x, y) = (radius * angle.cos(), radius * angle.sin());
            [x, y, x + y]
        };
        (0..count).flat_map(point).collect()
    };
    npy(&place.path("ring.npy"), 3, &ring(400, 1.0));
    npy(&place.path("new.npy"), 3, &[ring(50, 1.0), ring(20, 0.05)].concat());
    let labels: Vec<f32> = (0..70).map(|row| if row < 50 { 0.0 } else { 1.0 }).collect();
    npy(&place.path("labels.npy"), 1, &labels);
    let auroc = |kind: &str| {
        let kind = format!("score.kind={kind}");
        let run = format!("{kind}-run");
        let words = ["--set", "model.code=2", "--set", &kind, "--epochs", "30", "--run", &run];
        place.done(&[&["train", "--data", "ring.npy"][..], &words].concat());
        let found = place.document(&["score", &run, "new.npy", "--labels", "labels.npy", "--json"]);
        (found["ranking"]["auroc"]["value"].as_f64().expect("a number"), found)
    };
    let (by_neighbours, found) = auroc("neighbours");
    assert!(by_neighbours > 0.99, "{by_neighbours}");
    assert_eq!((&found["neighbours"]["nearest"], &found["neighbours"]["among"]), (&5.into(), &360.into()));
    assert!(auroc("combined").0 > 0.99);
    assert!(auroc("reconstruction").0 < 0.9, "what neighbours are there for");
}
