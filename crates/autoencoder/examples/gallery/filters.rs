//! Filters learned under masking noise: from grain to blobs and strokes.

use autoencoder::core::Facts as _;
use autoencoder::report::{ImageShape, filter_grid};

use crate::lab::{Lab, Outcome, beside, mean};
use crate::page::Page;

const UNITS: usize = 256;
const PERCENT: [u32; 3] = [0, 25, 50];

pub(crate) fn draw(lab: &Lab) -> Outcome<Page> {
    let (source, code) = (format!("data.source={}", lab.digits), format!("model.code={UNITS}"));
    let shape = ImageShape { channels: 1, height: 28, width: 28 };
    let (mut panels, mut extents) = (Vec::new(), Vec::new());
    for percent in PERCENT {
        let fraction = format!("corruption.probability={:.2}", f64::from(percent) / 100.0);
        let mut settings = vec![
            source.as_str(),
            &code,
            "model.hidden=[]",
            "model.code_activation=sigmoid",
            "model.tied=true",
            "model.initialisation=glorot-uniform",
            "train.epochs=15",
            "train.batch_size=64",
            "train.optimizer.kind=adam",
            "train.optimizer.learning_rate=1e-3",
        ];
        if percent > 0 {
            settings.extend(["corruption.kind=masking", &fraction]);
        }
        let experiment = lab.train(&format!("filters-{percent}"), &settings)?;
        let weights = experiment.trained.model.encoder_weights();
        let weights = weights.first().ok_or("a model without weights")?;
        let units = weights.dims()[1];
        let weights: Vec<f32> = weights.clone().into_data().iter().collect();
        let path = lab.picture(&format!("filters-{percent}"));
        let title = format!("{percent} % of the pixels masked");
        filter_grid(&path, &title, &weights, units, shape)?;
        panels.push(path);
        extents.push(extent(&weights, units, shape));
    }
    beside(&panels, &lab.picture("filters"))?;
    Ok(Page {
        title: "Masking noise turns grain into blobs and strokes: filters with 0, 25 and 50 % masked"
            .to_owned(),
        equation: "x~ = x with a share ν of its values set to 0;  min Σ L(x, g(f(x~)))",
        see: format!(
            "The weights of the first layer's largest units, each drawn as the image it looks for: positive red, negative blue,\n\
             on its own scale. Without noise most are grain all over the image, since nothing keeps a unit from it. To guess\n\
             what is missing, a unit has to know what belongs together in a digit: the more pixels are masked, the more units\n\
             look for a blob or a piece of a stroke. Measured, the root mean\n\
             square distance of a filter's energy from its own centre is {:.1}, {:.1} and {:.1} pixels.",
            extents[0], extents[1], extents[2]
        ),
        paper: "P. Vincent, H. Larochelle, I. Lajoie, Y. Bengio and P.-A. Manzagol, Stacked denoising autoencoders, \
                JMLR 11 (2010), figure 6.",
    })
}

/// How far the squared weights of a unit lie from their centre of mass, as the root of the mean square, in
/// pixels, averaged over the units.
fn extent(weights: &[f32], units: usize, shape: ImageShape) -> f64 {
    let of = |unit: usize| {
        let energy = |pixel: usize| f64::from(weights[pixel * units + unit]).powi(2);
        let at = |pixel: usize| ((pixel % shape.width) as f64, (pixel / shape.width) as f64);
        let pixels = 0..shape.width * shape.height;
        let total: f64 = pixels.clone().map(energy).sum();
        let centre = pixels.clone().fold((0.0, 0.0), |sum, pixel| {
            let (x, y) = at(pixel);
            (sum.0 + x * energy(pixel) / total, sum.1 + y * energy(pixel) / total)
        });
        let spread = pixels.map(|pixel| {
            let (x, y) = at(pixel);
            energy(pixel) / total * ((x - centre.0).powi(2) + (y - centre.1).powi(2))
        });
        spread.sum::<f64>().sqrt()
    };
    mean(&(0..units).map(of).collect::<Vec<_>>())
}
