//! Denoising as projection: where a denoising autoencoder moves the points of the plane.

use autoencoder::core::ExampleShape;
use autoencoder::datasets::Matrix;
use autoencoder::report::{Cloud, Scatter};

use crate::lab::{Lab, Outcome, values};
use crate::page::Page;

const SIDE: usize = 26;
const REACH: f32 = 1.9;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let experiment = lab.train(
        "manifold",
        &[
            "data.source=spiral",
            "data.scaling=standardise",
            "loss.kind=squared-error",
            "model.hidden=[128,128]",
            "model.code=64",
            "model.code_activation=gelu",
            "corruption.kind=gaussian",
            "corruption.sigma=0.15",
            "train.epochs=120",
            "train.batch_size=64",
            "train.optimizer.kind=adam",
            "train.optimizer.learning_rate=2e-3",
            "train.schedule.kind=one-cycle",
        ],
    )?;
    let at = |step: usize| REACH * (2.0 * step as f32 / (SIDE - 1) as f32 - 1.0);
    let grid: Vec<f32> = (0..SIDE * SIDE).flat_map(|point| [at(point % SIDE), at(point / SIDE)]).collect();
    let moved = experiment.reconstruct(&Matrix::new(ExampleShape::Flat(2), grid.clone()))?;
    let (data, test) = (points(&values(experiment.parts.train.as_ref())?), experiment.parts.test.as_ref());
    let (from, to) = (points(&grid), points(&moved));
    let distances =
        |of: &[(f64, f64)]| of.iter().map(|&point| nearest(point, &data)).sum::<f64>() / of.len() as f64;
    let (before, after) = (distances(&from), distances(&to));
    let title = format!(
        "Denoising points to the data: mean distance from the spiral {before:.2} before, {after:.2} after"
    );
    let arrows = from.into_iter().zip(to).map(|(from, to)| [from, to]).collect();
    let clouds = vec![Cloud { name: "training points".to_owned(), points: data }];
    Scatter {
        title: &title,
        x_label: "first coordinate, standard deviations",
        y_label: "second coordinate, standard deviations",
        clouds,
        arrows,
    }
    .save(&lab.picture("manifold"))?;
    Ok(Page {
        title,
        equation: "x -> x^ = g(f(x)), trained by min E ||g(f(x + ε)) - x||²;  for small noise (x^ - x) / σ² -> ∇ ln p(x)",
        see: format!(
            "Each arrow begins at a point of a grid and ends at its reconstruction. The arrows point to the spiral, and end\n\
             there where the nearest turn is clear: noise has been projected back on the manifold of the data. The length of an\n\
             arrow is the reconstruction error, so the error measures the distance from the data. On test points of the spiral\n\
             itself the arrows have almost no length: their squared error is {:.4}.",
            experiment.error(test)?
        ),
        paper: "P. Vincent et al., JMLR 11 (2010), section 5.1 and figure 2; G. Alain and Y. Bengio, JMLR 15 (2014).",
    })
}

fn points(values: &[f32]) -> Vec<(f64, f64)> {
    values.chunks(2).map(|point| (f64::from(point[0]), f64::from(point[1]))).collect()
}

fn nearest(from: (f64, f64), data: &[(f64, f64)]) -> f64 {
    let distance = |to: &(f64, f64)| (from.0 - to.0).hypot(from.1 - to.1);
    data.iter().map(distance).fold(f64::INFINITY, f64::min)
}
