//! Stacks and the classifiers on them, through the command.

mod place;

use place::{Place, npy, numbers};

const STACK: &str = "\
[data]
source = \"strokes\"
examples = 600
[model]
kind = \"dense\"
hidden = [60, 40]
code = 30
activation = \"sigmoid\"
code_activation = \"sigmoid\"
tied = true
initialisation = \"glorot-uniform\"
[loss]
kind = \"bernoulli\"
[corruption]
kind = \"masking\"
probability = 0.25
[train]
epochs = 0
batch_size = 20
optimizer = { kind = \"adam\", learning_rate = 3e-3 }
";

fn place(stages: &str) -> Place {
    let place = Place::new();
    std::fs::write(place.path("stack.toml"), format!("{STACK}{stages}")).expect("written");
    place
}

fn loss(place: &Place, layer: usize, epoch: usize) -> f64 {
    let path = place.path(&format!("run/stages/{layer}/metrics.jsonl"));
    let text = std::fs::read_to_string(path).expect("metrics");
    let line = text.lines().nth(epoch - 1).expect("the epoch");
    let record: serde_json::Value = serde_json::from_str(line).expect("a line");
    record["validation"]["objective"].as_f64().expect("a loss")
}

#[test]
fn layers_are_trained_one_after_the_other_and_the_whole_starts_from_them() {
    let place = place("[[stage]]\nepochs = 6\n[[stage]]\nepochs = 5\n[[stage]]\nepochs = 4\n");
    let report = place.document(&["train", "stack.toml", "--run", "run", "--json"]);
    assert_eq!(report["epochs"], 0);
    for (layer, epochs) in [(1, 6), (2, 5), (3, 4)] {
        assert!(loss(&place, layer, epochs) < loss(&place, layer, 1), "layer {layer}");
    }
    let error = |report: &serde_json::Value| {
        report["evaluation"]["splits"]["validation"]["squared_error_per_example"].as_f64().expect("an error")
    };
    // The same architecture with weights as they were drawn.
    let drawn = ["train", "stack.toml", "--run", "drawn", "--json", "--epochs", "1", "--set", "stage=[]"];
    let drawn = [&drawn[..], &["--set", "train.optimizer.learning_rate=1e-12"]].concat();
    assert!(error(&report) < 0.8 * error(&place.document(&drawn)), "{report}");
    place.done(&["report", "run"]);
    let page = std::fs::read_to_string(place.path("run/report.html")).expect("a page");
    for layer in 1..=3 {
        assert!(page.contains(&format!(">Layer {layer}: objective by epoch<")), "layer {layer}");
    }
    assert!(!page.contains(">Objective by epoch<"), "the whole was not trained");
    // And trained on from there.
    let longer = ["train", "stack.toml", "--run", "longer", "--json", "--epochs", "3"];
    assert!(error(&place.document(&longer)) < error(&report));
}

#[test]
fn a_stack_killed_in_its_second_layer_goes_on_there_to_the_same_bytes() {
    let place = place("[[stage]]\nepochs = 40\n");
    place.done(&["train", "stack.toml", "--run", "whole", "--json"]);
    let mut process = place
        .command(&["train", "stack.toml", "--run", "killed", "--json"])
        .spawn()
        .expect("the command starts");
    let second = place.path("killed/stages/2");
    while !second.join("checkpoints/epoch-3.json").exists() {
        assert!(process.try_wait().expect("a process").is_none(), "ended before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    process.kill().expect("killed");
    process.wait().expect("ended");
    assert!(!second.join("model").exists(), "the second layer was finished before the kill");
    let first = std::fs::metadata(place.path("killed/stages/1/metrics.jsonl")).expect("metrics").modified();
    place.done(&["train", "--resume", "--run", "killed", "--json"]);
    let after = std::fs::metadata(place.path("killed/stages/1/metrics.jsonl")).expect("metrics").modified();
    assert_eq!(first.expect("a time"), after.expect("a time"), "the first layer was trained again");
    assert_eq!(place.model("killed"), place.model("whole"));
}

#[test]
fn a_classifier_on_a_pretrained_encoder_is_trained_in_three_ways() {
    let place = place("[[stage]]\nepochs = 40\n");
    place.done(&["train", "stack.toml", "--run", "run", "--json"]);
    let error = |words: &[&str]| {
        let report = place.document(&[&["finetune", "run", "--json", "--epochs", "20"][..], words].concat());
        assert_eq!(report["classes"], 10);
        report["answers"]["test"]["error"].as_f64().expect("an error")
    };
    let rate = ["--set", "train.optimizer.learning_rate=3e-3"];
    let tuned = error(&rate);
    let frozen = error(&[&rate[..], &["--encoder", "frozen", "--run", "frozen"]].concat());
    let new = error(&[&rate[..], &["--encoder", "new", "--run", "new"]].concat());
    assert!(tuned < 0.35 && tuned < frozen && frozen < new, "{tuned} {frozen} {new}");
    // With every hidden unit and the code dropped only the biases of the softmax can learn.
    let dropped = ["--set", "hidden_corruption={kind=\"dropout\", probability=1.0}"];
    for encoder in ["tuned", "frozen"] {
        let words = [&rate[..], &dropped, &["--encoder", encoder, "--run", "dropped"]].concat();
        assert!(error(&words) > 0.7, "{encoder}");
        std::fs::remove_dir_all(place.path("dropped")).expect("removed");
    }
    for folder in ["run/classifier", "frozen", "new"] {
        assert!(place.path(folder).join("model/classifier.safetensors").is_file(), "{folder}");
    }
    // A frozen encoder keeps its weights: the classifier's file holds them.
    let weights = |path: &str| std::fs::read(place.path(path)).expect("weights");
    let (of_run, of_frozen) =
        (weights("run/model/model.safetensors"), weights("frozen/model/classifier.safetensors"));
    let last = &of_run[of_run.len() - 4000..of_run.len() - 2000];
    assert!(of_frozen.windows(last.len()).any(|window| window == last));
}

#[test]
fn a_regressor_tells_the_number_in_a_column() {
    let place = Place::new();
    let row = |i: usize| {
        let (a, b) = ((i as f64 * 0.37).sin(), (i as f64 * 0.61).cos());
        format!("{a},{b},{},{}\n", a * b, 1000.0 + 200.0 * a - 50.0 * b)
    };
    let table = format!("a,b,c,price\n{}", (0..400).map(row).collect::<String>());
    std::fs::write(place.path("rows.csv"), table).expect("written");
    place.done(&[
        "train", "--data", "rows.csv", "--label", "price", "--epochs", "20", "--run", "run", "--json",
    ]);
    let report = place.document(&["finetune", "run", "--regress", "--json", "--set", "train.batch_size=20"]);
    let test = &report["deviations"]["test"];
    assert!(test["explained_variance_ratio"].as_f64().expect("a share") > 0.9, "{test}");
    assert!(test["root_mean_squared_error"].as_f64().expect("an error") < 50.0, "{test}");
    place.done(&["predict", "run/classifier", "rows.csv", "-o", "numbers.npy"]);
    let told = numbers(&place.path("numbers.npy"));
    assert!(
        told.len() == 400 && told.iter().all(|price| (700.0..1300.0).contains(price)),
        "{:?}",
        &told[..3]
    );
    // Words are no numbers, and the label may not be among the features.
    let words =
        format!("a,b,kind\n{}", (0..60).map(|i| format!("{i},{},k{}\n", i * i, i % 3)).collect::<String>());
    std::fs::write(place.path("words.csv"), words).expect("written");
    place.done(&[
        "train",
        "--data",
        "words.csv",
        "--label",
        "kind",
        "--epochs",
        "1",
        "--run",
        "words",
        "--json",
    ]);
    place.refused(2, &["finetune", "words", "--regress"], &["`k0` is not a number", "--regress"]);
    place.done(&["finetune", "words", "--epochs", "1", "--json"]);
    place.done(&["predict", "words/classifier", "words.csv", "-o", "said.csv"]);
    let said = std::fs::read_to_string(place.path("said.csv")).expect("a table");
    let mut lines = said.lines();
    assert_eq!(lines.next(), Some("class,p_k0,p_k1,p_k2"));
    let cells: Vec<&str> = lines.next().expect("a row").split(',').collect();
    let shares: Vec<f64> = cells[1..].iter().map(|cell| cell.parse().expect("a share")).collect();
    assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-5);
    let greatest = (0..3).max_by(|&a, &b| shares[a].total_cmp(&shares[b])).expect("three");
    assert_eq!(cells[0], format!("k{greatest}"));
    place.refused(1, &["predict", "words", "words.csv", "-o", "said.csv"], &["no classifier", "ae finetune"]);
    let seen = ["finetune", "words", "--label", "a", "--run", "other"];
    place.refused(2, &seen, &["`a` is among the features", "--label a"]);
}

#[test]
fn probes_stand_side_by_side_for_codes_and_input() {
    let place = Place::new();
    let set = ["--set", "data.examples=1500", "--set", "model.code=20", "--set", "data.test=0.2"];
    place.done(&[&["train", "--json", "--run", "run", "--epochs", "6"][..], &set].concat());
    let probed = place.document(&["probe", "run", "-k", "3", "--json"]);
    assert_eq!((probed["codes"]["width"].as_u64(), probed["input"]["width"].as_u64()), (Some(20), Some(784)));
    for space in ["codes", "input"] {
        for probe in ["linear", "neighbours"] {
            let error = probed[space][probe]["error"].as_f64().expect("an error");
            assert!((0.0..0.5).contains(&error), "{space} {probe} {error}");
            assert_eq!(probed[space][probe]["examples"], 250);
        }
    }
    assert_ne!(probed["codes"]["linear"], probed["input"]["linear"]);
    let table = place.done(&["probe", "run", "-k", "3"]);
    assert!(table.contains("3 neighbours") && table.contains("codes") && table.contains("input"), "{table}");
}

#[test]
fn what_does_not_fit_is_refused_in_one_line() {
    let place = place("[[stage]]\nepochs = 2\n");
    let train = |set: &'static str| ["train", "stack.toml", "--run", "run", "--set", set];
    place.refused(2, &train("stage=[{epochs=1},{epochs=2}]"), &["2 [[stage]] tables for 3 layers"]);
    place.refused(2, &train("stage=[{epochs=0}]"), &["stage[0]", "epochs"]);
    place.refused(2, &train("stage=[{epoch=1}]"), &["stage[0].epoch", "did you mean `epochs`"]);
    place.refused(2, &train("stage=[]"), &["train.epochs"]);
    place.refused(2, &train("model.kind=conv"), &["conv", "dense"]);
    let dropout = "hidden_corruption={kind=\"dropout\", probability=2.0}";
    place.refused(2, &["finetune", "nowhere", "--set", dropout], &["hidden_corruption.probability = 2"]);
    place.refused(2, &train("emphasis.clean=-1"), &["emphasis.clean = -1"]);
    place.refused(1, &["finetune", "nowhere"], &["nowhere", "model/model.json is missing"]);
    assert!(!place.path("run").exists());
    npy(&place.path("points.npy"), 2, &(0..200).map(|i| (i as f32).sin()).collect::<Vec<_>>());
    place.done(&["train", "--data", "points.npy", "--epochs", "1", "--run", "points", "--json"]);
    place.refused(2, &["finetune", "points"], &["no labels", "--label"]);
    assert!(!place.path("points/classifier").exists());
}
