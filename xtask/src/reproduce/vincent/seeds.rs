//! The ways of training that the validation part chose, again with other seeds: other weights, other noise, another draw of
//! the set.

use super::{COLUMNS, SETS, learn};
use crate::error::TaskError;
use crate::reproduce::row::{Repeat, Row};
use crate::reproduce::runs::{Runs, number};

/// Trains what was chosen of each column again, with the seeds 1, 2 and so on, until there are `count` with the row's own.
pub(crate) fn again(row: &mut Row, count: u64, runs: &mut Runs<'_>) -> Result<(), TaskError> {
    let Some(set) = SETS.iter().find(|set| set.name == row.name) else { return Ok(()) };
    for seed in 1..count {
        for column in COLUMNS {
            let settings = row.chosen(column).map(|trial| trial.settings.clone());
            let way = set.ways().into_iter().find(|way| Some(way.to_string()) == settings);
            let Some(way) = way else { continue };
            let more = ["--set".to_owned(), format!("train.seed={seed}")];
            let answers = learn(set, way, &more, &format!("-seed-{seed}"), runs)?;
            row.repeats.retain(|other| (other.column.as_str(), other.seed) != (column, seed));
            row.repeats.push(Repeat {
                column: column.to_owned(),
                seed,
                test: number(&answers, "/test/error")?,
            });
            row.repeats.sort_by_key(|repeat| repeat.seed);
        }
    }
    Ok(())
}

/// The table of the rows that were trained with more seeds than one; nothing where none was.
pub(crate) fn table(rows: &[Row]) -> String {
    let rows: Vec<&Row> = rows.iter().filter(|row| !row.repeats.is_empty()).collect();
    if rows.is_empty() {
        return String::new();
    }
    let mut lines = vec![
        INTRODUCTION.to_owned(),
        "| set | no pretraining | SAE-3 | SDAE-3 | means | SDAE-3 errs least |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let errors = COLUMNS.map(|column| row.test_errors(column));
        let cells = errors.each_ref().map(|errors| {
            errors.iter().map(|error| format!("{:.2}", 100.0 * error)).collect::<Vec<_>>().join(", ")
        });
        let means = errors.each_ref().map(|errors| format!("{:.2}", 100.0 * mean(errors))).join(", ");
        let seeds = errors.iter().map(Vec::len).min().unwrap_or(0);
        let wins = (0..seeds).filter(|&seed| errors[2][seed] < errors[0][seed].min(errors[1][seed])).count();
        let [none, sae, sdae] = cells;
        lines.push(format!("| {} | {none} | {sae} | {sdae} | {means} | {wins} of {seeds} |", row.name));
    }
    lines.join("\n") + "\n"
}

const INTRODUCTION: &str = "
## Other seeds

    cargo xtask reproduce vincent2010 --seeds 3

The trials that were chosen, trained again with other seeds: other weights, other noise and, but for mnist, another draw of the
set. Nothing is chosen anew. Test error in percent, the table's own seed first.
";

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::reproduce::row::Trial;

    #[test]
    fn errors_stand_by_seed_and_the_seeds_in_which_noise_errs_least_are_counted() {
        let trial = |column: &str, test| Trial {
            column: column.to_owned(),
            settings: String::new(),
            validation: 0.0,
            validation_cross_entropy: 0.0,
            test,
            interval: 0.0,
        };
        let repeat = |column: &str, test| Repeat { column: column.to_owned(), seed: 1, test };
        let row = Row {
            name: "rect".to_owned(),
            trials: vec![trial(COLUMNS[0], 0.3), trial(COLUMNS[1], 0.2), trial(COLUMNS[2], 0.1)],
            repeats: vec![repeat(COLUMNS[0], 0.3), repeat(COLUMNS[1], 0.1), repeat(COLUMNS[2], 0.2)],
            ..Row::default()
        };
        let expected = "| rect | 30.00, 30.00 | 20.00, 10.00 | 10.00, 20.00 | 30.00, 15.00, 15.00 | 1 of 2 |";
        let found = table(&[row]);
        assert!(found.contains(expected), "{found}");
        assert_eq!(table(&[Row::default()]), "");
    }
}
