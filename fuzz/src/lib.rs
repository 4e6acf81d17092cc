//! What the targets share: a file of rows that is read, and a small trained run whose files are replaced.

use std::io::{Cursor, Write as _};
use std::path::Path;
use std::sync::{Arc, OnceLock};

use autoencoder::config::FinetuneConfig;
use autoencoder::core::ExampleShape;
use autoencoder::datasets::{
    Axes, Column, Columns, Heading, Listener, Matrix, Missing, read_labels, read_rows, scan, write_pictures,
    write_rows,
};
use autoencoder::model::Classifier;
use autoencoder::prelude::*;
use autoencoder::train::Checkpoints;
use sha2::{Digest, Sha256};

/// Files are kept in memory where the system has such a place.
fn folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    match memory.is_dir() {
        true => tempfile::tempdir_in(memory),
        false => tempfile::tempdir(),
    }
    .expect("a folder")
}

/// Lets panics of a library pass that the reader turns into errors: without this any panic ends the fuzzer.
pub fn allow_panics_of(library: &'static str) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        let is_allowed = info.location().is_some_and(|place| place.file().contains(library));
        if !is_allowed {
            before(info);
        }
    }));
}

/// Reads a file of that name whose bytes are given, in every way that rows, labels and a scan are read. What is read must be
/// what it says it is; what is refused names the file.
pub fn read(name: &str, bytes: &[u8]) {
    static PLACE: OnceLock<tempfile::TempDir> = OnceLock::new();
    let place = PLACE.get_or_init(folder).path();
    let file = place.join(name);
    std::fs::write(&file, bytes).expect("written");
    let path = if name.ends_with(".png") { place.to_owned() } else { file };
    for missing in [Missing::Refuse, Missing::Indicator] {
        match read_rows(&path, Columns { missing, ..Columns::default() }, &Listener::nobody()) {
            Ok(rows) => {
                let width = rows.matrix.shape().features();
                let told: usize = rows.columns.iter().flatten().map(Column::features).sum();
                assert!(rows.columns.is_none() || told == width, "{told} features of columns, {width} read");
                let mut values = vec![0.0; width];
                rows.matrix.rows(&[rows.matrix.len() - 1], &mut values).expect("a last row");
            }
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains(&place.display().to_string()), "{error}");
            }
        }
    }
    let _ = read_labels(&path, None, &Listener::nobody());
    let _ = scan(&path, &Listener::nobody());
}

/// A run with a classifier, trained once for each process.
pub struct Run {
    _place: tempfile::TempDir,
    folder: RunFolder,
}

impl Run {
    /// The run.
    pub fn trained() -> &'static Self {
        static RUN: OnceLock<Run> = OnceLock::new();
        RUN.get_or_init(|| {
            let place = folder();
            let folder = RunFolder::new(place.path().join("run"));
            let table = place.path().join("x.csv");
            let line = |row: u32| format!("{row}.5,{},{},{}\n", row % 7, ["u", "v"][row as usize % 2], row % 3);
            let rows: String = (0..60).map(line).collect();
            std::fs::write(&table, format!("a,b,word,label\n{rows}")).expect("written");
            let text = format!(
                "data = {{ source = {:?}, label = \"label\" }}\nmodel = {{ code = 2 }}\ntrain = {{ epochs = 1 }}",
                table.display().to_string()
            );
            let config = RunConfig::from_toml(&text, "fuzz").expect("a configuration");
            let (data, session) = (DataFolder::new(None), Session::quiet());
            train(&config.check().expect("a run"), &folder, &data, &session).expect("trained");
            let classifier = RunFolder::new(folder.file("classifier"));
            let mut config = FinetuneConfig::default();
            config.train.epochs = 1;
            let run = autoencoder::run::Run::open(&folder, "flex", &data).expect("opened");
            run.finetune(&classifier, &config, autoencoder::train::Start::New, &session).expect("finetuned");
            // Without seals, so that what the files say is looked at and not only their checksums.
            for folder in [&folder, &classifier] {
                std::fs::remove_file(folder.file("seal.json")).expect("a seal");
            }
            Self { _place: place, folder }
        })
    }

    fn replace(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.file(name), bytes).expect("written");
    }

    /// Loads the model, its columns and its scorer with a file replaced, and scores an example with what is loaded.
    pub fn with(&self, name: &str, bytes: &[u8]) {
        self.replace(name, bytes);
        if let Ok(trained) = Trained::load(&self.folder, "flex") {
            let example = vec![0.5; trained.card.shape.features()];
            let _ = trained.reconstruct(Arc::new(Matrix::new(trained.card.shape, example)));
        }
    }

    /// Reads the configuration, the history and the cards of the folder with a file replaced.
    pub fn inspected_with(&self, name: &str, bytes: &[u8]) {
        self.replace(name, bytes);
        if let Ok(run) = autoencoder::run::Run::open(&self.folder, "flex", &DataFolder::new(None)) {
            let _ = run.inspect();
        }
        let _ = self.folder.config_in_use();
    }

    /// Loads the classifier with a file replaced, and predicts an example.
    pub fn classifier_with(&self, name: &str, bytes: &[u8]) {
        self.replace(name, bytes);
        if let Ok(classifier) = Classifier::load(&RunFolder::new(self.folder.file("classifier")), "flex") {
            let example = vec![0.5; classifier.card.shape.features()];
            let _ = classifier.predict(Arc::new(Matrix::new(classifier.card.shape, example)));
        }
    }

    /// Reads the model of a checkpoint whose bytes are replaced, its seal with them.
    pub fn checkpoint_with(&self, bytes: &[u8]) {
        let device = autoencoder::core::device::by_name("flex").expect("flex");
        let checkpoints = Checkpoints::new(self.folder.file("checkpoints"));
        let epoch = checkpoints.last().expect("a checkpoint");
        self.replace(&format!("checkpoints/model-{epoch}.bpk"), bytes);
        let seal = self.folder.file(&format!("checkpoints/epoch-{epoch}.json"));
        let mut told: serde_json::Value =
            serde_json::from_slice(&std::fs::read(&seal).expect("a seal")).expect("JSON");
        told["model_sha256"] = hex::encode(Sha256::digest(bytes)).into();
        std::fs::write(seal, told.to_string()).expect("written");
        let (_, card) = self.folder.read_model().expect("a model");
        let template = card.model.init(card.shape, Seed::new(0), &device).expect("a model");
        let _ = checkpoints.model(epoch, template);
    }

    /// Writes a file of the run where the target's inputs are, as the one that the fuzzer begins with.
    pub fn begin(target: &str, name: &str) {
        let file = Self::trained().folder.file(name);
        begin(target, "trained", &std::fs::read(file).expect("a file of the run"));
    }
}

/// Writes an input for a target to begin with.
pub fn begin(target: &str, name: &str, bytes: &[u8]) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    std::fs::create_dir_all(&folder).expect("a folder");
    std::fs::write(folder.join(name), bytes).expect("written");
}

/// Writes files of that ending as the product writes them, for a target to begin with.
pub fn begin_with_rows(target: &str) {
    let place = folder();
    let path = place.path().join(format!("x.{target}"));
    let values: Vec<f32> = (0..60).map(|value| (value as f32 * 0.618).sin()).collect();
    let rows = Matrix::new(ExampleShape::Flat(3), values);
    let columns = ["a", "b", "c"].map(Column::number);
    write_rows(&path, &rows, Axes::Rows, &columns, Heading::Names).expect("written");
    begin(target, "written", &std::fs::read(path).expect("read"));
}

/// An archive of an array and labels, for a target to begin with.
pub fn archive() -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, shape, data) in [("x.npy", "(4, 3)", &[7; 12][..]), ("y.npy", "(4,)", &[0, 1, 1, 0][..])] {
        let header = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}\n");
        let length = u16::try_from(header.len()).expect("a short header").to_le_bytes();
        archive.start_file(name, zip::write::SimpleFileOptions::default()).expect("begun");
        for part in [&b"\x93NUMPY\x01\0"[..], &length, header.as_bytes(), data] {
            archive.write_all(part).expect("written");
        }
    }
    archive.finish().expect("an archive").into_inner()
}

/// Writes a picture as the product writes pictures, for a target to begin with.
pub fn begin_with_picture(target: &str) {
    let place = folder();
    let shape = ExampleShape::Image { channels: 1, height: 4, width: 4 };
    let image = Matrix::from_bytes(shape, (0..16).collect());
    write_pictures(place.path(), &image, &["p.png".into()], false).expect("written");
    begin(target, "written", &std::fs::read(place.path().join("p.png")).expect("read"));
}
