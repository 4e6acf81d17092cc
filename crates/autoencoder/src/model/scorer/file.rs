//! A scorer in the run folder: `model/scorer.json` with its numbers, `model/scorer.safetensors` with its rows.

use std::collections::BTreeMap;

use autoencoder_core::ExampleShape;
use autoencoder_eval::Excess;
use autoencoder_models::Pca;
use burn::tensor::Device;
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Scorer;
use super::memory::Memory;
use super::patches::Patches;
use crate::config::score::ScoreKind;
use crate::error::Error;
use crate::run::folder::RunFolder;

const CARD: &str = "model/scorer.json";
const NUMBERS: &str = "model/scorer.safetensors";
/// The version of the format that this program writes and reads.
const FORMAT: u32 = 1;

/// `model/scorer.json`.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Card {
    format: u32,
    kind: ScoreKind,
    /// The scale of each distance, in the order of the kind's.
    scales: Vec<Excess>,
    /// Of the numbers' file.
    sha256: String,
}

impl Scorer {
    /// Writes it beside the model: the numbers first, so that a card always has its numbers.
    ///
    /// # Errors
    /// [`Error::Unwritable`].
    pub(crate) fn write(&self, folder: &RunFolder) -> Result<(), Error> {
        let numbers = self.numbers(folder)?;
        let sha256 = hex::encode(Sha256::digest(&numbers));
        folder.create_folder("model")?;
        let card = Card { format: FORMAT, kind: self.kind, scales: self.scales.clone(), sha256 };
        folder.write_sealed(&[(NUMBERS, &numbers), (CARD, &folder.json(CARD, &card)?)])
    }

    /// The scorer of a run; `None` in a run of an earlier toolkit, or one that has not ended.
    ///
    /// # Errors
    /// [`Error::Damaged`] where the checksum is wrong or a number is missing, [`Error::Version`], [`Error::Unreadable`].
    pub(crate) fn read(
        folder: &RunFolder,
        shape: ExampleShape,
        device: &Device,
    ) -> Result<Option<Self>, Error> {
        let path = folder.file(CARD);
        let text = match std::fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::Unreadable { path, source }),
        };
        folder.check_seal(CARD, &text)?;
        let damaged =
            |error: serde_json::Error| Error::Damaged { path: path.clone(), message: error.to_string() };
        let card: Card = serde_json::from_slice(&text).map_err(damaged)?;
        if card.format != FORMAT {
            return Err(Error::Version { path, found: card.format, supported: FORMAT });
        }
        let path = folder.file(NUMBERS);
        let bytes =
            std::fs::read(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
        let wrong = |message: &str| Error::Damaged { path: path.clone(), message: message.to_owned() };
        if hex::encode(Sha256::digest(&bytes)) != card.sha256 {
            return Err(wrong("its checksum is wrong"));
        }
        Self::from_numbers(card, &bytes, shape, device).ok_or_else(|| wrong("it lacks numbers")).map(Some)
    }

    fn from_numbers(card: Card, bytes: &[u8], shape: ExampleShape, device: &Device) -> Option<Self> {
        let file = SafeTensors::deserialize(bytes).ok()?;
        let floats = |name: &str| -> Option<Vec<f32>> {
            let tensor = file.tensor(name).ok()?;
            Some(tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect())
        };
        let doubles = |name: &str| -> Option<Vec<f64>> {
            let tensor = file.tensor(name).ok()?;
            Some(tensor.data().as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect())
        };
        let pca = |name: &str| -> Option<Pca> {
            let part = |part: &str| doubles(&format!("{name}.{part}"));
            Pca::of_numbers(part("mean")?, &part("components")?, part("explained_variance")?)
        };
        let patches = (0..).map_while(|size| {
            let name = format!("patches.{size}");
            let factor = *doubles(&format!("{name}.factor"))?.first()? as usize;
            Patches::of_numbers(factor, shape, pca(&name)?, floats(&format!("{name}.bank"))?, device)
        });
        Some(Self {
            kind: card.kind,
            memory: Memory::new(floats("memory")?, shape.features(), device),
            codes: Default::default(),
            patches: patches.collect(),
            scales: card.scales,
            held_out: doubles("held_out")?,
            pca: pca("pca"),
        })
    }

    fn numbers(&self, folder: &RunFolder) -> Result<Vec<u8>, Error> {
        let rows = self.memory.rows();
        let mut tensors = BTreeMap::from([
            (
                "memory".to_owned(),
                (
                    Dtype::F32,
                    vec![self.memory.len(), self.memory.width()],
                    bytes(rows, |value| value.to_le_bytes()),
                ),
            ),
            ("held_out".to_owned(), doubles(&self.held_out, vec![self.held_out.len()])),
        ]);
        if let Some(pca) = &self.pca {
            tensors.extend(of_pca("pca", pca));
        }
        for (size, patches) in self.patches.iter().enumerate() {
            let name = format!("patches.{size}");
            tensors.extend(of_pca(&name, patches.pca()));
            let width = patches.pca().explained_variance().len();
            let bank = bytes(patches.bank(), |value| value.to_le_bytes());
            let shape = vec![patches.bank().len() / width.max(1), width];
            tensors.insert(format!("{name}.bank"), (Dtype::F32, shape, bank));
            tensors.insert(format!("{name}.factor"), doubles(&[patches.factor() as f64], vec![1]));
        }
        let unwritable = |error: safetensors::SafeTensorError| Error::Unwritable {
            path: folder.file(NUMBERS),
            source: std::io::Error::other(error.to_string()),
        };
        let views = tensors.iter().map(|(name, (dtype, shape, bytes))| {
            Ok((name, TensorView::new(*dtype, shape.clone(), bytes).map_err(unwritable)?))
        });
        serialize(views.collect::<Result<Vec<_>, Error>>()?, None).map_err(unwritable)
    }
}

/// The numbers of a decomposition, each under its name.
fn of_pca(name: &str, pca: &Pca) -> [(String, TensorBytes); 3] {
    let (components, features) = (pca.explained_variance().len(), pca.mean().len());
    let entries: Vec<f64> = (0..components)
        .flat_map(|component| (0..features).map(move |feature| pca.component(component, feature)))
        .collect();
    [
        (format!("{name}.mean"), doubles(pca.mean(), vec![features])),
        (format!("{name}.components"), doubles(&entries, vec![components, features])),
        (format!("{name}.explained_variance"), doubles(pca.explained_variance(), vec![components])),
    ]
}

type TensorBytes = (Dtype, Vec<usize>, Vec<u8>);

fn doubles(values: &[f64], shape: Vec<usize>) -> TensorBytes {
    (Dtype::F64, shape, bytes(values, |value| value.to_le_bytes()))
}

fn bytes<T: Copy, const N: usize>(values: &[T], of: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    values.iter().flat_map(|&value| of(value)).collect()
}
