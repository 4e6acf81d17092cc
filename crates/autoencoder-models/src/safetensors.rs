//! Weights as safetensors: names such as `encoder.0.weight`, the same bytes for the same weights.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};

use crate::ModelError;

/// The weights of a module, f32, sorted by name. An enum's variant is no part of a name.
///
/// # Errors
/// [`ModelError::Unwritable`].
pub fn save<M: Module>(module: &M) -> Result<Vec<u8>, ModelError> {
    let mut collected = Collector::default();
    module.visit(&mut collected);
    let unwritable =
        |error: safetensors::SafeTensorError| ModelError::Unwritable { message: error.to_string() };
    let views: Result<Vec<(&String, TensorView<'_>)>, ModelError> = collected
        .tensors
        .iter()
        .map(|(name, (shape, bytes))| {
            Ok((name, TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(unwritable)?))
        })
        .collect();
    serialize(views?, None).map_err(unwritable)
}

/// `module` with the weights in `bytes`.
///
/// # Errors
/// [`ModelError`]: bytes that are no safetensors, a missing or extra tensor, a tensor of another shape
/// or type.
pub fn load<M: Module>(module: M, bytes: &[u8]) -> Result<M, ModelError> {
    let unreadable = |message: String| ModelError::Unreadable { message };
    let file = SafeTensors::deserialize(bytes).map_err(|error| unreadable(error.to_string()))?;
    let mut expected = Collector::default();
    module.visit(&mut expected);
    let mut values = BTreeMap::new();
    for (name, (shape, _)) in expected.tensors {
        let tensor = file.tensor(&name).map_err(|_| ModelError::MissingTensor { name: name.clone() })?;
        if tensor.shape() != shape {
            return Err(ModelError::WrongTensorShape {
                name,
                expected: shape,
                found: tensor.shape().to_vec(),
            });
        }
        if tensor.dtype() != Dtype::F32 {
            return Err(unreadable(format!("`{name}` is {:?} instead of F32", tensor.dtype())));
        }
        let floats: Vec<f32> =
            tensor.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
        if let Some(value) = floats.iter().find(|value| !value.is_finite()) {
            return Err(unreadable(format!("`{name}` holds {value}, which is not a weight")));
        }
        values.insert(name, floats);
    }
    if let Some(name) = file.names().into_iter().find(|name| !values.contains_key(*name)) {
        return Err(ModelError::ExtraTensor { name: name.to_owned() });
    }
    Ok(module.map(&mut Loader { path: Path::default(), values }))
}

/// Where a walk through a module is. Names of enum variants are left out of it.
#[derive(Default)]
struct Path(Vec<Option<String>>);

impl Path {
    fn enter(&mut self, name: &str, container: &str) {
        // A module enters an enum's variant as a part of the enum.
        let in_enum = container.starts_with("Enum:");
        self.0.push((!in_enum).then(|| name.to_owned()));
    }

    fn exit(&mut self) {
        self.0.pop();
    }

    fn name(&self) -> String {
        self.0.iter().flatten().map(String::as_str).collect::<Vec<_>>().join(".")
    }
}

#[derive(Default)]
struct Collector {
    path: Path,
    tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let data = param.val().into_data();
        let shape = param.val().dims().to_vec();
        let bytes = data.iter::<f32>().flat_map(f32::to_le_bytes).collect();
        self.tensors.insert(self.path.name(), (shape, bytes));
    }
}

struct Loader {
    path: Path,
    values: BTreeMap<String, Vec<f32>>,
}

impl ModuleMapper for Loader {
    fn enter_module(&mut self, name: &str, container: &str) {
        self.path.enter(name, container);
    }

    fn exit_module(&mut self, _name: &str, _container: &str) {
        self.path.exit();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let Some(values) = self.values.remove(&self.path.name()) else { return param };
        param.map(|tensor| Tensor::from_data(TensorData::new(values, tensor.dims()), &tensor.device()))
    }
}

#[cfg(test)]
mod tests {
    use autoencoder_core::{ExampleShape, Seed};
    use burn::tensor::Device;
    use proptest::prelude::*;

    use super::*;
    use crate::{DenseConfig, Model, ModelConfig};

    fn model(seed: u64) -> Model {
        let config = ModelConfig::Dense(DenseConfig { hidden: vec![5], code: 2, ..DenseConfig::default() });
        config.init(ExampleShape::Flat(7), Seed::new(seed), &Device::flex()).expect("valid widths")
    }

    #[test]
    fn names_are_those_of_the_layers_without_the_kind_of_model() {
        let bytes = save(&model(1)).expect("written");
        let file = SafeTensors::deserialize(&bytes).expect("readable");
        let mut names = file.names();
        names.sort_unstable();
        let expected: Vec<String> = ["decoder", "encoder"]
            .iter()
            .flat_map(|part| {
                [0, 1].map(|layer| [format!("{part}.{layer}.bias"), format!("{part}.{layer}.weight")])
            })
            .flatten()
            .collect();
        assert_eq!(names, expected);
    }

    #[test]
    fn weights_survive_the_file_to_the_byte() {
        let bytes = save(&model(1)).expect("written");
        let loaded = load(model(2), &bytes).expect("loaded");
        assert_eq!(save(&loaded).expect("written"), bytes);
        assert_ne!(save(&model(2)).expect("written"), bytes);
    }

    #[test]
    fn weights_of_another_architecture_are_refused() {
        let wider = ModelConfig::Dense(DenseConfig { hidden: vec![6], code: 2, ..DenseConfig::default() });
        let wider = wider.init(ExampleShape::Flat(7), Seed::new(1), &Device::flex()).expect("valid widths");
        let bytes = save(&model(1)).expect("written");
        assert!(matches!(load(wider, &bytes), Err(ModelError::WrongTensorShape { .. })));
        let flat = ModelConfig::Dense(DenseConfig { code: 2, ..DenseConfig::default() });
        let flat = flat.init(ExampleShape::Flat(7), Seed::new(1), &Device::flex()).expect("valid widths");
        assert!(matches!(
            load(flat.clone(), &bytes),
            Err(ModelError::WrongTensorShape { .. } | ModelError::ExtraTensor { .. })
        ));
        assert!(matches!(
            load(model(1), &save(&flat).expect("written")),
            Err(ModelError::MissingTensor { .. } | ModelError::WrongTensorShape { .. })
        ));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn damaged_bytes_are_refused_or_read_but_never_panic(cut in 0_usize..400, flip in 0_usize..400, byte: u8) {
            let mut bytes = save(&model(1)).expect("written");
            let whole = bytes.len();
            bytes.truncate(whole.saturating_sub(cut));
            if let Some(target) = bytes.get_mut(flip) {
                *target = byte;
            }
            let loaded = load(model(1), &bytes);
            prop_assert!(cut == 0 || loaded.is_err());
        }
    }
}
