//! Error against the number of layers, at equal code size.

use autoencoder::report::{Curve, CurvePlot};

use crate::lab::{Lab, Outcome};
use crate::page::Page;

const HIDDEN: [&str; 5] = ["[]", "[512]", "[512,256]", "[512,256,128]", "[512,384,256,128]"];

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let source = format!("data.source={}", lab.digits);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (index, hidden) in HIDDEN.into_iter().enumerate() {
        let hidden = format!("model.hidden={hidden}");
        let experiment = lab.train(
            &format!("depth-{}", index + 1),
            &[
                &source,
                "data.examples=12000",
                &hidden,
                "model.code=8",
                "train.epochs=20",
                "train.batch_size=64",
                "train.schedule.kind=one-cycle",
            ],
        )?;
        let layers = (index + 1) as f64;
        train.push((layers, experiment.error(experiment.parts.train.as_ref())?));
        test.push((layers, experiment.error(experiment.parts.test.as_ref())?));
    }
    let best =
        test.iter().copied().fold((1.0, f64::INFINITY), |best, at| if at.1 < best.1 { at } else { best });
    let title = format!(
        "Depth: with 8 code units {} layers leave {:.0} % of the error of one",
        best.0,
        100.0 * best.1 / test[0].1
    );
    CurvePlot {
        title: &title,
        x_label: "layers of the encoder (the decoder mirrors them)",
        y_label: "squared error per image",
        log_y: false,
        curves: vec![Curve { name: "test", points: test.clone() }, Curve { name: "training", points: train }],
        marked: None,
    }
    .save(&lab.picture("depth"))?;
    Ok(Page {
        title,
        equation: "h = s_L(W_L ... s_1(W_1 x + b_1) ... + b_L), the same number of code units for every L",
        see: format!(
            "One layer bends the plane of codes only at its border and is little better than PCA: {:.2}. The first hidden layers\n\
             lower the error most ({:.2} with {} layers); what more of them bring is the gap between training and test.",
            test[0].1, best.1, best.0
        ),
        paper: "G. Hinton and R. Salakhutdinov, Reducing the dimensionality of data with neural networks, Science 313 (2006).",
    })
}
