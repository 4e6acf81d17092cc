//! Rows from a `.safetensors` file.

use std::path::Path;

use npyz::half::{bf16, f16};
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};

use crate::array::Array;
use crate::format::{Format, Rows};
use crate::memory::check_memory;
use crate::narrow::{Narrow, Narrowed};
use crate::npy::from_values;
use crate::{DatasetError, Matrix, Missing};

/// The tensor that is taken where there are several.
const EXAMPLES: &str = "x";

/// `.safetensors`.
pub(crate) const FORMAT: Format = Format {
    endings: &["safetensors"],
    // The length of the header, whose last bytes are zeros, and the header.
    recognise: |head| matches!(head.start[..], [_, _, _, _, _, 0, 0, 0, b'{']),
    read: |path, wanted, _| read(path, wanted.missing).map(Rows::from),
    words: None,
    scan: None,
    write: None,
};

/// Reads the only tensor of a file, or the one called `x`; its axes mean what those of an array do.
///
/// # Errors
/// [`DatasetError::BadTensors`]: no safetensors, no such tensor, or one of another type than numbers.
pub(crate) fn read(path: &Path, missing: Missing) -> Result<Array, DatasetError> {
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
    let features: usize = tensor.shape().iter().skip(1).product();
    let rows = tensor.shape().first().copied().unwrap_or(0);
    check_memory(path, rows, features)?;
    let Narrowed { values, origins } = numbers(&tensor, features).map_err(bad)?;
    let matrix = |shape| Matrix::new(shape, values).with_origin(origins);
    from_values(path, tensor.shape().to_vec(), missing, matrix)
}

fn numbers(tensor: &TensorView<'_>, features: usize) -> Result<Narrowed, String> {
    macro_rules! of {
        ($type:ty, $to_f32:expr) => {{
            let values = tensor.data().as_chunks::<{ size_of::<$type>() }>().0.iter();
            let values = values.map(|&bytes| $to_f32(<$type>::from_le_bytes(bytes))).collect();
            Narrowed { values, origins: Vec::new() }
        }};
    }
    // Numbers that f32 may not hold.
    macro_rules! wide {
        ($type:ty, $to_f64:expr) => {{
            let values = tensor.data().as_chunks::<{ size_of::<$type>() }>().0.iter();
            let mut narrow = Narrow::new(features, values.len() / features.max(1));
            values.for_each(|&bytes| narrow.push($to_f64(<$type>::from_le_bytes(bytes))));
            narrow.finish()
        }};
    }
    Ok(match tensor.dtype() {
        Dtype::F32 => of!(f32, |value| value),
        Dtype::F64 => wide!(f64, |value| value),
        Dtype::F16 => of!(f16, f16::to_f32),
        Dtype::BF16 => of!(bf16, bf16::to_f32),
        Dtype::U8 | Dtype::BOOL => of!(u8, f32::from),
        Dtype::I8 => of!(i8, f32::from),
        Dtype::I16 => of!(i16, f32::from),
        Dtype::I32 => wide!(i32, f64::from),
        Dtype::I64 => wide!(i64, |value| value as f64),
        other => return Err(format!("its numbers are {other:?}: save them as F32")),
    })
}
