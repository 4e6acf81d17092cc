//! Rows from a `.safetensors` file.

use std::path::Path;

use npyz::half::{bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::npy::{Array, from_values};
use crate::{DatasetError, Matrix};

/// The tensor that is taken where there are several.
const EXAMPLES: &str = "x";

/// Reads the only tensor of a file, or the one called `x`; its axes mean what those of an array do.
///
/// # Errors
/// [`DatasetError::BadTensors`]: no safetensors, no such tensor, or one of another type than numbers.
pub(crate) fn read(path: &Path) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadTensors { path: path.to_owned(), message };
    let bytes =
        std::fs::read(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    let file = SafeTensors::deserialize(&bytes)
        .map_err(|error| bad(format!("{error}: it is damaged or cut short, save it again")))?;
    let names = file.names();
    let name = match names.iter().find(|name| **name == EXAMPLES) {
        Some(name) => name,
        None if names.len() == 1 => &names[0],
        None => return Err(bad(format!("it holds {names:?}: call the tensor to use `x`"))),
    };
    let tensor = file.tensor(name).map_err(|error| bad(error.to_string()))?;
    let values = numbers(&tensor).map_err(bad)?;
    from_values(path, tensor.shape().to_vec(), |shape| Matrix::new(shape, values))
}

fn numbers(tensor: &TensorView<'_>) -> Result<Vec<f32>, String> {
    macro_rules! of {
        ($type:ty, $to_f32:expr) => {{
            let values = tensor.data().as_chunks::<{ size_of::<$type>() }>().0.iter();
            values.map(|&bytes| $to_f32(<$type>::from_le_bytes(bytes))).collect()
        }};
    }
    Ok(match tensor.dtype() {
        Dtype::F32 => of!(f32, |value| value),
        Dtype::F64 => of!(f64, |value| value as f32),
        Dtype::F16 => of!(f16, f16::to_f32),
        Dtype::BF16 => of!(bf16, bf16::to_f32),
        Dtype::U8 | Dtype::BOOL => of!(u8, f32::from),
        Dtype::I8 => of!(i8, f32::from),
        Dtype::I16 => of!(i16, f32::from),
        Dtype::I32 => of!(i32, |value| value as f32),
        Dtype::I64 => of!(i64, |value| value as f32),
        other => return Err(format!("its numbers are {other:?}: save them as F32")),
    })
}
