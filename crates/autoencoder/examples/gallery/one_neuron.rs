//! A bottleneck of one neuron: the training set in the order of a single number.

use autoencoder::core::Subset;
use autoencoder::report::{ImageRow, ImageShape, image_grid};

use crate::lab::{Lab, Outcome, values};
use crate::page::Page;

const ACROSS: usize = 20;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let source = format!("data.source={}", lab.digits);
    let experiment = lab.train(
        "one-neuron",
        &[
            &source,
            "data.examples=12000",
            "model.hidden=[512,256,64]",
            "model.code=1",
            "train.epochs=30",
            "train.batch_size=64",
            "train.schedule.kind=one-cycle",
        ],
    )?;
    let train = &experiment.parts.train;
    let mut order: Vec<(usize, f32)> =
        experiment.codes(train.as_ref())?.iter().map(|code| code[0]).enumerate().collect();
    order.sort_unstable_by(|a, b| f32::total_cmp(&a.1, &b.1));
    // From the 2nd to the 98th percentile, since single examples may lie far out.
    let rank = |step: usize| {
        let share = 0.02 + 0.96 * step as f64 / (ACROSS - 1) as f64;
        ((order.len() - 4) as f64 * share) as usize
    };
    let neighbours: Vec<Vec<f32>> = (0..3)
        .map(|offset| {
            let rows = (0..ACROSS).map(|step| order[rank(step) + offset].0).collect();
            values(&Subset::new(train.clone(), rows)?)
        })
        .collect::<Outcome<_>>()?;
    let numbers: Vec<f32> = (0..ACROSS).map(|step| order[rank(step)].1).collect();
    let decoded = experiment.decode(numbers)?;
    let errors = (experiment.error(train.as_ref())?, experiment.error(experiment.parts.test.as_ref())?);
    let title = format!("One number sorts the digits: squared error {:.1} (test {:.1})", errors.0, errors.1);
    let mut rows = vec![ImageRow { label: "decoded number", values: &decoded }];
    let labels = ["nearest on the line", "second nearest", "third nearest"];
    rows.extend(neighbours.iter().zip(labels).map(|(values, label)| ImageRow { label, values }));
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    image_grid(&lab.picture("one-neuron"), &title, &rows, shape, (0.0, 1.0))?;
    Ok(Page {
        title,
        equation: "h = f(x) a single number, x^ = g(h): a curve through the space of images",
        see: format!(
            "From left to right the code rises from its 2nd to its 98th percentile. The first row is the curve the decoder draws\n\
             through the images; below it, the three training images whose codes lie nearest to it. Neighbours on the line look alike: the\n\
             network has put the training set in an order. The error is {:.2} on training and {:.2} on test images.",
            errors.0, errors.1
        ),
        paper: "The extreme case of an undercomplete code: G. Hinton and R. Salakhutdinov, Science 313 (2006).",
    })
}
