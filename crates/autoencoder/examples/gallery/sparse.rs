//! Sparse activity: how many code units are active for an example, against the weight of the penalty.

use autoencoder::report::{Curve, CurvePlot};

use crate::lab::{Experiment, Lab, Outcome, beside, mean, outline};
use crate::page::Page;

const UNITS: usize = 512;

/// A penalty with the code it suits.
struct Sparsity {
    name: &'static str,
    activation: &'static str,
    /// A unit is active above that.
    threshold: f32,
    penalty: fn(&str) -> String,
    weights: [&'static str; 4],
}

const L1: Sparsity = Sparsity {
    name: "L1",
    activation: "relu",
    threshold: 0.0,
    penalty: |weight| format!(r#"penalty=[{{kind="l1",weight={weight}}}]"#),
    weights: ["0.0", "0.03", "0.1", "0.3"],
};

const KL: Sparsity = Sparsity {
    name: "KL to 0.05",
    activation: "sigmoid",
    threshold: 0.5,
    penalty: |weight| format!(r#"penalty=[{{kind="kl",weight={weight},rho=0.05}}]"#),
    weights: ["0.0", "0.01", "0.1", "1.0"],
};

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let panels = [lab.picture("sparse-l1"), lab.picture("sparse-kl")];
    let l1 = panel(lab, &L1, &panels[0])?;
    let kl = panel(lab, &KL, &panels[1])?;
    beside(&panels, &lab.picture("sparse"))?;
    Ok(Page {
        title: format!(
            "Sparsity: of {UNITS} code units {:.0} are active with L1 and {:.0} with KL, instead of {:.0} and {:.0}",
            l1[3], kl[3], l1[0], kl[0]
        ),
        equation: "L1: λ Σ_k |h_k|.   KL: λ Σ_k ρ ln(ρ/ρ^_k) + (1-ρ) ln((1-ρ)/(1-ρ^_k)), ρ^_k the mean activity of unit k",
        see: format!(
            "Histograms over the test images of how many of {UNITS} units are active: above {} for the ReLU code under L1,\n\
             above {} for the sigmoid code under KL. The larger λ, the farther left the histogram. L1: {} active units on\n\
             average at λ = {}; KL: {} at λ = {}.",
            L1.threshold,
            KL.threshold,
            rounded(&l1),
            L1.weights.join(", "),
            rounded(&kl),
            KL.weights.join(", "),
        ),
        paper: "A. Ng, Sparse autoencoder, CS294A lecture notes, Stanford (2011); H. Lee, C. Ekanadham and A. Ng, Sparse deep \
                belief net model for visual area V2, NIPS 20 (2008).",
    })
}

/// Draws the histograms of one penalty. Returns the mean number of active units for each weight.
fn panel(lab: &Lab, sparsity: &Sparsity, path: &std::path::Path) -> Outcome<Vec<f64>> {
    let mut counts = Vec::new();
    for weight in sparsity.weights {
        counts.push(active(&train(lab, sparsity, weight)?, sparsity.threshold)?);
    }
    let names: Vec<String> = sparsity.weights.iter().map(|weight| format!("λ = {weight}")).collect();
    let histogram = |counts: &Vec<f64>| outline(counts, 0.0, UNITS as f64, 64);
    let means: Vec<f64> = counts.iter().map(|counts| mean(counts)).collect();
    let title = format!("{}: {:.0} active units without, {:.0} with it", sparsity.name, means[0], means[3]);
    let curves = names.iter().zip(&counts).map(|(name, counts)| Curve { name, points: histogram(counts) });
    CurvePlot {
        title: &title,
        x_label: "active code units of an image",
        y_label: "test images, %",
        log_y: false,
        curves: curves.collect(),
        marked: None,
    }
    .save(path)?;
    Ok(means)
}

fn train(lab: &Lab, sparsity: &Sparsity, weight: &str) -> Outcome<Experiment> {
    let source = format!("data.source={}", lab.digits);
    let code = format!("model.code={UNITS}");
    let activation = format!("model.code_activation={}", sparsity.activation);
    let penalty = (sparsity.penalty)(weight);
    lab.train(
        &format!("sparse-{}-{weight}", sparsity.activation),
        &[
            &source,
            "data.examples=12000",
            &code,
            "model.hidden=[]",
            &activation,
            "model.initialisation=glorot-uniform",
            &penalty,
            "train.epochs=10",
            "train.batch_size=128",
        ],
    )
}

/// How many units are above a threshold, for each test image.
fn active(experiment: &Experiment, threshold: f32) -> Outcome<Vec<f64>> {
    let codes = experiment.codes(experiment.parts.test.as_ref())?;
    let count = |code: &Vec<f32>| code.iter().filter(|&&unit| unit > threshold).count() as f64;
    Ok(codes.iter().map(count).collect())
}

fn rounded(means: &[f64]) -> String {
    means.iter().map(|mean| format!("{mean:.0}")).collect::<Vec<_>>().join(", ")
}
