//! More code units than inputs: without a regularizer the autoencoder copies anything.

use autoencoder::report::Bars;

use crate::lab::{Lab, Outcome, noise};
use crate::page::Page;

const MODELS: [(&str, &[&str]); 4] = [
    ("unregularised", &[]),
    ("L1", &[r#"penalty=[{kind="l1",weight=0.03}]"#]),
    ("denoising", &["corruption.kind=gaussian", "corruption.sigma=0.2"]),
    ("contractive", &[r#"penalty=[{kind="contractive",weight=1.0,estimate=true}]"#]),
];

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let common = [
        "data.source=spiral",
        "data.scaling=standardise",
        "loss.kind=squared-error",
        "model.hidden=[128]",
        "model.code=128",
        "model.code_activation=gelu",
        "train.epochs=60",
        "train.batch_size=64",
        "train.optimizer.kind=adam",
        "train.optimizer.learning_rate=2e-3",
        "train.schedule.kind=one-cycle",
    ];
    let mut series = Vec::new();
    for (name, settings) in MODELS {
        let experiment = lab.train(&format!("overcomplete-{name}"), &[&common[..], settings].concat())?;
        let test = experiment.parts.test.as_ref();
        // A square within the outer turn of the standardised spiral: none of it is far from all data.
        let noise = noise(test, 2000, -1.3, 1.3);
        series.push((name, vec![experiment.error(test)?, experiment.error(&noise)?]));
    }
    let of_noise = |index: usize| series[index].1[1];
    let title = format!(
        "128 code units for 2 inputs: without a regularizer noise is copied as well, error {:.4}",
        series[0].1[1]
    );
    Bars {
        title: &title,
        y_label: "squared error per example",
        groups: vec!["test points of the spiral", "noise, uniform within the outer turn"],
        series: series.clone(),
    }
    .save(&lab.picture("overcomplete"))?;
    Ok(Page {
        title,
        equation: "code units > inputs: g(f(x)) = x is possible for every x, and nothing is learned",
        see: format!(
            "Four models of one size, 2-128-128-128-2. The unregularised one has an error near zero on the spiral it\n\
             was trained on, and near zero on noise as well: it copies. Each regularizer makes the model choose what it\n\
             reconstructs: the error of noise is {:.4} without any, {:.4} with L1 on the code, {:.4} with denoising and {:.4}\n\
             with contraction, while a test point costs at most {:.4}.",
            of_noise(0),
            of_noise(1),
            of_noise(2),
            of_noise(3),
            series.iter().map(|(_, errors)| errors[0]).fold(0.0, f64::max)
        ),
        paper: "Y. Bengio, A. Courville and P. Vincent, Representation learning: a review and new perspectives, \
                IEEE TPAMI 35 (2013), section 7; G. Alain and Y. Bengio, What regularized auto-encoders learn from the \
                data-generating distribution, JMLR 15 (2014).",
    })
}
