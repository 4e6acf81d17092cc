//! Vincent et al. 2010, table 3: stacked denoising autoencoders against stacks without noise.

use std::fmt::{self, Display, Formatter};

use serde_json::Value;

use super::papers::Claims;
use super::row::{Row, Trial, difference, is_below, percent};
use super::runs::{Runs, number};
use crate::error::TaskError;

pub(crate) const PAGE: &str = "# Stacked denoising autoencoders

    cargo xtask reproduce vincent2010

Vincent, Larochelle, Lajoie, Bengio and Manzagol, *Stacked Denoising Autoencoders*, JMLR 11 (2010), table 3: test error in
percent. **SDAE-3** pretrains three layers with noise on each layer's input, **SAE-3** pretrains them without noise,
**no pretraining** trains the same network from new weights; all are then trained on the labels in the same way: stochastic
gradient descent with momentum and, unlike in the paper, masking noise on the input of the first layer and dropout (Srivastava
et al. 2014) in the three layers where the trials say so. New weights hardly learn at the rate that suits pretrained ones, so
they are trained with Adam as well, or alone. `±` is half the 95 % interval, 1.96 sqrt(p(1-p)/n).

The noise is the paper's masking, and for bg-rand also salt-and-pepper with the loss of the untouched components halved
(emphasised denoising), for which the paper has 8.52 there.

The noise is chosen on the validation part alone, from the trials listed below the table: the least error, and between
equals the least cross-entropy. The sets are drawn
from the 70 000 digits of MNIST, or made, with a seed of ours: the paper's own draw and some details of its making are not
known (`ae data list` has the sets, their sources say what was guessed), so the paper's numbers are of other examples.
";

/// What the paper has, in percent, and how its network is trained here.
struct Set {
    name: &'static str,
    source: &'static str,
    /// SVM-rbf, SAE-3, SDAE-3.
    paper: [f64; 3],
    /// The noises that are tried in pretraining: the paper's masking first.
    noise: &'static [Noise],
    batch: usize,
    /// Passes over the training part for each layer.
    epochs: usize,
    /// The ways of learning from the labels that are tried.
    labels: &'static [Labels],
}

/// What is done to each layer's input in pretraining.
#[derive(Clone, Copy)]
enum Noise {
    None,
    /// The share of inputs that are masked.
    Masking(f64),
    /// The share of inputs that are set to an end of their range; the loss of the others counts half: the
    /// paper's emphasised denoising.
    SaltAndPepper(f64),
}

impl Noise {
    /// The name of its runs.
    fn name(self) -> String {
        match self {
            Self::None => "noise-0".to_owned(),
            Self::Masking(share) => format!("noise-{share}"),
            Self::SaltAndPepper(share) => format!("salt-and-pepper-{share}"),
        }
    }

    fn column(self) -> &'static str {
        match self {
            Self::None => "SAE-3",
            Self::Masking(_) | Self::SaltAndPepper(_) => "SDAE-3",
        }
    }

    fn settings(self) -> Vec<String> {
        match self {
            Self::None => vec!["corruption=none".to_owned()],
            Self::Masking(share) => vec![format!("corruption.probability={share}")],
            Self::SaltAndPepper(share) => vec![
                format!("corruption={{kind=\"salt-and-pepper\", probability={share}}}"),
                "emphasis={corrupted=1.0, clean=0.5}".to_owned(),
            ],
        }
    }
}

impl Display for Noise {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => write!(f, "no noise in pretraining"),
            Self::Masking(share) => write!(f, "masking {share} in pretraining"),
            Self::SaltAndPepper(share) => {
                write!(f, "salt-and-pepper {share} in pretraining, emphasis 1 and 0.5")
            }
        }
    }
}

/// How the labels are learned.
#[derive(Clone, Copy)]
struct Labels {
    /// The share of inputs that are masked.
    masking: f64,
    /// The share of units that are dropped in each of the three layers.
    dropout: f64,
    epochs: usize,
}

impl Labels {
    const fn masked(masking: f64, epochs: usize) -> Self {
        Self { masking, dropout: 0.0, epochs }
    }

    const fn and_dropped(self, dropout: f64) -> Self {
        Self { dropout, ..self }
    }

    /// The name of its runs.
    fn name(self) -> String {
        match self.dropout {
            0.0 => self.masking.to_string(),
            dropout => format!("{}-dropout-{dropout}", self.masking),
        }
    }

    fn words(self, set: &Set) -> Vec<String> {
        let mut settings = vec![
            "train.optimizer={kind=\"sgd\", learning_rate=0.1, momentum=0.9}".to_owned(),
            "train.schedule.kind=cosine".to_owned(),
            "train.early_stopping=none".to_owned(),
            format!("train.batch_size={}", set.batch),
            format!("train.epochs={}", self.epochs),
        ];
        if self.masking > 0.0 {
            settings.push(format!("corruption={{kind=\"masking\", probability={}}}", self.masking));
        }
        if self.dropout > 0.0 {
            settings.push(format!("hidden_corruption={{kind=\"dropout\", probability={}}}", self.dropout));
        }
        settings.into_iter().flat_map(|setting| ["--set".to_owned(), setting]).collect()
    }
}

impl Display for Labels {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { masking, dropout, epochs } = self;
        write!(f, "with labels masking {masking}, dropout {dropout}, {epochs} epochs")
    }
}

const SETS: [Set; 5] = [
    Set {
        name: "rect",
        source: "rect",
        paper: [2.15, 2.41, 1.99],
        noise: &[Noise::Masking(0.1), Noise::Masking(0.25)],
        batch: 20,
        epochs: 200,
        labels: &[Labels::masked(0.0, 100), Labels::masked(0.2, 100)],
    },
    Set {
        name: "basic",
        source: "mnist-basic",
        paper: [3.03, 3.46, 2.84],
        noise: &[Noise::Masking(0.1), Noise::Masking(0.25)],
        batch: 100,
        epochs: 30,
        labels: &[Labels::masked(0.2, 50), Labels::masked(0.2, 100).and_dropped(0.2)],
    },
    Set {
        name: "rot",
        source: "mnist-rot",
        paper: [11.11, 10.30, 9.53],
        noise: &[Noise::Masking(0.25)],
        batch: 100,
        epochs: 30,
        labels: &[
            Labels::masked(0.2, 60),
            Labels::masked(0.4, 60),
            Labels::masked(0.2, 100).and_dropped(0.2),
        ],
    },
    Set {
        name: "bg-rand",
        source: "mnist-bg-rand",
        paper: [14.58, 11.28, 10.30],
        noise: &[Noise::Masking(0.4), Noise::SaltAndPepper(0.25)],
        batch: 100,
        epochs: 100,
        labels: &[Labels::masked(0.1, 100).and_dropped(0.2)],
    },
    Set {
        name: "mnist",
        source: "mnist",
        paper: [1.40, 1.40, 1.28],
        noise: &[Noise::Masking(0.25)],
        batch: 100,
        epochs: 10,
        labels: &[Labels::masked(0.2, 25)],
    },
];

const COLUMNS: [&str; 3] = ["no pretraining", "SAE-3", "SDAE-3"];

/// The names of the rows.
pub(crate) fn names() -> Vec<&'static str> {
    SETS.iter().map(|set| set.name).collect()
}

/// Trains what a row needs and measures it.
pub(crate) fn row(name: &str, runs: &mut Runs<'_>) -> Result<Row, TaskError> {
    let Some(set) = SETS.iter().find(|set| set.name == name) else { return Ok(Row::default()) };
    let mut row = Row { name: name.to_owned(), ..Row::default() };
    for noise in std::iter::once(&Noise::None).chain(set.noise) {
        let run = noise.name();
        runs.train(&run, &stack_words(set, *noise))?;
        for labels in set.labels {
            let answers = runs.finetune(&run, &format!("tuned-{}", labels.name()), &labels.words(set))?;
            row.trials.push(Trial::new(noise.column(), format!("{noise}; {labels}"), &answers)?);
        }
    }
    for (optimizer, labels) in from_new_weights(set.labels) {
        let mut words = labels.words(set);
        words.extend(["--encoder".to_owned(), "new".to_owned()]);
        if optimizer == "adam" {
            words.extend([
                "--set".to_owned(),
                "train.optimizer={kind=\"adam\", learning_rate=1e-3}".to_owned(),
            ]);
        }
        let answers = runs.finetune("noise-0", &format!("new-{optimizer}-{}", labels.name()), &words)?;
        row.trials.push(Trial::new("no pretraining", format!("{optimizer}; {labels}"), &answers)?);
    }
    let probed = runs.probe(&set.noise.first().unwrap_or(&Noise::None).name())?;
    for (reading, pointer) in [("pixels", "/input/linear"), ("codes", "/codes/linear")] {
        let of = |what: &str| number(&probed, &format!("{pointer}/{what}"));
        row.read(reading, of("error")?, of("interval")?);
    }
    Ok(row)
}

/// What is tried without pretraining. New weights do not leave their plateau at the rate that suits pretrained ones, and
/// dropout does not help them off it: the first way is tried with both optimisers, those with dropout with Adam alone.
fn from_new_weights(labels: &[Labels]) -> Vec<(&'static str, Labels)> {
    let mut tried = Vec::new();
    for (index, &labels) in labels.iter().enumerate() {
        if index == 0 && labels.dropout == 0.0 {
            tried.extend([("sgd", labels), ("adam", labels)]);
        } else if labels.dropout > 0.0 {
            tried.push(("adam", labels));
        }
    }
    tried
}

fn stack_words(set: &Set, noise: Noise) -> Vec<String> {
    let mut settings = vec![format!("data.source={}", set.source), "data.validation=0.166667".to_owned()];
    settings.extend(noise.settings());
    settings.push(format!("train.batch_size={}", set.batch));
    settings.push(format!("stage=[{{epochs={}}}]", set.epochs));
    let settings = settings.into_iter().flat_map(|setting| ["--set".to_owned(), setting]);
    std::iter::once("mnist-stacked".to_owned()).chain(settings).collect()
}

/// The table of the rows that there are.
pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| set | paper: SVM, SAE-3, SDAE-3 | no pretraining | SAE-3 | SDAE-3 | ours − paper | SDAE-3 is better than | softmax on pixels | softmax on third codes | seconds |".to_owned(),
        "|---|---|---|---|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let Some(set) = SETS.iter().find(|set| set.name == row.name) else { continue };
        let cell =
            |column: &str| row.chosen(column).map_or("-".to_owned(), |it| percent(it.test, it.interval));
        let reading =
            |name: &str| row.reading(name).map_or("-".to_owned(), |it| percent(it.value, it.interval));
        let [none, sae, sdae] = COLUMNS.map(cell);
        let [svm, paper_sae, paper_sdae] = set.paper;
        lines.push(format!(
            "| {} | {svm:.2}, {paper_sae:.2}, {paper_sdae:.2} | {none} | {sae} | {sdae} | {} | {} | {} | {} | {:.0} |",
            row.name,
            row.chosen("SDAE-3").map_or("-".to_owned(), |it| difference(100.0 * it.test, paper_sdae)),
            better_than(row),
            reading("pixels"),
            reading("codes"),
            row.seconds
        ));
    }
    lines.join("\n")
}

/// The columns that SDAE-3 beats by more than the intervals, and those it does not.
fn better_than(row: &Row) -> String {
    let of = |column: &str| row.chosen(column).map(|trial| (trial.test, trial.interval));
    let verdict = |column: &&str| match (of("SDAE-3"), of(column)) {
        (Some(ours), Some(other)) if is_below(ours, other) => format!("{column}: yes"),
        _ => format!("{column}: not outside the interval"),
    };
    COLUMNS[..2].iter().map(verdict).collect::<Vec<_>>().join("; ")
}

/// Small stacks on turned digits: what pretraining and noise are worth, and what the third layer's codes are.
pub(crate) fn quick(runs: &mut Runs<'_>) -> Result<Claims, TaskError> {
    let mut words = stack_words(&QUICK, QUICK.noise[0]);
    for setting in ["data.examples=3000", "model.hidden=[300, 300]", "model.code=300"] {
        words.extend(["--set".to_owned(), setting.to_owned()]);
    }
    runs.train("noise", &words)?;
    let labels = QUICK.labels[0].words(&QUICK);
    let new = [labels.clone(), vec!["--encoder".to_owned(), "new".to_owned()]].concat();
    let error = |answers: &Value| number(answers, "/test/error");
    let pretrained = error(&runs.finetune("noise", "tuned", &labels)?)?;
    let scratch = error(&runs.finetune("noise", "new", &new)?)?;
    let probed = runs.probe("noise")?;
    let (codes, pixels) = (number(&probed, "/codes/linear/error")?, number(&probed, "/input/linear/error")?);
    Ok(vec![
        (format!("pretraining helps: {pretrained:.3} against {scratch:.3}"), pretrained < scratch),
        (format!("codes are easier to part than pixels: {codes:.3} against {pixels:.3}"), codes < pixels),
    ])
}

const QUICK: Set = Set {
    name: "quick",
    source: "mnist-rot",
    paper: [0.0; 3],
    noise: &[Noise::Masking(0.25)],
    batch: 50,
    epochs: 40,
    labels: &[Labels::masked(0.0, 30)],
};
