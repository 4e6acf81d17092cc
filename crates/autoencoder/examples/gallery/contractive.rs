//! Contraction: the singular values of the encoder's Jacobian, with the penalty and without.

use autoencoder::core::{Facts as _, Subset};
use autoencoder::report::{Curve, CurvePlot};
use faer::Mat;

use crate::lab::{Experiment, Lab, Outcome};
use crate::page::Page;

const EXAMPLES: usize = 20;
const UNITS: usize = 300;
/// From where on a direction counts as one that moves the code.
const MOVES: f64 = 0.05;

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let (source, code) = (format!("data.source={}", lab.digits), format!("model.code={UNITS}"));
    let penalty = r#"penalty=[{kind="contractive",weight=2.0}]"#;
    let common = [
        source.as_str(),
        "data.examples=12000",
        &code,
        "model.hidden=[]",
        "model.code_activation=sigmoid",
        "model.tied=true",
        "model.initialisation=glorot-uniform",
        "train.epochs=20",
        "train.batch_size=64",
        "train.optimizer.kind=adam",
    ];
    let plain = lab.train("contractive-without", &common)?;
    let contractive = lab.train("contractive-with", &[&common[..], &[penalty]].concat())?;
    let (without, with) = (spectrum(&plain)?, spectrum(&contractive)?);
    let directions = |spectrum: &[f64]| spectrum.iter().filter(|&&value| value > MOVES).count();
    let title = format!(
        "Contraction leaves {} directions that move the code by more than {MOVES}; without it there are {}",
        directions(&with),
        directions(&without)
    );
    let curve = |spectrum: &[f64]| {
        spectrum.iter().enumerate().map(|(index, &value)| (index as f64 + 1.0, value)).collect()
    };
    CurvePlot {
        title: &title,
        x_label: "singular value of dh/dx, in order of size",
        y_label: "singular value, mean over test images",
        log_y: true,
        curves: vec![
            Curve { name: "without penalty", points: curve(&without) },
            Curve { name: "contractive", points: curve(&with) },
            Curve { name: "moves the code by 0.05", points: vec![(1.0, MOVES), (UNITS as f64, MOVES)] },
        ],
        marked: None,
    }
    .save(&lab.picture("contractive"))?;
    Ok(Page {
        title,
        equation: "J = Σ L(x, x^) + λ ||dh/dx||_F²,  ||dh/dx||_F² = Σ_k σ_k²  (for sigmoid units Σ_j (h_j (1 - h_j))² Σ_i W_ij²)",
        see: format!(
            "Singular values of the Jacobian of the encoder at {EXAMPLES} test images, averaged. Each says how much the code moves\n\
             for a step of length one in a direction of the input. The penalty shrinks all, but the reconstruction keeps those\n\
             alive in which digits vary. Counted are the directions in which the code moves by more than {MOVES} of the step. The\n\
             test error in nats per image is {:.2} with the penalty and {:.2} without.",
            nats(&contractive)?,
            nats(&plain)?
        ),
        paper: "S. Rifai, P. Vincent, X. Muller, X. Glorot and Y. Bengio, Contractive auto-encoders, ICML (2011), figure 3.",
    })
}

/// The singular values of `dh/dx = diag(h (1 - h)) Wᵀ`, the greatest first, averaged over some test images.
fn spectrum(experiment: &Experiment) -> Outcome<Vec<f64>> {
    let rows = Subset::new(experiment.parts.test.clone(), (0..EXAMPLES).collect())?;
    let weights = experiment.trained.model.encoder_weights();
    let weights = weights.first().ok_or("a model without weights")?;
    let [inputs, units] = weights.dims();
    let weights: Vec<f32> = weights.clone().into_data().iter().collect();
    let codes = experiment.codes(&rows)?;
    let mut sum = vec![0.0; units];
    for code in &codes {
        let slope = |unit: usize| f64::from(code[unit] * (1.0 - code[unit]));
        let jacobian =
            Mat::from_fn(units, inputs, |unit, input| slope(unit) * f64::from(weights[input * units + unit]));
        let values = jacobian.singular_values().map_err(|error| format!("{error:?}"))?;
        sum.iter_mut().zip(values).for_each(|(sum, value)| *sum += value / codes.len() as f64);
    }
    Ok(sum)
}

/// The reconstruction loss of the test part.
fn nats(experiment: &Experiment) -> Outcome<f64> {
    let errors = experiment.trained.on().evaluate(experiment.parts.test.as_ref())?;
    Ok(errors.loss)
}
