//! The sets of the table, and what is tried on each.

use std::fmt::{self, Display, Formatter};

/// What the paper has, in percent, and how its network is trained here.
pub(super) struct Set {
    pub(super) name: &'static str,
    pub(super) source: &'static str,
    /// SVM-rbf, SAE-3, SDAE-3.
    pub(super) paper: [f64; 3],
    /// The noises that are tried in pretraining: the paper's masking first.
    pub(super) noise: &'static [Noise],
    pub(super) batch: usize,
    /// Passes over the training part for each layer.
    pub(super) epochs: usize,
    /// The ways of learning from the labels that are tried.
    pub(super) labels: &'static [Labels],
}

impl Set {
    /// Every way of training that is tried.
    pub(super) fn ways(&self) -> Vec<Transport> {
        let noises = std::iter::once(&Noise::None).chain(self.noise);
        let pretrained = noises.flat_map(|&noise| {
            self.labels.iter().map(move |&labels| Transport { noise, labels, is_new: false })
        });
        let new = self.labels_from_new_weights().into_iter().map(|labels| Transport {
            noise: Noise::None,
            labels,
            is_new: true,
        });
        pretrained.chain(new).collect()
    }

    /// What is tried without pretraining. New weights do not leave their plateau at the rate that suits pretrained ones, and
    /// dropout does not help them off it: the first way is tried with both optimizers, those with dropout with Adam alone.
    fn labels_from_new_weights(&self) -> Vec<Labels> {
        let mut tried = Vec::new();
        for (index, &labels) in self.labels.iter().enumerate() {
            if index == 0 && labels.dropout == 0.0 {
                tried.extend([labels, labels.with_adam()]);
            } else if labels.dropout > 0.0 {
                tried.push(labels.with_adam());
            }
        }
        tried
    }
}

/// A way of training a classifier.
#[derive(Clone, Copy)]
pub(super) struct Transport {
    pub(super) noise: Noise,
    pub(super) labels: Labels,
    /// Whether the labels are learned from new weights, and not from those that pretraining left.
    pub(super) is_new: bool,
}

impl Transport {
    pub(super) fn column(self) -> &'static str {
        if self.is_new { "no pretraining" } else { self.noise.column() }
    }
}

impl Display for Transport {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.is_new {
            write!(f, "new weights; {}", self.labels)
        } else {
            write!(f, "{}; {}", self.noise, self.labels)
        }
    }
}

/// What is done to each layer's input in pretraining.
#[derive(Clone, Copy)]
pub(super) enum Noise {
    None,
    /// The share of inputs that are masked.
    Masking(f64),
    /// The share of inputs that are set to an end of their range; the loss of the others counts half: the
    /// paper's emphasised denoising.
    SaltAndPepper(f64),
}

impl Noise {
    /// The name of its runs.
    pub(super) fn name(self) -> String {
        match self {
            Self::None => "noise-0".to_owned(),
            Self::Masking(share) => format!("noise-{share}"),
            Self::SaltAndPepper(share) => format!("salt-and-pepper-{share}"),
        }
    }

    pub(super) fn column(self) -> &'static str {
        match self {
            Self::None => "SAE-3",
            Self::Masking(_) | Self::SaltAndPepper(_) => "SDAE-3",
        }
    }

    pub(super) fn settings(self) -> Vec<String> {
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

/// What moves the weights while labels are learned.
#[derive(Clone, Copy)]
pub(super) enum Optimizer {
    Sgd,
    Adam,
}

impl Optimizer {
    fn setting(self) -> String {
        let value = match self {
            Self::Sgd => "{kind=\"sgd\", learning_rate=0.1, momentum=0.9}",
            Self::Adam => "{kind=\"adam\", learning_rate=1e-3}",
        };
        format!("train.optimizer={value}")
    }
}

impl Display for Optimizer {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sgd => "sgd",
            Self::Adam => "adam",
        })
    }
}

/// How the labels are learned.
#[derive(Clone, Copy)]
pub(super) struct Labels {
    optimizer: Optimizer,
    /// The share of inputs that are masked.
    masking: f64,
    /// The share of units that are dropped in each of the three layers.
    dropout: f64,
    pub(super) epochs: usize,
}

impl Labels {
    const fn masked(masking: f64, epochs: usize) -> Self {
        Self { optimizer: Optimizer::Sgd, masking, dropout: 0.0, epochs }
    }

    const fn and_dropped(self, dropout: f64) -> Self {
        Self { dropout, ..self }
    }

    const fn with_adam(self) -> Self {
        Self { optimizer: Optimizer::Adam, ..self }
    }

    /// The name of its runs.
    pub(super) fn name(self) -> String {
        let Self { optimizer, masking, dropout, .. } = self;
        match dropout {
            0.0 => format!("{optimizer}-{masking}"),
            _ => format!("{optimizer}-{masking}-dropout-{dropout}"),
        }
    }

    pub(super) fn words(self, set: &Set) -> Vec<String> {
        let mut settings = vec![
            self.optimizer.setting(),
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
        let Self { optimizer, masking, dropout, epochs } = self;
        write!(f, "with labels {optimizer}, masking {masking}, dropout {dropout}, {epochs} epochs")
    }
}

pub(super) const SETS: [Set; 5] = [
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
        labels: &[Labels::masked(0.2, 50).and_dropped(0.4).with_adam()],
    },
];

/// A small one.
pub(super) const QUICK: Set = Set {
    name: "quick",
    source: "mnist-rot",
    paper: [0.0; 3],
    noise: &[Noise::Masking(0.25)],
    batch: 50,
    epochs: 40,
    labels: &[Labels::masked(0.0, 30)],
};
