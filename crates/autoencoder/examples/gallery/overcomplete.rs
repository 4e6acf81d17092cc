//! More code units than inputs: without a regularizer the autoencoder copies anything.

use autoencoder::report::Bars;

use crate::lab::{Lab, Outcome, noise};
use crate::page::Page;

const MODELS: [(&str, &[&str]); 4] = [
    ("unregularised", &[]),
    ("L1", &[r#"penalty=[{kind="l1",weight=0.03}]"#]),
    ("denoising", &["corruption.kind=gaussian", "corruption.sigma=0.15"]),
    ("contractive", &[r#"penalty=[{kind="contractive",weight=0.03}]"#]),
];

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let common = [
        "data.source=spiral",
        "data.scaling=standardise",
        "loss.kind=squared-error",
        "model.hidden=[128]",
        "model.code=128",
        "model.code_activation=gelu",
        "model.tied=true",
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
        // The square around the standardised spiral.
        let noise = noise(test, 2000, -1.8, 1.8);
        series.push((name, vec![experiment.error(test)?, experiment.error(&noise)?]));
    }
    let ratio = |index: usize| series[index].1[1] / series[index].1[0];
    let title = format!(
        "128 code units for 2 inputs: without a regularizer even noise is copied, error {:.4}",
        series[0].1[1]
    );
    Bars {
        title: &title,
        y_label: "squared error per example",
        groups: vec!["test points of the spiral", "noise, uniform in the square"],
        series: series.clone(),
    }
    .save(&lab.picture("overcomplete"))?;
    Ok(Page {
        title,
        equation: "code units > inputs: g(f(x)) = x is possible for every x, and nothing is learned",
        see: format!(
            "Four models of one size, 2-128-128-128-2. The unregularised one has an error near zero on the spiral it was\n\
             trained on, and near zero on noise as well: it copies. Each regularizer makes the model choose what it\n\
             reconstructs: noise costs {:.0} times the error of a test point with L1 on the code, {:.0} times with denoising\n\
             and {:.0} times with contraction.",
            ratio(1),
            ratio(2),
            ratio(3)
        ),
        paper: "Y. Bengio, A. Courville and P. Vincent, Representation learning: a review and new perspectives, \
                IEEE TPAMI 35 (2013), section 7; G. Alain and Y. Bengio, What regularized auto-encoders learn from the \
                data-generating distribution, JMLR 15 (2014).",
    })
}
