//! Hinton and Salakhutdinov 2006: a code of 30 numbers for a digit, beside PCA's.

use super::papers::Claims;
use super::row::Row;
use super::runs::{Runs, number};
use crate::error::TaskError;

pub(crate) const PAGE: &str = "# A code of 30 numbers for a digit

    cargo xtask reproduce hinton2006

Hinton and Salakhutdinov, *Reducing the Dimensionality of Data with Neural Networks*, Science 313 (2006): the autoencoder
784-1000-500-250-30 on MNIST, squared error of a test image summed over its pixels in [0, 1], beside PCA with 30 components.
The paper's network was pretrained layer by layer with restricted Boltzmann machines; ours is trained at once, on the squared error itself. The epoch is
chosen on the validation part, a tenth of the training images.
";

/// Squared error per image of the paper's autoencoder and of PCA.
const PAPER: [f64; 2] = [3.00, 13.87];
const ROW: &str = "mnist";

pub(crate) fn names() -> Vec<&'static str> {
    vec![ROW]
}

pub(crate) fn row(name: &str, runs: &mut Runs<'_>) -> Result<Row, TaskError> {
    let mut row = Row { name: name.to_owned(), ..Row::default() };
    let words =
        ["mnist-deep", "--epochs", "60", "--set", "loss.kind=squared-error", "--set", "loss.output=sigmoid"]
            .map(str::to_owned);
    let evaluation = runs.train(name, &words)?;
    let of = |pointer: &str| number(&evaluation, pointer);
    row.read("autoencoder", of("/splits/test/squared_error_per_example")?, 0.0);
    row.read("PCA", of("/pca/test/squared_error_per_example")?, 0.0);
    row.read("validation", of("/splits/validation/squared_error_per_example")?, 0.0);
    Ok(row)
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| | paper | ours | ours, validation | seconds |".to_owned(),
        "|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let of = |name: &str| row.reading(name).map_or("-".to_owned(), |it| format!("{:.3}", it.value));
        let [autoencoder, pca] = PAPER;
        let validation = of("validation");
        lines.push(format!(
            "| autoencoder | {autoencoder:.2} | {} | {validation} | {:.0} |",
            of("autoencoder"),
            row.seconds
        ));
        lines.push(format!("| PCA | {pca:.2} | {} | | |", of("PCA")));
    }
    lines.join("\n")
}

/// A few epochs on a few digits.
pub(crate) fn quick(runs: &mut Runs<'_>) -> Result<Claims, TaskError> {
    let words = ["mnist-deep", "--epochs", "20", "--set", "data.examples=5000"].map(str::to_owned);
    let evaluation = runs.train("quick", &words)?;
    let ours = number(&evaluation, "/splits/test/squared_error_per_example")?;
    let pca = number(&evaluation, "/pca/test/squared_error_per_example")?;
    Ok(vec![(format!("the deep code is better than PCA's: {ours:.2} against {pca:.2}"), ours < pca)])
}
