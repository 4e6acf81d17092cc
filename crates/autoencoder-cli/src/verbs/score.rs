//! `ae score`: its words and what it says.

use autoencoder::Error;
use autoencoder::datasets::DataFolder;
use autoencoder::eval::{Estimate, Ranking, Rule};
use autoencoder::run::{Run, RunFolder};
use autoencoder::verbs::{Row, Scored, Scoring};

use crate::arguments::{Score, Threshold};
use crate::output::{Done, document};

pub(super) fn score(words: &Score, data: &DataFolder) -> Result<Done, Error> {
    let run = Run::open(&RunFolder::new(&words.run.run), &words.run.device, data)?;
    let scoring = Scoring {
        input: &words.input,
        shard: words.shard.shard,
        output: words.output.as_deref(),
        labels: words.labels.as_deref(),
        label: words.label.as_deref(),
        anomaly: words.anomaly.as_deref(),
        id: words.id.as_deref(),
        masks: words.masks.as_deref(),
        rule: rule(&words.threshold),
        explain: words.explain,
        for_spreadsheet: words.for_spreadsheet,
        picture: words.picture.as_deref(),
    };
    let scored = run.score(&scoring)?;
    let mut lines = lines(&scored);
    lines.extend(words.picture.as_ref().map(|path| format!("{}: the highest of them drawn", path.display())));
    Ok(Done::new(lines.join("\n"), document(&scored)))
}

fn rule(words: &Threshold) -> Rule {
    let rules = [
        words.quantile.map(Rule::Quantile),
        words.contamination.map(Rule::Contamination),
        words.mad.map(Rule::Mad),
        words.target_fpr.map(Rule::TargetFpr),
    ];
    rules.into_iter().flatten().next().unwrap_or_default()
}

fn lines(scored: &Scored) -> Vec<String> {
    let Scored { rows, threshold, anomalies, worst, ranking, pca, outside, unseen, .. } = scored;
    let file = scored.output.as_ref().map_or(String::new(), |path| format!("{}: ", path.display()));
    let mut lines =
        vec![format!("{file}{anomalies} of {rows} rows score above {threshold:.4}, {}", origin(scored.rule))];
    let name = |row: &Row| row.name.clone().unwrap_or_else(|| row.row.to_string());
    let named: Vec<String> = worst.iter().map(|row| format!("{} ({:.3})", name(row), row.score)).collect();
    lines.push(format!("highest, row (score): {}", named.join(", ")));
    if *unseen > 0 {
        lines.push(format!(
            "{unseen} rows hold words that training did not have: they are called anomalies (column `unseen`)"
        ));
    }
    lines.extend(ranking.as_ref().map(|ranking| format!("model: {}", quality(ranking))));
    lines.extend(pca.as_ref().and_then(|pca| {
        let ranking = pca.ranking.as_ref()?;
        Some(format!("PCA with {} components: {}", pca.components, quality(ranking)))
    }));
    lines.extend(scored.neighbours.as_ref().and_then(|neighbours| {
        let ranking = neighbours.ranking.as_ref()?;
        let (nearest, among) = (neighbours.nearest, neighbours.among);
        Some(format!("{nearest} nearest of {among} rows, no model: {}", quality(ranking)))
    }));
    lines.extend(scored.localisation.map(|at| {
        format!(
            "where in the pictures: AUROC {:.3} of {} pixels, {} of them wrong",
            at.auroc, at.pixels, at.wrong
        )
    }));
    lines.extend(scored.held_out_needed.map(|needed| {
        format!(
            "{} scores are held out, too few for this quantile: the greatest is taken; {needed} are needed",
            scored.held_out
        )
    }));
    if *outside > 0 {
        lines.push(format!(
            "{outside} values lie outside of the range of the training part (column `outside` says in which rows)"
        ));
    }
    lines
}

fn origin(rule: Rule) -> String {
    match rule {
        Rule::Contamination(share) => format!("the {} quantile of these scores", 1.0 - share),
        Rule::Quantile(at) => format!("the {at} quantile of the scores of what the run held out"),
        Rule::Mad(times) => {
            format!("{times} median absolute deviations, as standard deviations, above the median")
        }
        Rule::TargetFpr(rate) => format!("the {} quantile of the scores labelled normal", 1.0 - rate),
    }
}

fn quality(ranking: &Ranking) -> String {
    let words = |Estimate { value, low, high }: Estimate| format!("{value:.3} ({low:.3} to {high:.3})");
    format!(
        "AUROC {}, average precision {}, precision at {} {}",
        words(ranking.auroc),
        words(ranking.average_precision),
        ranking.anomalies,
        words(ranking.precision_at_n)
    )
}
