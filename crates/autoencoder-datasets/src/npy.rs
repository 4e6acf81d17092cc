//! NumPy's `.npy` files: the arrays that go in and out.

use std::io::Read;
use std::path::Path;

use autoencoder_core::files::write_atomically;
use autoencoder_core::{ExampleShape, Source};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};

use crate::{DatasetError, Matrix};

/// Reads an array of any integer or float type, in C or Fortran order, as rows of f32. One dimension
/// becomes a column; of more than two, the first counts examples and the rest are features.
///
/// # Errors
/// [`DatasetError`] naming the file: missing, a folder, no `.npy`, damaged, not numbers.
pub fn read_matrix(path: &Path) -> Result<Matrix, DatasetError> {
    if path.is_dir() {
        return Err(DatasetError::IsFolder { path: path.to_owned() });
    }
    let bytes =
        std::fs::read(path).map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    if !bytes.starts_with(b"\x93NUMPY") {
        let found = String::from_utf8_lossy(&bytes[..bytes.len().min(6)]).escape_debug().to_string();
        return Err(DatasetError::NotNpy { path: path.to_owned(), found: format!("\"{found}\"") });
    }
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let file = NpyFile::new(&bytes[..]).map_err(|error| bad(error.to_string()))?;
    let shape: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let (rows, features) = match shape[..] {
        [] => (1, 1),
        [rows] => (rows, 1),
        [rows, ref rest @ ..] => (rows, rest.iter().product()),
    };
    if features == 0 {
        return Err(bad(format!("its shape {shape:?} has no features")));
    }
    let fortran = file.order() == Order::Fortran && shape.len() > 1;
    if fortran && shape.len() > 2 {
        return Err(bad(
            "it has more than two dimensions in Fortran order; save numpy.ascontiguousarray(x)".to_owned()
        ));
    }
    let values = floats(file).map_err(bad)?;
    if values.len() != rows * features {
        return Err(bad(format!(
            "its shape {shape:?} needs {} numbers, but {} follow",
            rows * features,
            values.len()
        )));
    }
    let values = match fortran {
        false => values,
        true => (0..rows * features).map(|i| values[(i % features) * rows + i / features]).collect(),
    };
    Ok(Matrix::new(ExampleShape::Flat(features), values))
}

/// Reads every number of the file as f32, in the file's order.
fn floats<R: Read>(file: NpyFile<R>) -> Result<Vec<f32>, String> {
    let DType::Plain(dtype) = file.dtype() else {
        return Err("it holds records instead of numbers".to_owned());
    };
    macro_rules! read {
        ($type:ty) => {
            file.data::<$type>()
                .map_err(|error| error.to_string())?
                .map(|value| value.map(|value| value as f32).map_err(|error| error.to_string()))
                .collect()
        };
    }
    match (dtype.type_char(), dtype.size_field()) {
        (TypeChar::Float, 4) => read!(f32),
        (TypeChar::Float, 8) => read!(f64),
        (TypeChar::Int, 1) => read!(i8),
        (TypeChar::Int, 2) => read!(i16),
        (TypeChar::Int, 4) => read!(i32),
        (TypeChar::Int, 8) => read!(i64),
        (TypeChar::Uint, 1) => read!(u8),
        (TypeChar::Uint, 2) => read!(u16),
        (TypeChar::Uint, 4) => read!(u32),
        (TypeChar::Uint, 8) => read!(u64),
        (TypeChar::Bool, _) => file
            .data::<bool>()
            .map_err(|error| error.to_string())?
            .map(|value| value.map(|value| f32::from(u8::from(value))).map_err(|error| error.to_string()))
            .collect(),
        _ => Err(format!("it holds {} instead of integers or floats", dtype)),
    }
}

/// Writes all rows of a source as an f32 array in C order, `[examples, features]`, atomically. Returns
/// its shape.
///
/// # Errors
/// [`DatasetError::Unwritable`], or what reading the source says.
pub fn write_source(path: &Path, source: &dyn Source) -> Result<(usize, usize), DatasetError> {
    let (rows, columns) = (source.len(), source.shape().features());
    let mut values = vec![0.0; rows * columns];
    source.rows(&(0..rows).collect::<Vec<_>>(), &mut values)?;
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut bytes = Vec::with_capacity(128 + 4 * values.len());
    let written = npyz::WriteOptions::<f32>::new()
        .default_dtype()
        .shape(&[rows as u64, columns as u64])
        .writer(&mut bytes)
        .begin_nd()
        .and_then(|mut writer| {
            writer.extend(values)?;
            writer.finish()
        });
    written.map_err(unwritable)?;
    write_atomically(path, &bytes).map_err(unwritable)?;
    Ok((rows, columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(matrix: &Matrix) -> Vec<f32> {
        let mut values = vec![0.0; matrix.len() * matrix.shape().features()];
        matrix.rows(&(0..matrix.len()).collect::<Vec<_>>(), &mut values).expect("rows");
        values
    }

    #[test]
    fn an_array_survives_the_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.npy");
        let values: Vec<f32> = (0..6).map(|i| 0.1 * i as f32).collect();
        let shape =
            write_source(&path, &Matrix::new(ExampleShape::Flat(3), values.clone())).expect("written");
        assert_eq!(shape, (2, 3));
        let read = read_matrix(&path).expect("read");
        assert_eq!((read.len(), read.shape().features(), all(&read)), (2, 3, values));
    }

    #[test]
    fn fortran_order_and_integers_are_read_as_rows() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.npy");
        let header = "{'descr': '<i2', 'fortran_order': True, 'shape': (2, 3), }";
        let header = format!("{header:<117}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        for value in [1_i16, 4, 2, 5, 3, 6] {
            bytes.extend(value.to_le_bytes());
        }
        std::fs::write(&path, &bytes).expect("written");
        assert_eq!(all(&read_matrix(&path).expect("read")), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        std::fs::write(&path, &bytes[..bytes.len() - 3]).expect("written");
        assert!(matches!(read_matrix(&path), Err(DatasetError::BadNpy { .. })));
    }

    #[test]
    fn what_is_no_npy_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(read_matrix(folder.path()), Err(DatasetError::IsFolder { .. })));
        assert!(matches!(read_matrix(&folder.path().join("none.npy")), Err(DatasetError::Unreadable { .. })));
        let path = folder.path().join("x.npy");
        std::fs::write(&path, "a,b\n1,2\n").expect("written");
        let error = read_matrix(&path).expect_err("text").to_string();
        assert!(error.contains("x.npy") && error.contains("numpy.save"), "{error}");
    }
}
