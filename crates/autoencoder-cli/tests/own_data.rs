//! Their own tables and images, with no word of configuration.

mod place;

use place::{Place, npy, numbers};

/// A table that nothing was prepared for: heavy tails, a constant column, very different scales.
fn table(rows: usize, columns: usize) -> Vec<f32> {
    let value = |row: usize, column: usize| {
        let x = ((row * 31 + column * 17) as f32 * 0.618).sin();
        match column % 4 {
            0 => 1000.0 * x,
            1 => 1e-3 * x + 5.0,
            2 if column == 2 => 7.0,
            // A cauchy-like tail.
            _ => (3.0 * x).tan(),
        }
    };
    (0..rows).flat_map(|row| (0..columns).map(move |column| value(row, column))).collect()
}

#[test]
fn tables_of_any_width_train_evaluate_and_come_back_in_their_units() {
    for columns in [3, 7, 30, 166] {
        let place = Place::new();
        let values = table(240, columns);
        npy(&place.path("x.npy"), columns, &values);
        let report = place.document(&["train", "--data", "x.npy", "--json"]);
        assert_eq!(report["run"], "runs/x-dense-1");
        let config = std::fs::read_to_string(place.path("runs/x-dense-1/config.toml")).expect("a file");
        for part in ["scaling = \"standardise\"", "kind = \"squared-error\""] {
            assert!(config.contains(part), "{columns}: {part} in {config}");
        }
        assert!(!config.contains("corruption"), "{config}");
        assert_eq!(report["evaluation"]["code_size"], (columns / 2).clamp(1, 32));
        place.document(&["evaluate", "runs/x-dense-1", "--json"]);
        place.done(&["reconstruct", "runs/x-dense-1", "x.npy", "-o", "y.npy"]);
        let back = numbers(&place.path("y.npy"));
        let constant: Vec<f32> = back.iter().skip(2).step_by(columns).copied().collect();
        let off = constant.iter().map(|value| (value - 7.0).abs()).sum::<f32>() / constant.len() as f32;
        assert!(off < 2.0, "{columns}: {off}");
        assert!(
            back.iter().step_by(columns).any(|value| value.abs() > 100.0),
            "not in the units of column 0"
        );
    }
}

#[test]
fn values_between_zero_and_one_are_compared_as_pca_does_or_by_cross_entropy() {
    let place = Place::new();
    let values: Vec<f32> = (0..200 * 6).map(|i| 0.5 + 0.5 * (i as f32 * 0.77).sin()).collect();
    npy(&place.path("x.npy"), 6, &values);
    let train = ["train", "--data", "x.npy", "--epochs", "1", "--run"];
    let first = |words: &[&str]| {
        let output = place.run(&[&train, words].concat());
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        (words.lines().next().expect("a line").to_owned(), output)
    };
    let (other, _) = first(&["without", "--set", "model.linear=false"]);
    assert!(other.contains("scaling unit, loss bernoulli, corruption none"), "{other}");
    let (first, output) = first(&["run"]);
    assert!(first.contains("scaling unit, loss squared-error, corruption none"), "{first}");
    let last = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(last.contains("plots/reconstructions.png") && last.contains("ae evaluate run"), "{last}");
}

#[test]
fn a_unit_scaling_that_was_asked_for_clips_and_says_how_much() {
    let place = Place::new();
    // The last column grows, so that parts differ in range whatever the split.
    let values: Vec<f32> = (0..100).flat_map(|i| [(i as f32 * 0.3).sin(), (i as f32).powi(3)]).collect();
    npy(&place.path("x.npy"), 2, &values);
    let words = ["train", "--data", "x.npy", "--epochs", "1", "--set", "data.scaling=unit", "--run", "run"];
    assert!(place.run(&words).status.success());
    npy(&place.path("far.npy"), 2, &[0.0, 1e9, 0.0, 5.0]);
    let words = place.done(&["encode", "run", "far.npy", "-o", "h.npy"]);
    assert!(words.contains("1 values lie outside"), "{words}");
}

#[test]
fn images_keep_their_axes() {
    let place = Place::new();
    let pixels: Vec<f32> = (0..60 * 8 * 8 * 3).map(|i| (i % 251) as f32 / 250.0).collect();
    let shape = "(60, 8, 8, 3)";
    place::npy_of(&place.path("x.npy"), shape, &pixels);
    let report = place.document(&["train", "--data", "x.npy", "--epochs", "1", "--json", "--run", "run"]);
    assert!(report["evaluation"]["splits"]["test"]["loss"].is_number());
    assert!(place.path("run/plots/filters.png").is_file(), "filters are drawn as images");
    place.done(&["reconstruct", "run", "x.npy", "-o", "y.npy"]);
    let bytes = std::fs::read(place.path("y.npy")).expect("a file");
    assert!(String::from_utf8_lossy(&bytes[..120]).contains("60, 8, 8, 3"));
    // Flat rows are images where the configuration says so.
    npy(&place.path("flat.npy"), 192, &pixels);
    let shape = "data.shape=[3, 8, 8]";
    place.done(&[
        "train", "--data", "flat.npy", "--model", "conv", "--set", shape, "--epochs", "1", "--run", "conv",
    ]);
    place.refused(
        2,
        &["train", "--data", "flat.npy", "--set", "data.shape=[3, 8, 9]"],
        &["data.shape", "216", "192"],
    );
}

#[test]
fn a_run_knows_its_data_again_wherever_it_is_moved_and_refuses_others() {
    let place = Place::new();
    npy(&place.path("x.npy"), 5, &table(120, 5));
    place.done(&["train", "--data", "x.npy", "--epochs", "1", "--run", "run"]);
    let before = place.document(&["evaluate", "run", "--json"]);
    std::fs::create_dir(place.path("elsewhere")).expect("a folder");
    std::fs::rename(place.path("run"), place.path("elsewhere/moved")).expect("moved");
    let mut evaluate = place.command(&["evaluate", "moved", "--json"]);
    let output = evaluate.current_dir(place.path("elsewhere")).output().expect("the command starts");
    let after: serde_json::Value = serde_json::from_slice(&output.stdout).expect("a document");
    assert_eq!(before, after);
    npy(&place.path("x.npy"), 5, &table(121, 5));
    place.refused(1, &["evaluate", "elsewhere/moved"], &["x.npy has changed", "ae train --data"]);
}

#[test]
fn five_seeds_of_the_training_share_one_split() {
    let place = Place::new();
    npy(&place.path("x.npy"), 4, &table(100, 4));
    let scaling = |seed: &str, run: &str, data: &str| {
        let data = format!("data.seed={data}");
        place.done(&[
            "train", "--data", "x.npy", "--epochs", "1", "--seed", seed, "--set", &data, "--run", run,
        ]);
        let card = std::fs::read(place.path(run).join("model/model.json")).expect("a model");
        serde_json::from_slice::<serde_json::Value>(&card).expect("a document")["scaling"].clone()
    };
    let first = scaling("1", "a", "3");
    assert_eq!(first, scaling("2", "b", "3"));
    assert_ne!(place.model("a"), place.model("b"));
    assert_ne!(first, scaling("1", "c", "4"));
}

#[test]
fn a_csv_file_is_learned_from_and_comes_back_under_its_names() {
    let place = Place::new();
    let line = |row: usize| {
        let t = (row as f32 * 0.618).fract();
        format!("id{row},{t},{},{}", 100.0 * t, if row.is_multiple_of(2) { "even" } else { "odd" })
    };
    let rows: Vec<String> = (0..120).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("id,small,large,kind\n{}\n", rows.join("\n")))
        .expect("written");
    place.refused(
        1,
        &["train", "--data", "x.csv", "--run", "run"],
        &["x.csv", "`id`", "word of its own", "--drop id"],
    );
    assert!(!place.path("run").exists());
    place.done(&["train", "--data", "x.csv", "--drop", "id", "--label", "kind", "--run", "run"]);

    // Other columns beside them and another order change nothing.
    std::fs::write(place.path("new.csv"), "large,note,small\n50,a,0.5\n20,b,0.2\n").expect("written");
    place.done(&["reconstruct", "run", "new.csv", "-o", "y.csv"]);
    let text = std::fs::read_to_string(place.path("y.csv")).expect("a file");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines.len()), ("small,large", 3));
    let first: Vec<f32> = lines[1].split(',').map(|cell| cell.parse().expect("a number")).collect();
    assert!((first[0] - 0.5).abs() < 0.1 && (first[1] - 50.0).abs() < 10.0, "{first:?}");
    place.done(&["encode", "run", "new.csv", "-o", "h.csv"]);
    assert!(std::fs::read_to_string(place.path("h.csv")).expect("a file").starts_with("code_0\n"));

    std::fs::write(place.path("less.csv"), "large,note\n50,a\n").expect("written");
    place.refused(1, &["score", "run", "less.csv"], &["less.csv", "no column `small`"]);
    place.refused(1, &["train", "--data", "x.csv", "--drop", "kid"], &["no column `kid`", "`id`"]);
    place.refused(1, &["train", "--data", "strokes", "--drop", "id"], &["strokes", "not a table"]);
}

#[test]
fn a_missing_value_is_refused_by_name_or_takes_the_mean_everywhere() {
    let place = Place::new();
    let cell = |row: usize, column: usize| match row % 7 == column {
        true => String::new(),
        false => format!("{}", ((row * 31 + column * 17) as f32 * 0.618).sin()),
    };
    let rows: String =
        (0..200).map(|row| format!("{},{},{}\n", cell(row, 0), cell(row, 1), cell(row, 2))).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,c\n{rows}")).expect("written");
    place.refused(1, &["train", "--data", "x.csv"], &["line 2", "`a`", "no value", "data.missing=mean"]);
    place.done(&["train", "--data", "x.csv", "--set", "data.missing=mean", "--epochs", "2", "--run", "run"]);
    let report = place.document(&["evaluate", "run", "--json"]);
    assert!(report["splits"]["test"]["squared_error_per_example"].as_f64().is_some_and(f64::is_finite));
    place.done(&["score", "run", "x.csv", "-o", "s.csv", "--explain"]);
    place.done(&["reconstruct", "run", "x.csv", "-o", "y.csv"]);
    for (name, header) in [("s.csv", "row,score"), ("y.csv", "a,b,c")] {
        let text = std::fs::read_to_string(place.path(name)).expect("a file");
        assert!(text.starts_with(header) && !text.contains("NaN") && text.lines().count() == 201, "{text}");
    }
}

#[test]
fn words_are_learned_and_come_back_as_words() {
    let place = Place::new();
    let line = |row: usize| {
        let colour = ["red", "blue", "green"][row % 3];
        let size = [1.0, 20.0, 300.0][row % 3] * (1.0 + 0.1 * (row as f32 * 0.618).sin());
        format!("{colour},{size},{}\n", if row.is_multiple_of(5) { "" } else { "0.5" })
    };
    let rows: String = (0..300).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("colour,size,share\n{rows}")).expect("written");
    let settings = ["--set", "data.missing=indicator", "--set", "model.code=3", "--epochs", "60"];
    place.done(&[&["train", "--data", "x.csv", "--run", "run"][..], &settings].concat());

    // Columns in another order, with another table's words in them.
    std::fs::write(place.path("new.csv"), "size,share,colour\n1,0.5,red\n300,,green\n20,0.5,blue\n")
        .expect("written");
    place.done(&["reconstruct", "run", "new.csv", "-o", "y.csv"]);
    let text = std::fs::read_to_string(place.path("y.csv")).expect("a file");
    let words: Vec<&str> = text.lines().map(|line| line.split(',').next().expect("a cell")).collect();
    assert_eq!(words, ["colour", "red", "green", "blue"], "{text}");
    assert!(text.starts_with("colour,size,share\n") && !text.contains("NaN"), "{text}");
    place.done(&["reconstruct", "run", "new.csv", "-o", "y.parquet"]);
    place.done(&["score", "run", "y.parquet", "-o", "s.csv", "--explain"]);
    let text = std::fs::read_to_string(place.path("s.csv")).expect("a file");
    let header = "row,score,anomaly,p_value,pca_score,neighbour_score,unseen,share of colour,share of size,share of share,because";
    assert_eq!(text.lines().next(), Some(header));

    // What is to be learned of a missing number: the six features are three words, two numbers and one indicator.
    let report = place.document(&["evaluate", "run", "--json"]);
    assert!(report["splits"]["test"]["squared_error_per_example"].as_f64().is_some_and(f64::is_finite));
    place.done(&["reconstruct", "run", "new.csv", "-o", "y.npy"]);
    let bytes = std::fs::read(place.path("y.npy")).expect("a file");
    let header = String::from_utf8_lossy(&bytes[..128]).replace(" ", "");
    assert!(header.contains("(3,6,)"), "{header}");

    std::fs::write(place.path("bad.csv"), "size,share,colour\n1,0.5,red\n20,0.5,purple\n").expect("written");
    // A word that training did not have stops no other row from being scored, and is flagged whatever its score.
    let report = place.document(&["score", "run", "bad.csv", "-o", "s.csv", "--json"]);
    assert_eq!((report["rows"].as_u64(), report["unseen"].as_u64()), (Some(2), Some(1)));
    let text = std::fs::read_to_string(place.path("s.csv")).expect("a file");
    let cells: Vec<Vec<&str>> = text.lines().map(|line| line.split(',').collect()).collect();
    let column = |name: &str| cells[0].iter().position(|cell| *cell == name).expect(name);
    assert_eq!((cells[1][column("unseen")], cells[2][column("unseen")]), ("0", "1"));
    assert_eq!((cells[2][column("anomaly")], cells[2][column("line")]), ("1", "3"));
    std::fs::write(place.path("bad.csv"), "size,share,colour\n1,0.5,red\nlarge,0.5,red\n").expect("written");
    place.refused(1, &["score", "run", "bad.csv"], &["line 3", "`size`", "large"]);
}

#[test]
fn one_class_is_learned_from_and_scores_are_the_mean_of_the_members() {
    let place = Place::new();
    let line = |row: usize| {
        let (t, is_bad) = ((row as f32 * 0.618).fract(), row.is_multiple_of(10));
        let other = if is_bad { 1.0 - t } else { t };
        format!("{t},{},{other},{}\n", 2.0 * t, if is_bad { "bad" } else { "good" })
    };
    let rows: String = (0..300).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,c,kind\n{rows}")).expect("written");
    let words = ["train", "--data", "x.csv", "--label", "kind", "--normal-only"];
    place.refused(1, &[&words[..], &["fine"]].concat(), &["no rows of class `fine`", "bad, good"]);
    place.refused(1, &["train", "--data", "x.csv", "--drop", "kind", "--normal-only", "good"], &["--label"]);
    // What is normal here lies on a line, which PCA has and each member would start from.
    let more = ["good", "--ensemble", "3", "--epochs", "20", "--run", "run", "--set", "model.linear=false"];
    place.done(&[&words[..], &more].concat());
    let data = std::fs::read_to_string(place.path("run/data.json")).expect("a file");
    let data: serde_json::Value = serde_json::from_str(&data).expect("JSON");
    let rows = ["train", "validation", "test"].map(|part| data[part].as_u64().expect("a number"));
    assert_eq!(rows.iter().sum::<u64>(), 270);

    let scores = |run: &str| {
        place.done(&["score", run, "x.csv", "-o", "s.csv"]);
        let text = std::fs::read_to_string(place.path("s.csv")).expect("a file");
        let score = |line: &str| line.split(',').nth(1).expect("a cell").parse::<f64>().expect("a number");
        text.lines().skip(1).map(score).collect::<Vec<f64>>()
    };
    let all = scores("run");
    // A member is a run like any other; without its others the first is alone.
    let config = std::fs::read_to_string(place.path("run/config.toml")).expect("a file");
    assert!(config.contains("members = 3"));
    let others = [scores("run/members/2"), scores("run/members/3")];
    std::fs::write(place.path("run/config.toml"), config.replace("members = 3", "members = 1"))
        .expect("written");
    let first = scores("run");
    assert!(first != others[0] && others[0] != others[1]);
    for (row, mean) in all.iter().enumerate() {
        let sum = first[row] + others[0][row] + others[1][row];
        assert!((sum / 3.0 - mean).abs() <= 1e-9 * mean.abs(), "row {row}: {mean} is no mean of {sum}");
    }
    let of = |is_bad: bool| (0..300_usize).filter(move |row| row.is_multiple_of(10) == is_bad);
    let mean = |is_bad| of(is_bad).map(|row| all[row]).sum::<f64>() / of(is_bad).count() as f64;
    assert!(mean(true) > 5.0 * mean(false), "{} {}", mean(true), mean(false));

    std::fs::write(place.path("run/config.toml"), config).expect("written");
    std::fs::remove_dir_all(place.path("run/members/3")).expect("removed");
    let words = ["score", "run", "x.csv", "-o", "s.csv"];
    place.refused(1, &words, &["member 3 of run is missing", "ae train --resume --run run"]);
}

#[test]
fn words_and_ranges_of_the_test_part_are_not_learned() {
    let place = Place::new();
    // One row has a word, and one a value, that no other has: most seeds keep one of them out of the training part.
    let line = |row: usize| {
        let word = if row == 17 { "rare" } else { ["red", "blue"][row % 2] };
        let x = if row == 17 { 5.0 } else { 0.5 + 0.5 * (row as f32 * 0.618).sin() };
        format!("{x},{word}\n")
    };
    let rows: String = (0..100).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("a,colour\n{rows}")).expect("written");
    let mut seen = [false; 2];
    for seed in 0..12 {
        let run = format!("run{seed}");
        let seed = seed.to_string();
        place.done(&["train", "--data", "x.csv", "--run", &run, "--epochs", "1", "--seed", &seed]);
        let data = std::fs::read_to_string(place.path(&run).join("data.json")).expect("a file");
        let config = std::fs::read_to_string(place.path(&run).join("config.toml")).expect("a file");
        let is_known = data.contains("rare");
        seen[usize::from(is_known)] = true;
        // The same row decides both.
        assert_eq!(config.contains("scaling = \"standardise\""), is_known, "{config}");
        place.done(&["evaluate", &run]);
    }
    assert_eq!(seen, [true, true], "both happen among twelve seeds");
}

#[test]
fn a_column_of_an_array_can_be_left_out_and_is_left_out_of_what_is_scored() {
    let place = Place::new();
    let values: Vec<f32> = (0..800).map(|value| (value as f32 * 0.37).sin()).collect();
    npy(&place.path("x.npy"), 4, &values);
    place.done(&["train", "--data", "x.npy", "--drop", "column_3", "--run", "run", "--epochs", "1"]);
    place.done(&["evaluate", "run"]);
    let report = place.document(&["score", "run", "x.npy", "--json"]);
    assert_eq!(report["rows"], 200);
    place.refused(1, &["train", "--data", "x.npy", "--drop", "column_4"], &["no column `column_4`"]);
}
