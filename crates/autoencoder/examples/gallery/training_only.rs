//! A code that is good for the training data only.

use autoencoder::report::Bars;

use crate::lab::{Lab, Outcome, mean, noise, values};
use crate::page::Page;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let source = format!("data.source={}", lab.digits);
    let experiment = lab.train(
        "training-only",
        &[
            &source,
            "data.examples=12000",
            "model.hidden=[512,256]",
            "model.code=32",
            "train.epochs=20",
            "train.batch_size=64",
            "train.schedule.kind=one-cycle",
        ],
    )?;
    let test = &experiment.parts.test;
    let share = |of: &dyn autoencoder::core::Source| -> Outcome<f64> {
        let energy: f64 = values(of)?.iter().map(|&x| f64::from(x).powi(2)).sum();
        Ok(100.0 * mean(&experiment.errors(of)?) * of.len() as f64 / energy)
    };
    let others = lab.others()?;
    let noise = noise(test.as_ref(), 2000, 0.0, 1.0);
    let found = vec![
        share(experiment.parts.train.as_ref())?,
        share(test.as_ref())?,
        share(others.as_ref())?,
        share(&noise)?,
    ];
    let title = format!(
        "The code is good for digits only: {:.0} % lost of a digit, {:.0} % of clothes",
        found[1], found[2]
    );
    Bars {
        title: &title,
        y_label: "squared error, % of the image's sum of squares",
        groups: vec!["training digits", "test digits", lab.others, "noise"],
        series: vec![("autoencoder with 32 code units", found.clone())],
    }
    .save(&lab.picture("training-only"))?;
    Ok(Page {
        title,
        equation: "100 Σ||x - x^||² / Σ||x||², over the examples of each set",
        see: format!(
            "Digits it has never seen are reconstructed almost as well as those of the training ({:.1} % against {:.1} %). Pictures\n\
             of another kind and noise are not ({:.0} % and {:.0} %): the code has room for what is common among digits and for\n\
             nothing else. That is why the error tells how far an example is from the training data.",
            found[1], found[0], found[2], found[3]
        ),
        paper: "I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, MIT Press (2016), chapter 14.",
    })
}
