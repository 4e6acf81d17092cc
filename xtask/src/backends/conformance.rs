//! Item by item: what a device computes beside flex in f64.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde::Deserialize;

use super::backend::Backend;

/// What rounding in f32 explains, relative to the greatest value of an item.
const ALLOWED: f64 = 1e-4;

/// An item as the program `conformance` prints it.
#[derive(Debug, Deserialize)]
struct Item {
    item: String,
    /// None where it is no number.
    values: Vec<Option<f64>>,
}

/// What a device computes, or why it computes nothing.
type Computed = Result<Vec<Item>, String>;

/// The deviations of every backend, and whether all are allowed.
pub(super) struct Table {
    pub(super) lines: Vec<String>,
    pub(super) failed: Vec<&'static str>,
}

/// Runs the program for flex in f64 and for each backend, and compares item by item.
pub(super) fn table(program: &Path, backends: &[Backend]) -> Result<Table, String> {
    let reference = compute(program, &["flex", "f64"], &[])?;
    let mut failed = Vec::new();
    let mut columns = Vec::new();
    let mut missing = Vec::new();
    for backend in backends {
        match compute(program, &[&backend.device], &backend.environment) {
            Err(reason) => {
                failed.push(backend.name);
                missing.push(format!("{} is not available: {reason}", backend.name));
            }
            Ok(items) => {
                let deviations = deviations(&reference, &items);
                if deviations.iter().any(|deviation| !is_allowed(*deviation)) {
                    failed.push(backend.name);
                }
                columns.push((backend.name, deviations));
            }
        }
    }
    let mut lines = vec![header(&columns)];
    lines.extend(reference.iter().enumerate().map(|(row, item)| line(&item.item, &columns, row)));
    lines.extend(missing);
    Ok(Table { lines, failed })
}

fn compute(program: &Path, words: &[&str], environment: &[(&'static str, std::path::PathBuf)]) -> Computed {
    let output = Command::new(program)
        .args(words)
        .envs(environment.iter().map(|(key, value)| (*key, value.as_path())))
        .output()
        .map_err(|error| error.to_string())?;
    let text = String::from_utf8_lossy(&output.stdout);
    let items = text.lines().map(serde_json::from_str::<Item>).collect::<Result<Vec<Item>, _>>();
    match (output.status.success(), items) {
        (true, Ok(items)) => Ok(items),
        (_, items) => {
            let done = items.as_ref().map_or(0, Vec::len);
            let errors = String::from_utf8_lossy(&output.stderr);
            let last = errors.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("no message");
            Err(format!("after {done} items it ended with {}: {}", output.status, last.trim()))
        }
    }
}

/// For each item of the reference, the greatest difference relative to the greatest value; infinite where an item is
/// missing, has another size or is no number.
fn deviations(reference: &[Item], items: &[Item]) -> Vec<f64> {
    let by_name: BTreeMap<&str, &Item> = items.iter().map(|item| (item.item.as_str(), item)).collect();
    let deviation = |expected: &Item| match by_name.get(expected.item.as_str()) {
        Some(found) if found.values.len() == expected.values.len() => {
            let numbers = expected.values.iter().flatten();
            let scale = numbers.fold(f64::MIN_POSITIVE, |scale, value| scale.max(value.abs()));
            let apart = expected.values.iter().zip(&found.values).map(|pair| match pair {
                (Some(a), Some(b)) => (a - b).abs(),
                _ => f64::INFINITY,
            });
            apart.fold(0.0, f64::max) / scale
        }
        _ => f64::INFINITY,
    };
    reference.iter().map(deviation).collect()
}

fn is_allowed(deviation: f64) -> bool {
    deviation <= ALLOWED
}

fn header(columns: &[(&'static str, Vec<f64>)]) -> String {
    let names: String = columns.iter().map(|(name, _)| format!("{name:>10}")).collect();
    format!("{:<48}{names}", "relative to flex in f64")
}

fn line(item: &str, columns: &[(&'static str, Vec<f64>)], row: usize) -> String {
    let cell = |(_, deviations): &(_, Vec<f64>)| {
        let deviation = deviations[row];
        format!("{:>9}{}", format!("{deviation:.0e}"), if is_allowed(deviation) { ' ' } else { '!' })
    };
    format!("{item:<48}{}", columns.iter().map(cell).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn item(name: &str, values: &[f64]) -> Item {
        // As the program prints them, for which what is no number is null.
        let line = serde_json::json!({ "item": name, "values": values });
        serde_json::from_value(line).expect("an item")
    }

    #[test]
    fn what_is_missing_of_another_size_or_no_number_deviates_without_bound() {
        let reference = [item("a", &[1.0, -4.0])];
        let near = deviations(&reference, &[item("a", &[1.0, -4.004])])[0];
        assert!((near - 1e-3).abs() < 1e-9 && !is_allowed(near), "{near}");
        assert!(is_allowed(deviations(&reference, &reference)[0]));
        for found in [vec![], vec![item("a", &[1.0])], vec![item("a", &[1.0, f64::NAN])]] {
            assert!(!is_allowed(deviations(&reference, &found)[0]));
        }
    }

    #[test]
    fn a_backend_that_deviates_is_marked_in_its_column() {
        let columns = [("flex", vec![1e-6]), ("vulkan", vec![0.5])];
        assert_eq!(line("product", &columns, 0).trim_start_matches("product").trim(), "1e-6      5e-1!");
    }
}
