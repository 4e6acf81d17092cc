//! The errors of single examples: their distribution, a threshold, and the worst.

use std::sync::Arc;

use autoencoder_eval::{Rule, quantile};
use autoencoder_report::{Block, Chart, Mark, Marker, Section, Series};

use super::facts::{Facts, section, short, words};
use crate::data::rows::by_column;
use crate::data::rows::most;
use crate::error::Error;
use crate::model::scorer::Scorer;
use crate::model::scorer::worst::worst;
use crate::pictures::{self, image_shape};

/// Bars of the histogram.
const BARS: usize = 50;

pub(super) fn histogram(facts: &Facts<'_>) -> Result<Section, Error> {
    let (Facts { parts, config, .. }, trained) = (facts, facts.trained());
    let scorer = match facts.run.scorer() {
        Some(scorer) => Arc::clone(scorer),
        None => Arc::new(Scorer::fit(trained, parts, config.score.kind)?),
    };
    let scores = scorer.scores(trained, parts.test.as_ref(), facts.run.listener())?;
    let threshold = quantile(scorer.held_out(), Rule::QUANTILE);
    let (width, bars) = bars(&scores, quantile(&scores, 0.995).unwrap_or(0.0));
    let chart = Chart {
        title: "Scores of the test part".to_owned(),
        marker: Marker::Bars,
        width,
        x: "score".to_owned(),
        y: "examples".to_owned(),
        series: vec![Series { name: "test".to_owned(), points: bars }],
        marks: threshold
            .map(|at| Mark { at, name: "95 % of what was held out".to_owned() })
            .into_iter()
            .collect(),
    };
    let above = threshold.map_or(0, |threshold| scores.iter().filter(|score| **score > threshold).count());
    let text = format!(
        "How badly single test examples are reconstructed; the highest half percent stands in the last bar. {above} of {} lie above 95 % of what was held out of the training.",
        scores.len()
    );
    let mut blocks = vec![Block::Chart(chart)];
    blocks.extend(worst_rows(facts, &scores)?);
    Ok(section("Errors and the worst examples", text, blocks))
}

/// The width of a bar and the middle and height of each; what lies above `most` stands in the last.
pub(super) fn bars(scores: &[f64], most: f64) -> (f64, Vec<(f64, f64)>) {
    let least = scores.iter().copied().fold(f64::INFINITY, f64::min);
    let width = ((most - least) / BARS as f64).max(f64::MIN_POSITIVE);
    let mut counts = [0_usize; BARS];
    for &score in scores.iter().filter(|score| score.is_finite()) {
        counts[(((score - least) / width) as usize).min(BARS - 1)] += 1;
    }
    let middle = |bar: usize| least + (bar as f64 + 0.5) * width;
    (width, counts.iter().enumerate().map(|(bar, &count)| (middle(bar), count as f64)).collect())
}

/// The ten highest scores: images with their reconstructions, or the features that are wrong the most.
fn worst_rows(facts: &Facts<'_>, scores: &[f64]) -> Result<Vec<Block>, Error> {
    let (Facts { parts, .. }, trained) = (facts, facts.trained());
    let worst = worst(scores, 0);
    let indices: Vec<usize> = worst.iter().map(|row| row.row).collect();
    let features = parts.shape.features();
    let mut values = vec![0.0; indices.len() * features];
    parts.test.rows(&indices, &mut values)?;
    let source = autoencoder_datasets::Matrix::new(parts.shape, values.clone());
    let mut blocks = Vec::new();
    if let (Some(shape), false) = (image_shape(parts.shape), indices.is_empty()) {
        let scorer = facts.run.scorer().map(Arc::as_ref);
        // The page has it, whether the run can be written to or not.
        let place =
            tempfile::tempdir().map_err(|source| Error::Unwritable { path: std::env::temp_dir(), source })?;
        let path = place.path().join("worst.png");
        let range = parts.test.value_range().unwrap_or((0.0, 1.0));
        pictures::errors(&path, "The worst test examples", (trained, scorer), (&values, shape), range)?;
        let words = "The test examples of the highest scores above their reconstructions and their errors";
        blocks.extend(facts.picture(&path, words));
    }
    let shares = trained.on().shares(&source)?;
    let columns = trained.columns();
    let shares = by_column(&columns, &shares);
    let rows = worst.iter().zip(shares.chunks_exact(columns.len())).map(|(row, shares)| {
        let label =
            parts.test.labels().map_or_else(|| "-".to_owned(), |labels| parts.name_of(labels[row.row]));
        vec![row.row.to_string(), short(row.score), label, most(shares, &columns)]
    });
    let header =
        words(["row of the test part", "score", "label", "features with the largest share of the error"]);
    blocks.push(Block::Table { header, rows: rows.collect() });
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_score_stands_in_a_bar_and_the_highest_in_the_last() {
        let scores: Vec<f64> = (0..100).map(f64::from).chain([1e9, f64::NAN]).collect();
        let (width, bars) = bars(&scores, 100.0);
        assert_eq!((width, bars.len()), (2.0, BARS));
        assert_eq!(bars.iter().map(|bar| bar.1).sum::<f64>(), 101.0);
        assert_eq!(bars[BARS - 1], (99.0, 3.0));
    }
}
