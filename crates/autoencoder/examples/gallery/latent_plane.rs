//! A variational autoencoder with two latent units: the plane decoded, and where the classes lie in it.

use autoencoder::report::{ImageRow, ImageShape, Scatter, image_grid};

use crate::lab::{Lab, Outcome, beside};
use crate::page::Page;

const SIDE: usize = 20;
const REACH: f32 = 2.5;
const SHOWN: usize = 4000;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let source = format!("data.source={}", lab.digits);
    let experiment = lab.train(
        "latent-plane",
        &[
            &source,
            "data.scaling=unit",
            "model.kind=variational",
            "model.hidden=[400,200]",
            "model.code=2",
            "train.epochs=25",
            "train.batch_size=128",
            "train.optimizer.kind=adam",
            "train.optimizer.learning_rate=2e-3",
            "train.schedule.kind=one-cycle",
        ],
    )?;
    let at = |step: usize| REACH * (2.0 * step as f32 / (SIDE - 1) as f32 - 1.0);
    // The first row of pictures is the upper end of the second axis.
    let grid = (0..SIDE * SIDE).flat_map(|point| [at(point % SIDE), at(SIDE - 1 - point / SIDE)]).collect();
    let decoded = experiment.decode(grid)?;
    let rows: Vec<ImageRow<'_>> =
        decoded.chunks(decoded.len() / SIDE).map(|values| ImageRow { label: "", values }).collect();
    let panels = [lab.picture("latent-plane-decoded"), lab.picture("latent-plane-codes")];
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    let title = format!("Every point of the plane decodes to an image: -{REACH} to {REACH} on both axes");
    image_grid(&panels[0], &title, &rows, shape, (0.0, 1.0))?;

    let test = experiment.parts.test.as_ref();
    let codes = experiment.codes(test)?;
    let shown = codes.len().min(SHOWN);
    let points: Vec<(f64, f64)> =
        codes[..shown].iter().map(|code| (f64::from(code[0]), f64::from(code[1]))).collect();
    let clouds = Scatter::clouds_by_label(&points, test.labels().map(|labels| &labels[..shown]), &|label| {
        label.to_string()
    });
    Scatter {
        title: "The same plane: codes of test images, coloured by class",
        x_label: "first latent unit, posterior mean",
        y_label: "second latent unit, posterior mean",
        clouds,
        arrows: Vec::new(),
    }
    .save(&panels[1])?;
    beside(&panels, &lab.picture("latent-plane"))?;
    Ok(Page {
        title:
            "Two latent units: classes are neighbours in the plane, and between them images change smoothly"
                .to_owned(),
        equation: "max E_q(z|x)[ln p(x|z)] - KL(q(z|x) || N(0, I)),  z of two dimensions",
        see: format!(
            "Left, the decoder's mean on a grid of {SIDE} by {SIDE} points, the first latent unit to the right and the second upwards,\n\
             from -{REACH} to {REACH}. Right, the posterior means of {shown} test images in the same plane: though no label was\n\
             used in training, the classes have places, and the place of a class is where the left picture shows it. The KL\n\
             term draws all codes to a standard normal distribution, which leaves hardly any gaps."
        ),
        paper: "D. Kingma and M. Welling, Auto-encoding variational Bayes, ICLR (2014), figure 4.",
    })
}
