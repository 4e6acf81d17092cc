//! What a run learned: reconstructions, filters, codes.

use std::sync::Arc;

use autoencoder_core::{ExampleShape, Source, Subset};
use autoencoder_datasets::Matrix;
use autoencoder_eval::tsne;
use autoencoder_models::Pca;
use autoencoder_report::{Block, Chart, Marker, Scatter, Section, Series};

use super::facts::{Facts, section};
use crate::data::parts::Parts;
use crate::error::Error;

/// Examples whose codes are shown: enough to fill a chart, few enough for a page.
const POINTS: usize = 1500;

pub(super) fn reconstructions(facts: &Facts<'_>) -> Result<Option<Section>, Error> {
    let alt =
        format!("The first test examples of {} above what the model makes of them", facts.config.data.source);
    let Some(picture) = facts.plot("reconstructions", alt) else { return Ok(None) };
    Ok(Some(section(
        "Reconstructions",
        "The first test examples, and what the decoder makes of their codes.",
        vec![picture],
    )))
}

pub(super) fn filters(facts: &Facts<'_>) -> Option<Section> {
    let picture = facts.plot("filters", "The weights of the first layer's units, each as an image")?;
    Some(section(
        "Filters",
        "Each image is the weights of a unit of the first layer: what it responds to most.",
        vec![picture],
    ))
}

/// The codes of test examples in the plane, and how much each code unit varies.
pub(super) fn codes(facts: &Facts<'_>) -> Result<Section, Error> {
    let test = &facts.parts.test;
    let some = Subset::new(Arc::clone(test), (0..test.len().min(POINTS)).collect())?;
    let size = facts.trained().card.code_size;
    let codes = facts.trained().codes_of(&some)?;
    let deviations = deviations(&codes, size);
    let active = deviations.iter().filter(|deviation| **deviation > 1e-3).count();
    let (chart, points) = plane(&codes, size);
    let mut blocks = vec![chart.block(&points, &some, &facts.parts)];
    if let Some(embedded) = tsne(&codes, size, &points) {
        let axes = ["first coordinate", "second coordinate"];
        let title = "Codes, with neighbours kept together (t-SNE): near is alike, far says nothing";
        blocks.push(Cloud { title, axes }.block(&embedded, &some, &facts.parts));
    }
    if size > 1 {
        blocks.push(Block::Chart(Chart {
            title: format!("{active} of {size} code units vary between examples"),
            marker: Marker::Bars,
            width: 1.0,
            x: "code unit".to_owned(),
            y: "standard deviation".to_owned(),
            series: vec![Series {
                name: "unit".to_owned(),
                points: deviations
                    .iter()
                    .enumerate()
                    .map(|(unit, &deviation)| (unit as f64, deviation))
                    .collect(),
            }],
            marks: Vec::new(),
        }));
    }
    let text = format!(
        "Codes of the first {} test examples; colours are their labels where there are any.",
        some.len()
    );
    Ok(section("Codes", text, blocks))
}

/// What a chart of points is called.
struct Cloud {
    title: &'static str,
    axes: [&'static str; 2],
}

impl Cloud {
    fn block(&self, points: &[(f64, f64)], examples: &Subset, parts: &Parts) -> Block {
        let clouds = Scatter::clouds_by_label(points, examples.labels(), &|label| parts.name_of(label));
        let [x, y] = self.axes.map(str::to_owned);
        Block::Chart(Chart {
            title: self.title.to_owned(),
            marker: Marker::Points,
            width: 1.0,
            x,
            y,
            series: clouds
                .into_iter()
                .map(|cloud| Series { name: cloud.name, points: cloud.points })
                .collect(),
            marks: Vec::new(),
        })
    }
}

/// Two code units, or of more the two directions in which codes vary most; one unit against the example's number.
fn plane(codes: &[f32], size: usize) -> (Cloud, Vec<(f64, f64)>) {
    match size {
        1 => (
            Cloud { title: "The code unit by example", axes: ["example", "code unit 0"] },
            codes.iter().enumerate().map(|(row, &code)| (row as f64, f64::from(code))).collect(),
        ),
        2 => (Cloud { title: "Codes", axes: ["code unit 0", "code unit 1"] }, pairs(codes)),
        _ => {
            let source: Arc<dyn Source> = Arc::new(Matrix::new(ExampleShape::Flat(size), codes.to_vec()));
            let axes = ["first component of the codes", "second component of the codes"];
            let cloud = Cloud { title: "Codes, projected on their plane of greatest variance", axes };
            // Fewer than two examples, or codes that are all alike, have no plane.
            (cloud, Pca::fit(&source, 2).map_or_else(|_| Vec::new(), |pca| pairs(&pca.transform(codes))))
        }
    }
}

fn pairs(values: &[f32]) -> Vec<(f64, f64)> {
    values.chunks_exact(2).map(|pair| (f64::from(pair[0]), f64::from(pair[1]))).collect()
}

/// The standard deviation of each column.
fn deviations(values: &[f32], columns: usize) -> Vec<f64> {
    let rows = (values.len() / columns).max(1) as f64;
    let column = |column: usize| values.iter().skip(column).step_by(columns).map(|&value| f64::from(value));
    (0..columns)
        .map(|index| {
            let mean = column(index).sum::<f64>() / rows;
            (column(index).map(|value| (value - mean).powi(2)).sum::<f64>() / rows).sqrt()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_those_of_columns() {
        assert_eq!(deviations(&[1.0, 5.0, 3.0, 5.0], 2), [1.0, 0.0]);
    }
}
