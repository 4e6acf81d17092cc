//! Data sets by name, one file each.

use autoencoder_core::{ExampleShape, Kind, Seed, nearest};
use rand::seq::SliceRandom;
use rayon::prelude::*;

use crate::{DataSet, DatasetError, Matrix, Request};
use mnist::{DIGIT_SIDE, Digit};

/// A data set that has a name.
pub(crate) struct NamedSet {
    pub(crate) kind: Kind,
    pub(crate) open: fn(Request<'_>) -> Result<DataSet, DatasetError>,
}

macro_rules! sources {
    ($($module:ident = $name:literal, $summary:literal;)+) => {
        $(mod $module;)+

        pub(crate) const SETS: &[NamedSet] =
            &[$(NamedSet { kind: Kind { name: $name, summary: $summary }, open: $module::open },)+];

        /// The data sets a configuration may name.
        pub const KINDS: &[Kind] = &[$(Kind { name: $name, summary: $summary },)+];
    };
}

// One line a set: its file, its name, what it is.
sources! {
    strokes = "strokes", "handwritten-like digits drawn from strokes, 28x28, ten classes, made on the spot";
    mnist = "mnist", "70 000 handwritten digits, 28x28, ten classes";
    mnist_basic = "mnist-basic", "MNIST with 12 000 digits to learn from and 50 000 for the test";
    mnist_rot = "mnist-rot", "mnist-basic, each digit turned by an angle of its own";
    mnist_bg_rand = "mnist-bg-rand", "mnist-basic, each digit on a background of noise";
    fashion_mnist = "fashion-mnist", "70 000 pictures of clothes, 28x28, ten classes";
    rectangles = "rectangles", "outlines of rectangles, 28x28, taller than wide or not, made on the spot";
    rect = "rect", "rectangles, with 1 200 to learn from and 50 000 for the test";
    parts = "parts", "pictures of parts, 64x64 or of any side, good ones to learn from and six kinds of defects, made on the spot";
    swiss_roll = "swiss-roll", "points of a rolled-up sheet in three dimensions, made on the spot";
    spiral = "spiral", "points of a spiral in the plane, made on the spot";
}

/// How many examples a procedural set has unless told otherwise.
pub(crate) struct Sizes {
    pub(crate) train: usize,
    pub(crate) test: usize,
}

/// The training and test parts of a procedural set; `make` draws the examples of one stream. The test
/// part has a stream of its own, so no example is in both.
pub(crate) fn procedural(
    name: &str,
    sizes: Sizes,
    request: &Request<'_>,
    make: impl Fn(usize, Seed) -> Matrix,
) -> DataSet {
    let train = request.examples.unwrap_or(sizes.train);
    let test = sizes.test.min(train.div_ceil(6));
    DataSet {
        name: name.to_owned(),
        train: std::sync::Arc::new(make(train, request.seed.stream("train"))),
        test: Some(std::sync::Arc::new(make(test, request.seed.stream("test")))),
        test_masks: None,
        file: None,
        columns: None,
        names_of_classes: Vec::new(),
        left_out: Vec::new(),
    }
}

/// Pictures of `side x side` pixels, each drawn by `example` from a seed of its own.
pub(crate) fn pictures<const PIXELS: usize>(
    side: usize,
    count: usize,
    seed: Seed,
    example: impl Fn(Seed) -> ([u8; PIXELS], i64) + Sync,
) -> Matrix {
    let examples: Vec<([u8; PIXELS], i64)> =
        (0..count).into_par_iter().map(|row| example(seed.at(row as u64))).collect();
    let labels = examples.iter().map(|(_, label)| *label).collect();
    let pixels = examples.into_iter().flat_map(|(pixels, _)| pixels).collect();
    Matrix::from_bytes(ExampleShape::Image { channels: 1, height: side, width: side }, pixels)
        .with_labels(labels)
}

/// The numbers of digits that a variation of MNIST has: 10 000 to learn from, 2 000 for validation, 50 000 for the
/// test (Larochelle et al. 2007).
const VARIATION: Sizes = Sizes { train: 12_000, test: 50_000 };

/// A set made from the 70 000 digits of MNIST in an order that the seed decides, since the original draw is not ours to
/// have; `make` changes one digit by a seed of its own.
fn variation(
    name: &str,
    request: Request<'_>,
    make: impl Fn(&Digit, Seed) -> Digit + Sync,
) -> Result<DataSet, DatasetError> {
    let seed = request.seed.stream("variation");
    let (digits, labels) = mnist::digits(request)?;
    let mut order: Vec<usize> = (0..digits.len()).collect();
    order.shuffle(&mut seed.stream("order").rng());
    let part = |range: std::ops::Range<usize>| {
        let rows = &order[range];
        let change = |&row: &usize| make(&digits[row], seed.stream("digit").at(row as u64));
        let pixels: Vec<Digit> = rows.par_iter().map(change).collect();
        let shape = ExampleShape::Image { channels: 1, height: DIGIT_SIDE, width: DIGIT_SIDE };
        let matrix = Matrix::from_bytes(shape, pixels.into_flattened());
        std::sync::Arc::new(matrix.with_labels(rows.iter().map(|&row| labels[row]).collect()))
    };
    let Sizes { train, test } = VARIATION;
    Ok(DataSet {
        name: name.to_owned(),
        train: part(0..train),
        test: Some(part(train..train + test)),
        test_masks: None,
        file: None,
        columns: None,
        names_of_classes: Vec::new(),
        left_out: Vec::new(),
    })
}

impl DatasetError {
    /// A name that no set has, with the nearest one or all.
    pub fn unknown(name: &str) -> Self {
        let names = || KINDS.iter().map(|kind| kind.name);
        let remedy = match nearest(name, names()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => {
                format!(
                    "use {}, or the path of a file or a folder of pictures",
                    names().collect::<Vec<_>>().join(", ")
                )
            }
        };
        Self::Unknown { name: name.to_owned(), remedy }
    }
}

#[cfg(test)]
#[allow(clippy::print_stderr, reason = "a test that is left out says so")]
mod tests {
    use super::*;
    use crate::{DataFolder, Wanted, open};

    #[test]
    fn every_file_is_a_registered_set() {
        // Cargo runs tests in the package's folder.
        let mut files: Vec<String> = std::fs::read_dir("src/sources")
            .expect("the sources")
            .filter_map(|entry| {
                Some(entry.ok()?.file_name().to_str()?.strip_suffix(".rs")?.replace('_', "-"))
            })
            .filter(|name| name != "mod")
            .collect();
        files.sort_unstable();
        let mut names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
        names.sort_unstable();
        assert_eq!(files, names);
    }

    #[test]
    fn procedural_sets_are_a_function_of_the_seed_and_any_number() {
        for name in ["strokes", "rectangles", "rect", "parts", "swiss-roll", "spiral"] {
            let rows = |examples, seed| {
                let wanted = Wanted { examples: Some(examples), ..Wanted::all(name, Seed::new(seed)) };
                let set = open(wanted, &DataFolder::new(None)).expect(name);
                let values = set.train.read(0..13).expect("rows");
                assert_eq!(set.train.len(), examples, "{name}");
                let mut test = vec![0.0; set.train.shape().features()];
                set.test.expect("a test part").rows(&[0], &mut test).expect("a row");
                assert_ne!(values[..test.len()], test, "{name}");
                values
            };
            assert_eq!(rows(13, 1), rows(29, 1), "{name}");
            assert_ne!(rows(13, 1), rows(13, 2), "{name}");
        }
    }

    #[test]
    fn unknown_names_are_refused_with_the_nearest() {
        let open = |name| {
            let wanted = Wanted::all(name, Seed::new(1));
            open(wanted, &DataFolder::new(None)).err().expect("refused")
        };
        assert!(open("mnits").to_string().contains("did you mean `mnist`?"));
        assert!(open("zebra").to_string().contains("swiss-roll"));
    }

    #[test]
    fn variations_of_mnist_are_one_draw_changed_in_ways_of_their_own() {
        let Some(folder) = std::env::var_os("AUTOENCODER_DATA") else {
            eprintln!("left out: MNIST is read where AUTOENCODER_DATA says where it is");
            return;
        };
        let folder = DataFolder::new(Some(folder.into()));
        let set = |name, seed| open(Wanted::all(name, Seed::new(seed)), &folder).expect(name);
        let values = |set: &DataSet| set.train.read(0..50).expect("rows");
        let [basic, rot, noise] = ["mnist-basic", "mnist-rot", "mnist-bg-rand"].map(|name| set(name, 1));
        for set in [&basic, &rot, &noise] {
            let test = set.test.as_ref().expect("a test part");
            assert_eq!((set.train.len(), test.len()), (12_000, 50_000));
            assert_eq!(set.train.labels(), basic.train.labels());
            let classes: std::collections::BTreeSet<_> = test.labels().expect("labels").iter().collect();
            assert_eq!(classes.len(), 10);
        }
        assert_ne!(set("mnist-basic", 2).train.labels(), basic.train.labels());
        let (basic, rot, noise) = (values(&basic), values(&rot), values(&noise));
        assert_ne!(rot, basic);
        let background: Vec<f32> =
            noise.iter().zip(&basic).filter(|(_, clean)| **clean == 0.0).map(|(noise, _)| *noise).collect();
        assert!(noise.iter().zip(&basic).all(|(noise, clean)| noise >= clean));
        assert!(noise.iter().zip(&basic).any(|(noise, clean)| *clean > 0.0 && noise == clean));
        let mean = background.iter().sum::<f32>() / background.len() as f32;
        assert!((mean - 127.5).abs() < 3.0, "{mean}");
    }

    #[test]
    fn mnist_is_what_it_is_known_to_be() {
        let Some(folder) = std::env::var_os("AUTOENCODER_DATA") else {
            eprintln!("left out: MNIST is read where AUTOENCODER_DATA says where it is");
            return;
        };
        let wanted = Wanted::all("mnist", Seed::new(1));
        let set = open(wanted, &DataFolder::new(Some(folder.into()))).expect("MNIST");
        let test = set.test.expect("a test part");
        assert_eq!((set.train.len(), test.len()), (60_000, 10_000));
        assert_eq!(set.train.labels().map(|labels| labels[..5].to_vec()), Some(vec![5, 0, 4, 1, 9]));
        let pixels = set.train.read(0..60_000).expect("rows");
        let mean = pixels.iter().map(|&pixel| f64::from(pixel)).sum::<f64>() / pixels.len() as f64 / 255.0;
        assert!((mean - 0.1307).abs() < 1e-4, "{mean}");
    }
}
