//! PCA on MNIST, where AUTOENCODER_DATA says where it is: figures that scikit-learn gives as well.
#![allow(clippy::print_stderr, reason = "a test that is left out says so")]

use std::io::Read;
use std::path::Path;
use std::sync::Arc;

use autoencoder_core::Source;
use autoencoder_core::testing::Rows;
use autoencoder_models::Pca;
use flate2::read::GzDecoder;

fn pixels(folder: &Path, name: &str) -> Rows {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(folder.join("mnist").join(name)).expect("MNIST");
    GzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
    // The header of three dimensions is 16 bytes long.
    Rows::new(784, bytes[16..].iter().map(|&pixel| f32::from(pixel) / 255.0).collect())
}

#[test]
fn test_errors_on_mnist_are_the_known_ones() {
    let Some(folder) =
        std::env::var_os("AUTOENCODER_DATA").filter(|folder| Path::new(folder).join("mnist").exists())
    else {
        eprintln!("left out: MNIST is read where AUTOENCODER_DATA says where it is");
        return;
    };
    let folder = Path::new(&folder);
    let train: Arc<dyn Source> = Arc::new(pixels(folder, "train-images-idx3-ubyte.gz"));
    let pca = Pca::fit(&train, 100).expect("100 components");
    let test = pixels(folder, "t10k-images-idx3-ubyte.gz");
    let errors = pca.squared_errors(&test, &[2, 10, 16, 30, 32, 50, 64, 100]).expect("errors");
    let known = [43.645, 26.714, 21.058, 13.866, 13.193, 9.004, 7.093, 4.403];
    for (error, known) in errors.iter().zip(known) {
        assert!((error - known).abs() < 0.01, "{errors:?}");
    }
}
