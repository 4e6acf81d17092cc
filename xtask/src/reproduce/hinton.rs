//! Hinton and Salakhutdinov 2006: a code of 30 numbers for a digit, beside PCA's.

use super::row::{Claims, Row, difference};
use super::runs::{Runs, number};
use crate::error::TaskError;

pub(crate) const PAGE: &str = "# A code of 30 numbers for a digit

    cargo xtask reproduce hinton2006

Hinton and Salakhutdinov, *Reducing the Dimensionality of Data with Neural Networks*, Science 313 (2006): the autoencoder
784-1000-500-250-30 on MNIST, squared error of a test image summed over its pixels in [0, 1], beside PCA with 30 components.
The paper's network was pretrained layer by layer with restricted Boltzmann machines; ours is trained at once, on the squared
error itself. The epoch is chosen on the validation part, a fiftieth of the training images.

What regularizes it was chosen by the validation error of trainings on 12 000 digits, `ae train mnist-deep --epochs 40 --set
data.examples=12000 --set loss.kind=squared-error --set loss.output=sigmoid` and these settings (`train.batch_size`,
`train.optimizer.weight_decay`, `train.optimizer.learning_rate`); on all digits, with eight times the steps, the weight decay is
a sixth of the best one's.

| settings | validation |
|---|---|
| those of the recipe: batches of 256, weight decay 0.01 | 5.46 |
| corruption.kind=gaussian, corruption.sigma=0.2 | 5.51 |
| corruption.kind=masking, corruption.probability=0.1 | 5.83 |
| weight decay 0.1 | 5.17 |
| weight decay 0.4 | 4.92 |
| weight decay 1.0 | 5.54 |
| weight decay 0.4, model.tied=true | 4.85 |
| weight decay 0.2, model.tied=true | 4.86 |
| weight decay 0.2, learning rate 0.004 | 4.81 |
| weight decay 0.3, batches of 128 | 4.71 |
| weight decay 0.3, batches of 128, model.tied=true | 4.75 |
";

/// Squared error per image of the paper's autoencoder and of PCA.
const PAPER: [f64; 2] = [3.00, 13.87];
const ROW: &str = "mnist";

pub(crate) fn names() -> Vec<&'static str> {
    vec![ROW]
}

pub(crate) fn row(name: &str, runs: &mut Runs<'_>) -> Result<Row, TaskError> {
    let mut row = Row { name: name.to_owned(), ..Row::default() };
    let settings = [
        "loss.kind=squared-error",
        "loss.output=sigmoid",
        "data.validation=0.02",
        "train.batch_size=128",
        "train.optimizer.weight_decay=0.05",
    ];
    let words = ["mnist-deep", "--epochs", "60"].into_iter();
    let words = words.chain(settings.into_iter().flat_map(|setting| ["--set", setting]));
    let evaluation = runs.train(name, &words.map(str::to_owned).collect::<Vec<_>>())?;
    let of = |pointer: &str| number(&evaluation, pointer);
    row.read("autoencoder", of("/splits/test/squared_error_per_example")?, 0.0);
    row.read("PCA", of("/pca/test/squared_error_per_example")?, 0.0);
    row.read("validation", of("/splits/validation/squared_error_per_example")?, 0.0);
    Ok(row)
}

pub(crate) fn table(rows: &[Row]) -> String {
    let mut lines = vec![
        "| | paper | ours | ours − paper | ours, validation | seconds |".to_owned(),
        "|---|---|---|---|---|---|".to_owned(),
    ];
    for row in rows {
        let of = |name: &str| row.reading(name).map_or("-".to_owned(), |it| format!("{:.3}", it.value));
        let [autoencoder, pca] = PAPER;
        let from =
            |name: &str, paper| row.reading(name).map_or("-".to_owned(), |it| difference(it.value, paper));
        lines.push(format!(
            "| autoencoder | {autoencoder:.2} | {} | {} | {} | {:.0} |",
            of("autoencoder"),
            from("autoencoder", autoencoder),
            of("validation"),
            row.seconds
        ));
        lines.push(format!("| PCA | {pca:.2} | {} | {} | | |", of("PCA"), from("PCA", pca)));
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
