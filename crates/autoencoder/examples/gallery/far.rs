//! Far from the data: an autoencoder of one class recognises the others by their error.

use std::sync::Arc;

use autoencoder::core::{Source, Subset};
use autoencoder::datasets::{Axes, Heading, write_rows};
use autoencoder::report::{Curve, CurvePlot};

use crate::lab::{Lab, Outcome, outline, unit};
use crate::page::Page;

const CLASS: i64 = 3;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let (train, test) = (unit(lab.training_part(lab.digits)?)?, unit(lab.test_part(lab.digits)?)?);
    let file = lab.file("far-class.npy");
    std::fs::create_dir_all(lab.file(""))?;
    write_rows(&file, &of_class(&train, |label| label == CLASS)?, Axes::Rows, &[], Heading::Names)?;
    let source = format!("data.source={}", file.display());
    let experiment = lab.train(
        "far",
        &[
            &source,
            "data.scaling=none",
            "model.hidden=[256]",
            "model.code=16",
            "train.epochs=20",
            "train.batch_size=64",
            "train.schedule.kind=one-cycle",
        ],
    )?;
    let inside = experiment.errors(&of_class(&test, |label| label == CLASS)?)?;
    let outside = experiment.errors(&of_class(&test, |label| label != CLASS)?)?;
    let others = experiment.errors(lab.others()?.as_ref())?;

    let mut sorted = inside.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let threshold = sorted[sorted.len() * 95 / 100];
    let caught = |errors: &[f64]| {
        100.0 * errors.iter().filter(|&&error| error > threshold).count() as f64 / errors.len() as f64
    };
    let title = format!(
        "Trained on class {CLASS} alone: {:.0} % of the other digits lie beyond 95 % of its own",
        caught(&outside)
    );
    // Nearly all of them have room.
    let mut farthest = others.clone();
    farthest.sort_unstable_by(f64::total_cmp);
    let highest = farthest[farthest.len() * 98 / 100].max(2.0 * sorted[sorted.len() - 1]);
    let beyond = 100.0 * others.iter().filter(|&&error| error > highest).count() as f64 / others.len() as f64;
    let x_label = format!("squared error of a test image ({beyond:.0} % of {} lie beyond)", lab.others);
    let histogram = |errors: &[f64]| outline(errors, 0.0, highest, 60);
    let (own, rest) = (format!("digits of class {CLASS}"), "digits of the other classes");
    CurvePlot {
        title: &title,
        x_label: &x_label,
        y_label: "images, % of their set",
        log_y: false,
        curves: vec![
            Curve { name: &own, points: histogram(&inside) },
            Curve { name: rest, points: histogram(&outside) },
            Curve { name: lab.others, points: histogram(&others) },
        ],
        marked: Some((threshold, "95 % of its own class")),
    }
    .save(&lab.picture("far"))?;
    Ok(Page {
        title,
        equation: "score(x) = ||x - g(f(x))||², f and g trained on one class",
        see: format!(
            "The model saw class {CLASS} in training and nothing else. At the line, 5 % of the test images of that class have a\n\
             larger error. Beyond it are {:.1} % of the digits of other classes and {:.1} % of {}: the error is a distance from\n\
             what was learned, and a threshold on it finds what does not belong.",
            caught(&outside),
            caught(&others),
            lab.others
        ),
        paper: "M. Sakurada and T. Yairi, Anomaly detection using autoencoders with nonlinear dimensionality reduction, \
                MLSDA (2014).",
    })
}

/// The examples of the classes that are asked for.
fn of_class(of: &Arc<dyn Source>, asked: impl Fn(i64) -> bool) -> Outcome<Subset> {
    let labels = of.labels().ok_or("these images have no classes")?;
    let rows = labels.iter().enumerate().filter(|&(_, &label)| asked(label)).map(|(row, _)| row);
    Ok(Subset::new(Arc::clone(of), rows.collect())?)
}
