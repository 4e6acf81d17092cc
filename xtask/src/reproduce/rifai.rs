//! Rifai et al. 2011: how much the codes of one layer move, and what a classifier makes of them.

use super::row::{Claims, Row, Trial, difference, percent};
use super::runs::{Runs, number};
use crate::error::TaskError;

pub(crate) const PAGE: &str = "# Contraction

    cargo xtask reproduce rifai2011

Rifai, Vincent, Muller, Glorot and Bengio, *Contractive Auto-Encoders*, ICML 2011: one layer of 1000 sigmoid units on MNIST,
tied weights and cross-entropy; the mean over the test images of the Frobenius norm of the encoder's Jacobian after
pretraining, and the test error in percent of a network that starts from the layer and is trained on the labels. The order of
the norms is the claim; their scale depends on the parametrisation, and the paper's is its own. Of the paper's five layers
three are run: DAE-b (1.57) and AE with weight decay (1.68) are not. Where several weights of a
penalty are tried, the validation part chooses, and of three ways of learning from the labels, two of them with masking noise
on the images and dropout on the codes, the last also with Adam, which the paper has not. `±` is half the 95 % interval.
";

pub(crate) const LEFT: &str = "
Tried with CAE of weight 0.5 alone and left for their validation errors, all by gradient descent:

| settings | validation error % |
|---|---|
| rate 0.1, masking 0.25, dropout 0, 40 epochs | 1.64 |
| rate 0.1, masking 0.2, dropout 0.5, 40 epochs | 1.71 |
| rate 0.3, masking 0.2, dropout 0.3, 100 epochs (with weight 2: 1.33) | 1.30 |
| rate 0.3, masking 0.25, dropout 0.5, 100 epochs | 1.42 |
";

/// A regularizer of the layer, and what the paper has for it: the norm times 10⁴, and the test error in percent.
struct Kind {
    name: &'static str,
    paper: [f64; 2],
    /// What is tried for it.
    settings: &'static [&'static str],
}

const KINDS: [Kind; 5] = [
    Kind {
        name: "CAE",
        paper: [0.73, 1.14],
        settings: &[
            "penalty=[{kind=\"contractive\", weight=2.0}]",
            "penalty=[{kind=\"contractive\", weight=0.5}]",
        ],
    },
    Kind { name: "DAE-g", paper: [0.86, 1.18], settings: &["corruption={kind=\"gaussian\", sigma=0.3}"] },
    Kind {
        name: "DAE-b",
        paper: [7.87, 1.57],
        settings: &["corruption={kind=\"masking\", probability=0.25}"],
    },
    Kind {
        name: "AE+wd",
        paper: [5.00, 1.68],
        settings: &["penalty=[{kind=\"weight-decay\", weight=1e-3}]"],
    },
    Kind { name: "AE", paper: [17.5, 1.78], settings: &["penalty=[]"] },
];

/// A way of learning from the labels that is tried on each layer.
struct Labels {
    /// The name of its runs.
    name: &'static str,
    settings: &'static [&'static str],
}

const LABELS: [Labels; 3] = [
    Labels { name: "labels", settings: &["train.schedule.kind=constant", "train.epochs=40"] },
    Labels {
        name: "labels-dropout",
        settings: &[
            "train.schedule.kind=cosine",
            "train.epochs=60",
            "train.early_stopping=none",
            "corruption={kind=\"masking\", probability=0.2}",
            "hidden_corruption={kind=\"dropout\", probability=0.2}",
        ],
    },
    Labels {
        name: "labels-adam-dropout",
        settings: &[
            "train.optimizer={kind=\"adam\", learning_rate=1e-3}",
            "train.schedule.kind=cosine",
            "train.epochs=100",
            "train.early_stopping=none",
            "corruption={kind=\"masking\", probability=0.2}",
            "hidden_corruption={kind=\"dropout\", probability=0.5}",
        ],
    },
];

pub(crate) fn names() -> Vec<&'static str> {
    KINDS.iter().map(|kind| kind.name).collect()
}

pub(crate) fn row(name: &str, runs: &mut Runs<'_>) -> Result<Row, TaskError> {
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else { return Ok(Row::default()) };
    let mut row = Row { name: name.to_owned(), ..Row::default() };
    for (index, &settings) in kind.settings.iter().enumerate() {
        let layer = format!("layer-{}", index + 1);
        let evaluation = runs.train(&layer, &layer_words(settings, &["train.epochs=30"]))?;
        row.read(settings, number(&evaluation, "/jacobian_norm")?, 0.0);
        for Labels { name, settings: with } in LABELS {
            let answers = runs.finetune(&layer, name, &label_words(with))?;
            row.trials.push(Trial::new("error", format!("{settings}; {name}"), &answers)?);
        }
    }
    Ok(row)
}

fn layer_words(settings: &str, more: &[&str]) -> Vec<String> {
    let common = ["penalty=[]", "data.validation=0.166667"];
    let settings = common.iter().chain([&settings]).chain(more);
    let settings = settings.flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]);
    std::iter::once("mnist-contractive".to_owned()).chain(settings).collect()
}

fn label_words(settings: &[&str]) -> Vec<String> {
    let common = ["train.optimizer={kind=\"sgd\", learning_rate=0.1, momentum=0.9}", "train.batch_size=100"];
    let settings = common.iter().chain(settings);
    settings.flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]).collect()
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| layer | paper: norm · 10⁴ | norm | paper: error % | error % | ours − paper | seconds |".to_owned(),
        "|---|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == row.name) else { continue };
        let [norm, error] = kind.paper;
        let chosen = row.chosen("error");
        // A reading is named by the layer's settings, with which those of its trials begin.
        let read = chosen.and_then(|it| row.readings.iter().find(|read| it.settings.starts_with(&read.name)));
        let ours = read.map_or("-".to_owned(), |it| format!("{:.3}", it.value));
        let errors = chosen.map_or("-".to_owned(), |it| percent(it.test, it.interval));
        let more = chosen.map_or("-".to_owned(), |it| difference(100.0 * it.test, error));
        lines.push(format!(
            "| {} | {norm:.2} | {ours} | {error:.2} | {errors} | {more} | {:.0} |",
            row.name, row.seconds
        ));
    }
    lines.join("\n")
}

/// Small layers on few digits: the order of the norms.
pub(crate) fn quick(runs: &mut Runs<'_>) -> Result<Claims, TaskError> {
    let mut norms = Vec::new();
    for name in ["CAE", "DAE-g", "AE"] {
        let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else { continue };
        let words =
            layer_words(kind.settings[0], &["data.examples=5000", "model.code=300", "train.epochs=20"]);
        norms.push((name, number(&runs.train(name, &words)?, "/jacobian_norm")?));
    }
    let pair = |pair: &[(&str, f64)]| {
        let [(less, below), (more, above)] = [pair[0], pair[1]];
        (
            format!("the code of {less} moves less than that of {more}: {below:.3} against {above:.3}"),
            below < above,
        )
    };
    Ok(norms.windows(2).map(pair).collect())
}
