//! The command as a process, in a folder of its own.

mod place;

use place::{Place, npy, numbers, small};

#[test]
fn training_offline_leaves_a_whole_run_folder_and_evaluates() {
    let place = Place::new();
    let report = place.train("run", &[]);
    assert_eq!(report["epochs"], 3);
    for file in [
        "config.toml",
        "environment.json",
        "metrics.jsonl",
        "evaluation.json",
        "model/model.json",
        "model/model.safetensors",
        "plots/loss.png",
        "plots/reconstructions.png",
        "plots/filters.png",
        "plots/codes.png",
    ] {
        assert!(place.path("run").join(file).is_file(), "{file} is missing");
    }
    let evaluation = place.document(&["evaluate", "run", "--json"]);
    assert_eq!(evaluation["code_size"], 2);
    for part in ["train", "validation", "test"] {
        assert!(evaluation["splits"][part]["examples"].as_u64().is_some_and(|examples| examples > 0));
        assert!(evaluation["splits"][part]["loss"].as_f64().is_some_and(f64::is_finite));
        let ours = evaluation["splits"][part]["squared_error_per_example"].as_f64().expect("a number");
        let pca = evaluation["pca"][part]["squared_error_per_example"].as_f64().expect("a number");
        assert!(ours > 0.0 && pca > 0.0);
    }
    assert_eq!(evaluation, report["evaluation"]);
    let inspection = place.document(&["inspect", "run", "--json"]);
    assert_eq!(inspection["parameters"], 2 * (784 * 16 + 16 * 2) + 16 + 2 + 16 + 784);
    let denoising = place.document(&["denoise", "run", "--json"]);
    assert!(denoising["ratio"].as_f64().is_some_and(|ratio| ratio > 0.0));
}

#[test]
fn decoding_after_encoding_is_reconstructing() {
    let place = Place::new();
    place.train("run", &[]);
    let values: Vec<f32> = (0..5 * 784).map(|i| (i % 256) as f32).collect();
    npy(&place.path("x.npy"), 784, &values);
    place.done(&["encode", "run", "x.npy", "-o", "h.npy"]);
    place.done(&["decode", "run", "h.npy", "-o", "y.npy"]);
    let shape = place.document(&["reconstruct", "run", "x.npy", "-o", "z.npy", "--json"]);
    assert_eq!((shape["rows"].as_u64(), shape["columns"].as_u64()), (Some(5), Some(784)));
    let (decoded, reconstructed) = (numbers(&place.path("y.npy")), numbers(&place.path("z.npy")));
    assert_eq!((numbers(&place.path("h.npy")).len(), decoded.len()), (10, values.len()));
    assert!(decoded.iter().zip(&reconstructed).all(|(a, b)| (a - b).abs() <= 1e-6 * b.abs().max(1.0)));
    // In the user's units: pixels up to 255, not the unit range that the model works in.
    assert!(reconstructed.iter().any(|&pixel| pixel > 2.0));
}

#[test]
fn the_seed_decides_every_byte_of_the_model() {
    let place = Place::new();
    place.train("a", &[]);
    place.train("b", &[]);
    place.train("c", &["--seed", "8"]);
    assert_eq!(place.model("a"), place.model("b"));
    assert_ne!(place.model("a"), place.model("c"));
    // The resolved configuration repeats the run.
    place.done(&["train", "a/config.toml", "--run", "d"]);
    assert_eq!(place.model("a"), place.model("d"));
}

#[test]
fn a_killed_run_resumes_to_the_same_bytes() {
    let place = Place::new();
    let more = ["--set", "data.examples=6000", "--epochs", "4"];
    let mut words = [&small("whole")[..]].concat();
    words.retain(|word| !matches!(*word, "--epochs" | "3"));
    words.extend(more);
    place.done(&words);
    let killed: Vec<&str> = words.iter().map(|word| if *word == "whole" { "killed" } else { word }).collect();
    let mut process = place.command(&killed).spawn().expect("the command starts");
    let checkpoint = place.path("killed/checkpoints/epoch-1.json");
    while !checkpoint.exists() && process.try_wait().expect("a process").is_none() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    process.kill().expect("killed");
    process.wait().expect("ended");
    let report = place.document(&["train", "--resume", "--run", "killed", "--json"]);
    assert_eq!(report["epochs"], 4);
    assert_eq!(place.model("killed"), place.model("whole"));
}

#[test]
fn wrong_input_is_one_line_with_the_remedy_and_leaves_nothing() {
    let place = Place::new();
    place.refused(2, &["train", "mnist-dep"], &["mnist-dep", "did you mean `mnist-deep`"]);
    place.refused(2, &["train", "--set", "model.hiden=[3]"], &["model.hiden", "did you mean `hidden`"]);
    place.refused(2, &["train", "--set", "trian.epochs=3"], &["trian", "did you mean `train`"]);
    place.refused(2, &["train", "--model", "dence"], &["dence", "model.kind", "did you mean `dense`"]);
    place.refused(
        2,
        &["train", "--set", "corruption.probability=1.5"],
        &["corruption.probability = 1.5", "from 0 to 1"],
    );
    place.refused(2, &["train", "--set", "model.hidden=[16, 0]"], &["model.hidden[1]", "positive"]);
    place.refused(2, &["train", "--set", "model.code=\"two\""], &["model", "two"]);
    place.refused(
        2,
        &["train", "--set", "penalty=[{kind=\"l1\", weight=-1}]"],
        &["penalty[0]", "weight = -1"],
    );
    place.refused(2, &["train", "--device", "cuda"], &["cuda", "--features cuda"]);
    place.refused(2, &["train", "--device", "tpu"], &["tpu", "flex"]);
    place.refused(2, &["train", "--device", "flex,tpu"], &["tpu", "flex"]);
    place.refused(2, &["train", "--data", "mnits"], &["mnits", "did you mean `mnist`"]);
    place.refused(1, &["train", "--data", "missing.npy"], &["missing.npy"]);
    place.refused(2, &["train", "missing.toml"], &["missing.toml"]);
    std::fs::write(place.path("bad.toml"), "[model]\nkind = \n").expect("written");
    place.refused(2, &["train", "bad.toml"], &["bad.toml, line 2"]);
    place.refused(1, &["evaluate", "nowhere"], &["nowhere", "model/model.json is missing"]);
    place.refused(1, &["train", "--resume", "--run", "nowhere"], &["nowhere", "config.toml is missing"]);
    place.refused(1, &["train", "--run", "/proc/ae"], &["/proc/ae", "cannot write"]);
    assert!(!place.path("runs").exists(), "a run folder was left behind");
    assert!(!place.path("nowhere").exists());
}

#[test]
fn files_that_do_not_fit_a_run_are_refused_by_name() {
    let place = Place::new();
    place.train("run", &[]);
    place.refused(1, &small("run"), &["run", "--resume"]);
    npy(&place.path("narrow.npy"), 3, &[0.0; 6]);
    npy(&place.path("nan.npy"), 3, &[0.0, 1.0, 2.0, 3.0, f32::NAN, 5.0]);
    for verb in ["encode", "reconstruct"] {
        place.refused(1, &[verb, "run", "nan.npy", "-o", "h.npy"], &["nan.npy, row 1, column 1", "NaN"]);
    }
    place.refused(1, &["train", "--data", "nan.npy"], &["nan.npy, row 1, column 1"]);
    place.refused(2, &["interpolate", "run", "--from", "99999"], &["99999"]);
    place.refused(2, &["interpolate", "run", "--unit", "7"], &["code unit 7 does not exist"]);
    place.refused(1, &["encode", "run", "narrow.npy", "-o", "h.npy"], &["3 features", "1x28x28"]);
    std::fs::write(place.path("text.npy"), "a,b\n").expect("written");
    place.refused(1, &["encode", "run", "text.npy", "-o", "h.npy"], &["text.npy", "numpy.save"]);
    place.refused(1, &["encode", "run", ".", "-o", "h.npy"], &["is a folder"]);
    npy(&place.path("x.npy"), 784, &[0.0; 784]);
    std::fs::create_dir(place.path("taken")).expect("a folder");
    place.refused(2, &["encode", "run", "x.npy", "-o", "taken"], &["taken", ".npy, .csv or .parquet"]);
    assert!(!place.path("h.npy").exists());
    let weights = place.path("run/model/model.safetensors");
    std::fs::write(&weights, &place.model("run")[..100]).expect("written");
    place.refused(1, &["inspect", "run"], &["model.safetensors", "damaged"]);
}

#[test]
fn lists_and_recipes_are_there_for_people_and_programs() {
    let place = Place::new();
    let recipe = place.done(&["recipes", "show", "mnist-deep"]);
    assert!(recipe.contains("hidden = [1000, 500, 250]"));
    std::fs::write(place.path("mine.toml"), recipe).expect("written");
    place.refused(
        1,
        &["train", "mine.toml", "--data-dir", "empty", "--run", "run"],
        &["mnist", "--data-dir"],
    );
    assert!(
        place.document(&["recipes", "list", "--json"])["recipes"]
            .as_array()
            .is_some_and(|list| list.len() > 5)
    );
    assert!(place.done(&["data", "list"]).contains("strokes"));
    assert!(place.done(&["devices"]).contains("flex"));
    let completions = place.done(&["completions", "bash"]);
    let help = place.done(&["train", "--help"]);
    for known in ["mnist-deep", "swiss-roll", "variational"] {
        assert!(completions.contains(known) && help.contains(known), "{known}");
    }
    let shown = place.document(&["data", "show", "rectangles", "-o", "picture.png", "--json"]);
    assert_eq!(shown["features"], 784);
    assert!(place.path("picture.png").is_file());
}

#[test]
fn samples_and_interpolations_are_drawn_from_codes_of_any_model() {
    let place = Place::new();
    place.train("dense", &[]);
    let settings = ["--set", "model={kind=\"variational\", hidden=[16], code=2}"];
    place.document(
        &[&["train", "--json", "--epochs", "2", "--run", "vae", "--set", "data.examples=400"], &settings[..]]
            .concat(),
    );
    for run in ["dense", "vae"] {
        let done = place.document(&["sample", run, "-n", "7", "-o", "s.npy", "--components", "3", "--json"]);
        assert_eq!(done["examples"], 7);
        assert_eq!(done["codes"].as_str().expect("words").contains("prior"), run == "vae", "{done}");
        let samples = numbers(&place.path("s.npy"));
        assert_eq!(samples.len(), 7 * 784);
        // In the user's units, and not all the same.
        assert!(samples.iter().all(|pixel| (0.0..=255.0).contains(pixel)));
        assert_ne!(samples[..784], samples[784..2 * 784]);
        assert!(place.path(&format!("{run}/plots/samples.png")).is_file());
        place.done(&["sample", run, "-n", "7", "-o", "other.npy", "--seed", "2"]);
        assert_ne!(samples, numbers(&place.path("other.npy")));

        place.done(&["interpolate", run, "--from", "3", "--to", "5", "--steps", "4", "-o", "i.npy"]);
        let path = numbers(&place.path("i.npy"));
        assert_eq!(path.len(), 4 * 784);
        assert_ne!(path[..784], path[3 * 784..]);
        place.done(&["interpolate", run, "--from", "5", "--to", "3", "--steps", "4", "-o", "back.npy"]);
        let back = numbers(&place.path("back.npy"));
        assert!(path[..784].iter().zip(&back[3 * 784..]).all(|(a, b)| (a - b).abs() < 1e-3));
        place.done(&["interpolate", run, "--unit", "1", "--steps", "3", "-o", "u.npy"]);
        assert_eq!(numbers(&place.path("u.npy")).len(), 3 * 784);
    }
    place.refused(2, &["evaluate", "dense", "--evidence", "3"], &["dense", "no posterior"]);
    // Grey pixels are no bits, so there is a bound and no -ln p(x).
    let grey = place.document(&["evaluate", "vae", "--evidence", "3", "--json"]);
    assert!(grey["evidence"]["negative_elbo"].is_number());
    assert!(grey["evidence"]["negative_log_likelihood"].is_null());
}

#[test]
fn a_penalty_on_a_schedule_has_its_weight_in_the_metrics() {
    let place = Place::new();
    let penalty = "penalty=[{kind=\"l1\", weight={from=0.0, to=1.0, until=1.0}}, {kind=\"l1\", weight=0.5}]";
    place.train("run", &["--set", penalty]);
    let text = std::fs::read_to_string(place.path("run/metrics.jsonl")).expect("metrics");
    let lines: Vec<serde_json::Value> =
        text.lines().map(|line| serde_json::from_str(line).expect("a line")).collect();
    // The first has a mean weight of 1/6, 1/2 and 5/6 in the three epochs; the second always 1/2.
    let ratio = |epoch: usize| {
        let term = |name: &str| lines[epoch]["train"][name].as_f64().expect("a term");
        term("l1") / term("l1-2")
    };
    assert!(ratio(0) < 0.6 && ratio(2) > 1.4, "{} {}", ratio(0), ratio(2));
}

#[test]
fn devices_that_share_a_training_are_named_in_it_and_a_verb_takes_one() {
    let place = Place::new();
    let together = place.train("together", &["--device", "flex,flex", "--set", "train.accumulation=2"]);
    let alone = place.train("alone", &[]);
    let loss = |report: &serde_json::Value| {
        report["evaluation"]["splits"]["test"]["loss"].as_f64().expect("a number")
    };
    // Each part of a batch has noise of its own.
    assert!((loss(&together) / loss(&alone) - 1.0).abs() < 0.05, "{together} {alone}");
    assert_ne!(place.model("together"), place.model("alone"));
    place.done(&["evaluate", "together"]);
    place.refused(2, &["evaluate", "together", "--device", "flex,flex"], &["flex,flex", "one of them"]);
    if !cfg!(feature = "remote") {
        place.refused(2, &["worker"], &["remote", "not compiled in", "--features remote"]);
    }
}
