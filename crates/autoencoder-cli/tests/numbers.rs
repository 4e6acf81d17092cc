//! Numbers that come out as they went in: offsets, labels, ranges, bits, what is missing.

mod place;

use std::io::Write as _;

use place::{Place, npy, npy_bytes, numbers};

/// Rows of that many columns as a `.npy` file of f64.
fn npy_of_doubles(path: &std::path::Path, columns: usize, values: &[f64]) {
    std::fs::write(path, doubles(&format!("({}, {columns})", values.len() / columns), values))
        .expect("written");
}

/// The bytes of such a file.
fn doubles(shape: &str, values: &[f64]) -> Vec<u8> {
    npy_bytes("<f8", shape, values.iter().flat_map(|value| value.to_le_bytes()))
}

fn column(text: &str, name: &str) -> Vec<f64> {
    let mut lines = text.lines();
    let header = lines.next().expect("a header");
    let at =
        header.split(',').position(|cell| cell == name).unwrap_or_else(|| panic!("no {name} in {header}"));
    lines.map(|line| line.split(',').nth(at).expect("a cell").parse().expect("a number")).collect()
}

fn read(place: &Place, name: &str) -> String {
    std::fs::read_to_string(place.path(name)).expect("a file")
}

#[test]
fn a_column_of_seconds_since_1970_is_learned_and_comes_back() {
    let place = Place::new();
    let (start, spread) = (1.7e9, 50.0);
    let second = |row: usize| start + spread * (row as f64 * 0.618).fract();
    let wave = |second: f64| ((second - start) / 8.0).sin();
    let rows: Vec<f64> = (0..600).flat_map(|row| [second(row), wave(second(row))]).collect();
    npy_of_doubles(&place.path("x.npy"), 2, &rows);
    let text: String = rows.chunks(2).map(|row| format!("{},{}\n", row[0], row[1])).collect();
    std::fs::write(place.path("x.csv"), format!("t,v\n{text}")).expect("written");
    for data in ["x.npy", "x.csv"] {
        place.done(&[
            "train",
            "--data",
            data,
            "--run",
            data.get(2..).expect("an ending"),
            "--set",
            "model.code=1",
        ]);
    }
    place.done(&["reconstruct", "csv", "x.csv", "-o", "y.csv"]);
    let back = column(&read(&place, "y.csv"), "t");
    let error = back.iter().enumerate().map(|(row, value)| (value - second(row)).abs()).sum::<f64>() / 600.0;
    assert!(error < 0.1 * spread, "mean error {error} s of {spread}");
    // An odd value at a usual time is found; f32 holds a time to 128 seconds.
    let odd: Vec<f64> = (0..100)
        .flat_map(|row| [second(row), if row < 5 { -wave(second(row)) - 0.5 } else { wave(second(row)) }])
        .collect();
    npy_of_doubles(&place.path("odd.npy"), 2, &odd);
    place.done(&["score", "npy", "odd.npy", "-o", "s.csv"]);
    let scores = column(&read(&place, "s.csv"), "score");
    let least = scores[..5].iter().copied().fold(f64::INFINITY, f64::min);
    let usual = scores[5..].iter().sum::<f64>() / 95.0;
    assert!(least > 3.0 * usual, "{least} {usual}");
}

#[test]
fn labels_of_an_archive_stay_what_they_are() {
    let place = Place::new();
    let x: Vec<f64> = (0..600).map(|value| (f64::from(value) * 0.37).sin()).collect();
    let archive = |name: &str, y: &[f64]| {
        let mut zip = zip::ZipWriter::new(std::fs::File::create(place.path(name)).expect("a file"));
        let options = zip::write::SimpleFileOptions::default();
        for (member, bytes) in [("x.npy", doubles("(200, 3)", &x)), ("y.npy", doubles("(200,)", y))] {
            zip.start_file(member, options).expect("begun");
            zip.write_all(&bytes).expect("written");
        }
        zip.finish().expect("written");
    };
    // A number that is a third and a bit: cut to integers it would be 0 everywhere.
    let targets: Vec<f64> = x.chunks(3).map(|row| 0.3 + 0.2 * row[0]).collect();
    archive("real.npz", &targets);
    place.done(&["train", "--data", "real.npz", "--run", "real", "--epochs", "2"]);
    let report = place.document(&[
        "finetune",
        "real",
        "--regress",
        "--epochs",
        "80",
        "--set",
        "train.optimizer.learning_rate=0.01",
        "--json",
    ]);
    let explained = report["deviations"]["test"]["explained_variance_ratio"].as_f64();
    assert!(explained.is_some_and(|share| share > 0.8), "{report}");
    let ids: Vec<f64> = (0..200).map(|row| 16_777_216.0 + f64::from(row % 2)).collect();
    archive("ids.npz", &ids);
    place.done(&["train", "--data", "ids.npz", "--run", "ids", "--epochs", "2"]);
    let report = place.document(&["finetune", "ids", "--epochs", "1", "--json"]);
    assert_eq!(report["classes"], 2, "2^24 and 2^24 + 1 are two classes");
}

#[test]
fn what_lies_outside_of_the_range_is_scored_by_how_far_and_counted_by_row() {
    let place = Place::new();
    let values: Vec<f32> = (0..900).map(|value| 0.5 + 0.5 * (value as f32 * 0.37).sin()).collect();
    npy(&place.path("x.npy"), 3, &values);
    npy(&place.path("new.npy"), 3, &[0.5, 0.5, 0.5, 0.5, 0.5, 1.0, 0.5, 0.5, 50.0, 0.5, 0.5, 1e6]);
    for loss in ["squared-error", "bernoulli"] {
        let (unit, kind) = ("data.scaling=unit", format!("loss.kind={loss}"));
        place.done(&[
            "train", "--data", "x.npy", "--run", loss, "--epochs", "2", "--set", unit, "--set", &kind,
        ]);
        place.done(&["score", loss, "new.npy", "-o", "s.csv"]);
        let text = read(&place, "s.csv");
        let scores = column(&text, "score");
        assert!(scores[2] > 100.0 * scores[1] && scores[3] > 1e6 * scores[2], "{loss}: {scores:?}");
        assert_eq!(column(&text, "outside"), [0.0, 0.0, 1.0, 1.0], "{loss}");
    }
}

#[test]
fn a_loss_of_bits_is_not_asked_about_other_values() {
    let place = Place::new();
    let bits: Vec<f32> = (0..800).map(|value| f32::from(value * 7 % 11 < 5)).collect();
    npy(&place.path("bits.npy"), 4, &bits);
    let words = ["train", "--data", "bits.npy", "--run", "run", "--model", "variational", "--epochs", "2"];
    place.done(&[&words[..], &["--set", "data.scaling=none", "--set", "loss.kind=bernoulli"]].concat());
    npy(&place.path("new.npy"), 4, &[0.0, 1.0, 0.0, 1.0, -5.0, 0.0, 1.0, 0.0]);
    for verb in ["score", "encode", "reconstruct"] {
        let words = [verb, "run", "new.npy", "-o", "out.npy"];
        place.refused(1, &words, &["bernoulli", "-5", "[0, 1]"]);
    }
}

#[test]
fn bits_are_those_of_the_row_whatever_part_it_is_read_in() {
    let place = Place::new();
    let words = ["--set", "data.scaling=binary", "--set", "loss.kind=bernoulli"];
    place.train("run", &words);
    place.done(&["data", "write", "strokes", "-o", "pictures"]);
    let whole = ["encode", "run", "pictures/test"];
    place.done(&[&whole[..], &["-o", "whole.npy"]].concat());
    let part = |shard: &str| {
        place.done(&[&whole[..], &["-o", "part.npy", "--shard", shard]].concat());
        numbers(&place.path("part.npy"))
    };
    let joined = [part("1/3"), part("2/3"), part("3/3")].concat();
    assert_eq!(joined, numbers(&place.path("whole.npy")));
}

#[test]
fn rows_without_a_label_are_refused_or_left_out() {
    let place = Place::new();
    let line = |row: usize| {
        let label = ["good", "bad", "", "NA"][row % 4];
        format!("{},{},{label}\n", (row as f32 * 0.618).sin(), (row as f32 * 0.37).cos())
    };
    let rows: String = (0..200).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,kind\n{rows}")).expect("written");
    let words = ["train", "--data", "x.csv", "--label", "kind", "--epochs", "1", "--run", "run"];
    place.refused(1, &words, &["line 4", "`kind`", "no label", "data.unlabelled=leave-out"]);
    place.done(&[&words[..], &["--set", "data.unlabelled=leave-out"]].concat());
    let report = place.document(&["finetune", "run", "--epochs", "1", "--json"]);
    assert_eq!(report["classes"], 2);
}

#[test]
fn cells_that_were_filled_in_are_no_targets() {
    let place = Place::new();
    // Two columns that are one, of which half of the cells are missing: the mean says nothing of them, the other column all.
    let cell = |value: f64, is_missing: bool| if is_missing { String::new() } else { value.to_string() };
    let value = |row: usize| 10.0 * (row as f64 * 0.618).fract();
    let line = |row: usize| {
        let x = value(row);
        format!("{x},{},{}\n", cell(2.0 * x, row.is_multiple_of(2)), cell(-x, row.is_multiple_of(3)))
    };
    let rows: String = (0..600).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,c\n{rows}")).expect("written");
    place.done(&[
        "train",
        "--data",
        "x.csv",
        "--run",
        "run",
        "--set",
        "data.missing=mean",
        "--set",
        "model.code=1",
    ]);
    place.done(&["reconstruct", "run", "x.csv", "-o", "y.csv"]);
    let filled = column(&read(&place, "y.csv"), "b");
    let error = |row: usize| (filled[row] - 2.0 * value(row)).abs();
    let mean = (0..600).step_by(2).map(error).sum::<f64>() / 300.0;
    // The column's mean is off by five, on average.
    assert!(mean < 1.5, "{mean}");
}
