//! Reconstruction error against code size: an autoencoder, a linear one, PCA.

use autoencoder::models::Pca;
use autoencoder::report::{Curve, CurvePlot};

use crate::lab::{Lab, Outcome};
use crate::page::Page;

const SIZES: [usize; 6] = [2, 4, 8, 16, 24, 32];

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let source = format!("data.source={}", lab.digits);
    let (mut deep, mut linear, mut pca) = (Vec::new(), Vec::new(), Vec::new());
    let (mut farthest, mut fitted) = (0.0_f64, None);
    for size in SIZES {
        let code = format!("model.code={size}");
        let common = [source.as_str(), "data.examples=12000", code.as_str(), "loss.kind=squared-error"];
        let optimizer = ["train.optimizer.kind=adam", "train.optimizer.learning_rate=2e-3"];
        let more = ["train.schedule.kind=cosine", "train.batch_size=64", "train.epochs=30"];
        let straight = ["model.hidden=[]", "model.initialisation=glorot-uniform"];
        let curved = ["model.hidden=[512,256]", "train.schedule.kind=one-cycle", "train.epochs=12"];
        let flat =
            lab.train(&format!("linear-{size}"), &[&straight[..], &common, &optimizer, &more].concat())?;
        let bent = lab.train(&format!("deep-{size}"), &[&common[..], &optimizer, &curved].concat())?;
        if fitted.is_none() {
            fitted = Some(Pca::fit(&flat.parts.train, SIZES[SIZES.len() - 1])?);
        }
        let best =
            fitted.as_ref().ok_or("no components")?.squared_errors(flat.parts.test.as_ref(), &[size])?[0];
        let (reached, at) = (flat.error(flat.parts.test.as_ref())?, size as f64);
        farthest = farthest.max((reached / best - 1.0).abs());
        deep.push((at, bent.error(bent.parts.test.as_ref())?));
        linear.push((at, reached));
        pca.push((at, best));
    }
    let last = SIZES.len() - 1;
    let title =
        format!("A linear autoencoder meets PCA within {:.1} %; a deep one beats it", 100.0 * farthest);
    CurvePlot {
        title: &title,
        x_label: "code units",
        y_label: "squared error per test image",
        log_y: true,
        curves: vec![
            Curve { name: "PCA", points: pca.clone() },
            Curve { name: "linear autoencoder", points: linear },
            Curve { name: "deep autoencoder (two hidden layers)", points: deep.clone() },
        ],
        marked: None,
    }
    .save(&lab.picture("code-size"))?;
    Ok(Page {
        title,
        equation: "J = Σ ||x - g(f(x))||², f and g linear: the minimum is PCA's",
        see: format!(
            "The linear autoencoder's points lie on PCA's curve at every code size: with squared error it learns the same\n\
             subspace. The deep autoencoder, bent by two hidden layers, needs fewer code units for the same error: with {} it\n\
             reaches {:.2} where PCA leaves {:.2}.",
            SIZES[last], deep[last].1, pca[last].1
        ),
        paper: "P. Baldi and K. Hornik, Neural networks and principal component analysis, Neural Networks 2 (1989); \
                G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313 (2006).",
    })
}
