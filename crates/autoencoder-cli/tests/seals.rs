//! Artefacts of a run whose bytes were changed: an error that names the file, or exactly the same results.

mod place;

use std::path::{Path, PathBuf};

use place::Place;

/// The files of a folder and the folders in it, but for pictures and the lock.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
        let path = entry.path();
        match path.is_dir() {
            true if path.ends_with("plots") => {}
            true => files.extend(self::files(&path)),
            false if path.ends_with(".lock") => {}
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
fn a_changed_byte_is_noticed_or_changes_nothing() {
    let place = Place::new();
    let line = |row: usize| {
        let x = row as f32 * 0.618;
        format!("{},{},{},{}\n", x.sin(), x.cos(), (3.0 * x).sin(), ["u", "v"][row % 2])
    };
    let rows: String = (0..200).map(line).collect();
    std::fs::write(place.path("x.csv"), format!("a,b,c,kind\n{rows}")).expect("written");
    let words = ["train", "--data", "x.csv", "--label", "kind", "--epochs", "2", "--set", "model.code=2"];
    place.done(&[&words[..], &["--run", "run"]].concat());
    place.done(&["finetune", "run", "--epochs", "1"]);
    let verbs: [(&[&str], Option<&str>); 4] = [
        (&["score", "run", "x.csv", "-o", "s.csv"], Some("s.csv")),
        (&["reconstruct", "run", "x.csv", "-o", "y.csv"], Some("y.csv")),
        (&["evaluate", "run", "--json"], None),
        (&["predict", "run/classifier", "x.csv", "-o", "p.csv"], Some("p.csv")),
    ];
    let results = || -> Vec<Option<Vec<u8>>> {
        let of = |(words, file): &(&[&str], Option<&str>)| {
            let output = place.run(words);
            let error = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(matches!(output.status.code(), Some(0..=2)), "{words:?}: {error}");
            assert!(!error.contains("ended before it was done"), "{words:?}: {error}");
            let bytes = || {
                file.map_or(output.stdout.clone(), |file| std::fs::read(place.path(file)).expect("a file"))
            };
            output.status.success().then(bytes)
        };
        verbs.iter().map(of).collect()
    };
    let right = results();
    assert!(right.iter().all(Option::is_some));
    for (number, file) in files(&place.path("run")).into_iter().enumerate() {
        let whole = std::fs::read(&file).expect("a file");
        for place_of_change in [whole.len() / 3, whole.len() / 2 + number] {
            let mut changed = whole.clone();
            let Some(byte) = changed.get_mut(place_of_change.min(whole.len().saturating_sub(1))) else {
                continue;
            };
            *byte = if byte.is_ascii_digit() { b'0' + (*byte - b'0' + 3) % 10 } else { *byte ^ 4 };
            std::fs::write(&file, &changed).expect("written");
            for (found, right) in results().iter().zip(&right) {
                assert!(found.is_none() || found == right, "{}", file.display());
            }
        }
        std::fs::write(&file, whole).expect("written");
    }
}

#[test]
fn what_a_person_edits_is_named_where_it_no_longer_fits() {
    let place = Place::new();
    place.train("run", &[]);
    let path = place.path("run/config.toml");
    let text = std::fs::read_to_string(&path).expect("a file");
    let edited = |from: &str, to: &str| {
        assert!(text.contains(from), "{from}");
        std::fs::write(&path, text.replace(from, to)).expect("written");
    };
    edited("examples = 400", "examples = 300");
    for verb in ["evaluate", "report", "sample"] {
        place.refused(1, &[verb, "run"], &["config.toml", "data.examples"]);
    }
    std::fs::write(&path, &text[..text.len() / 2]).expect("written");
    place.refused(1, &["evaluate", "run"], &["config.toml"]);
    edited("epochs = 3", "epochs = 5");
    place.done(&["evaluate", "run"]);
}

#[test]
fn an_output_never_takes_the_place_of_what_is_read() {
    let place = Place::new();
    place::npy(
        &place.path("x.npy"),
        3,
        &(0..300).map(|value| (value as f32 * 0.37).sin()).collect::<Vec<_>>(),
    );
    place.done(&["train", "--data", "x.npy", "--run", "run", "--epochs", "1"]);
    let before = std::fs::read(place.path("x.npy")).expect("a file");
    for words in [
        ["reconstruct", "run", "x.npy", "-o", "x.npy"],
        ["score", "run", "x.npy", "-o", "./x.npy"],
        ["encode", "run", "x.npy", "-o", "run/model/model.npy"],
    ] {
        place.refused(2, &words, &["write to another name"]);
    }
    place.refused(2, &["sample", "run", "-o", "x.npy"], &["learned from"]);
    place.refused(2, &["encode", "run", "x.npy", "-o", "codes.xyz"], &[".npy, .csv or .parquet"]);
    std::fs::write(place.path("train.py"), "mine").expect("written");
    place.refused(2, &["export", "run", "-o", "train.safetensors"], &["train.py"]);
    assert_eq!(std::fs::read(place.path("x.npy")).expect("a file"), before);
    assert_eq!(std::fs::read(place.path("train.py")).expect("a file"), b"mine");
}
