//! NumPy's `.npy` files: the arrays that go in and out.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

use autoencoder_core::files::write_output;
use autoencoder_core::{ExampleShape, Source};
use npyz::{DType, NpyFile, Order, TypeChar, WriterBuilder};

use crate::array::{Array, Axes};
use crate::format::{Format, Rows};
use crate::memory::check_memory;
use crate::narrow::{Narrow, Narrowed};
use crate::{DatasetError, Matrix, Missing};

/// The most channels an image may have where its axes have no names.
const MOST_CHANNELS: usize = 4;
/// The most axes an array may have: as many as NumPy's.
const MOST_AXES: usize = 64;

/// `.npy`.
pub(crate) const FORMAT: Format = Format {
    endings: &["npy"],
    recognise: |head| head.start.starts_with(b"\x93NUMPY"),
    read: |path, wanted, _| read(path, wanted.missing).map(Rows::from),
    words: None,
    scan: None,
    write: None,
};

/// Where a value of the file belongs.
struct Place {
    /// As in the file.
    sizes: Vec<usize>,
    fortran: bool,
    axes: Axes,
}

/// Reads an array of any integer or float type, in C or Fortran order, as rows of f32. Three axes are grey
/// images, four are images with their channels first or last (at most four channels); of more, the first
/// counts examples and the rest are features. Bytes stay bytes in memory.
///
/// # Errors
/// [`DatasetError`] naming the file: missing, a folder, no `.npy`, damaged, not numbers, or with a value that
/// is no finite number, whose row and column are named.
pub(crate) fn read(path: &Path, missing: Missing) -> Result<Array, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: path.to_owned(), source };
    let file = File::open(path).map_err(unreadable)?;
    let length = file.metadata().map_err(unreadable)?.len();
    check_magic(path, &file)?;
    // The first bytes were read to be looked at.
    from_reader(path, BufReader::new(File::open(path).map_err(unreadable)?), length, missing)
}

/// [`read`] of an array's bytes, of which there are said to be `length`; errors name `path`.
///
/// # Errors
/// Those of [`read`].
pub(crate) fn from_reader(
    path: &Path,
    mut reader: impl Read,
    length: u64,
    missing: Missing,
) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadNpy { path: path.to_owned(), message };
    let header = header(&mut reader).map_err(bad)?;
    let file = NpyFile::new(header.as_slice().chain(reader)).map_err(|error| bad(error.to_string()))?;
    let sizes: Vec<usize> = file.shape().iter().map(|&size| size as usize).collect();
    let count = sizes.iter().try_fold(1_usize, |count, &size| count.checked_mul(size));
    let bytes = count.and_then(|count| count.checked_mul(item_size(&file.dtype())));
    let fits = bytes.is_some_and(|bytes| bytes as u64 <= length);
    let Some(count) = count.filter(|_| fits) else {
        return Err(bad(format!("its shape {sizes:?} needs more than its {length} bytes")));
    };
    if count == 0 {
        return Err(bad(format!("its shape {sizes:?} holds no numbers")));
    }
    check_memory(path, count, 1)?;
    let axes = axes(&sizes).map_err(bad)?;
    let place = Place { fortran: file.order() == Order::Fortran, sizes, axes };
    let matrix = numbers(file, &place, count).map_err(bad)?;
    finite(path, matrix, axes, missing)
}

/// The bytes up to the first number, when they are such as may be given to a parser: it takes time that doubles with each
/// bracket within another, and keeps whatever length it is told of.
fn header(reader: &mut impl Read) -> Result<Vec<u8>, String> {
    const LONGEST: usize = 1 << 16;
    const DEEPEST: usize = 4;
    let mut bytes = vec![0; 10];
    let cut = |error: std::io::Error| format!("its header is cut short ({error})");
    reader.read_exact(&mut bytes).map_err(cut)?;
    let mut length = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    if bytes[6] > 1 {
        let mut rest = [0; 2];
        reader.read_exact(&mut rest).map_err(cut)?;
        length += (usize::from(u16::from_le_bytes(rest))) << 16;
        bytes.extend(rest);
    }
    if length > LONGEST {
        return Err(format!("its header is of {length} bytes"));
    }
    let start = bytes.len();
    bytes.resize(start + length, 0);
    reader.read_exact(&mut bytes[start..]).map_err(cut)?;
    let mut depth = 0_usize;
    for byte in &bytes[start..] {
        match byte {
            b'{' | b'(' | b'[' => depth += 1,
            b'}' | b')' | b']' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err("its header has brackets in brackets in brackets".to_owned());
        }
    }
    Ok(bytes)
}

/// An array of those sizes, its values in C order made into a matrix by `matrix`.
///
/// # Errors
/// Those of [`read`] about axes and values.
pub(crate) fn from_values(
    path: &Path,
    sizes: Vec<usize>,
    missing: Missing,
    matrix: impl FnOnce(ExampleShape) -> Matrix,
) -> Result<Array, DatasetError> {
    let bad = |message: String| DatasetError::BadTensors { path: path.to_owned(), message };
    if sizes.is_empty() || sizes.contains(&0) {
        return Err(bad(format!("its shape {sizes:?} holds no rows of numbers")));
    }
    let axes = axes(&sizes).map_err(bad)?;
    if axes == Axes::ChannelsLast {
        return Err(bad(format!("its shape {sizes:?} has the channels last: put them first")));
    }
    let place = Place { fortran: false, sizes, axes };
    finite(path, matrix(place.shape()), axes, missing)
}

/// The array with its natural range, when all its numbers are finite or may be missing: then what is not finite is NaN.
fn finite(path: &Path, matrix: Matrix, axes: Axes, missing: Missing) -> Result<Array, DatasetError> {
    if missing != Missing::Refuse {
        return Ok(Array { matrix: matrix.with_missing().with_natural_range(), axes });
    }
    let matrix = matrix.with_natural_range();
    match matrix.first_not_finite() {
        None => Ok(Array { matrix, axes }),
        Some((row, column, value)) => {
            Err(DatasetError::NotFinite { path: path.to_owned(), row, column, value })
        }
    }
}

fn check_magic(path: &Path, file: &File) -> Result<(), DatasetError> {
    let mut start = Vec::new();
    file.take(6)
        .read_to_end(&mut start)
        .map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    if start == b"\x93NUMPY" {
        return Ok(());
    }
    let found = format!("\"{}\"", String::from_utf8_lossy(&start).escape_debug());
    Err(DatasetError::NotNpy { path: path.to_owned(), found })
}

fn item_size(dtype: &DType) -> usize {
    // What is no plain number is refused later, by its name.
    if let DType::Plain(dtype) = dtype { dtype.num_bytes().unwrap_or(1) } else { 1 }
}

fn axes(sizes: &[usize]) -> Result<Axes, String> {
    match sizes {
        [_, _, _] => Ok(Axes::Grey),
        [_, first, _, _] if *first <= MOST_CHANNELS => Ok(Axes::ChannelsFirst),
        [_, _, _, last] if *last <= MOST_CHANNELS => Ok(Axes::ChannelsLast),
        [_, _, _, _] => Err(format!(
            "its shape {sizes:?} has four axes, but neither the second nor the last is of 1 to \
             {MOST_CHANNELS} channels; reshape it to (examples, features) and set data.shape"
        )),
        _ if sizes.len() > MOST_AXES => Err(format!("it has {} axes", sizes.len())),
        _ => Ok(Axes::Rows),
    }
}

impl Place {
    fn shape(&self) -> ExampleShape {
        let image = |channels, height, width| ExampleShape::Image { channels, height, width };
        match (self.axes, &self.sizes[..]) {
            (Axes::Grey, &[_, height, width]) => image(1, height, width),
            (Axes::ChannelsFirst, &[_, channels, height, width])
            | (Axes::ChannelsLast, &[_, height, width, channels]) => image(channels, height, width),
            (_, sizes) => ExampleShape::Flat(sizes.iter().skip(1).product()),
        }
    }

    /// Whether the values are in the order that they are needed in.
    fn is_in_order(&self) -> bool {
        !(self.fortran && self.sizes.len() > 1) && self.axes != Axes::ChannelsLast
    }

    /// Where value `index` of the file belongs among rows with their channels first.
    fn of(&self, index: usize) -> usize {
        let axes = self.sizes.len();
        let mut at = [0; MOST_AXES];
        let mut rest = index;
        for step in 0..axes {
            let axis = if self.fortran { step } else { axes - 1 - step };
            at[axis] = rest % self.sizes[axis];
            rest /= self.sizes[axis];
        }
        let order: &[usize] = if self.axes == Axes::ChannelsLast { &[0, 3, 1, 2] } else { &[] };
        let axis = |position: usize| order.get(position).copied().unwrap_or(position);
        (0..axes).fold(0, |place, position| place * self.sizes[axis(position)] + at[axis(position)])
    }

    /// The values of a file, each in its place. Their number is checked, not taken from the header.
    fn put<T: Copy + Default>(
        &self,
        count: usize,
        values: impl Iterator<Item = std::io::Result<T>>,
    ) -> Result<Vec<T>, String> {
        let in_order = self.is_in_order();
        let mut placed = vec![T::default(); count];
        let mut found = 0;
        for (index, value) in values.enumerate().take(count) {
            let place = if in_order { index } else { self.of(index) };
            placed[place] = value.map_err(|error| error.to_string())?;
            found += 1;
        }
        if found == count {
            Ok(placed)
        } else {
            Err(format!("its shape {:?} needs {count} numbers, but {found} follow", self.sizes))
        }
    }
}

impl Place {
    /// The rows of numbers that f32 may not hold.
    fn narrow(
        &self,
        count: usize,
        values: impl Iterator<Item = std::io::Result<f64>>,
    ) -> Result<Matrix, String> {
        let features = self.shape().features();
        let mut narrow = Narrow::new(features, count / features.max(1));
        if self.is_in_order() {
            for value in values.take(count) {
                narrow.push(value.map_err(|error| error.to_string())?);
            }
            if narrow.len() != count {
                let found = narrow.len();
                return Err(format!("its shape {:?} needs {count} numbers, but {found} follow", self.sizes));
            }
        } else {
            self.put(count, values)?.into_iter().for_each(|value| narrow.push(value))
        }
        let Narrowed { values, origins } = narrow.finish();
        Ok(Matrix::new(self.shape(), values).with_origin(origins))
    }
}

/// Every number of the file, in rows.
fn numbers<R: Read>(file: NpyFile<R>, place: &Place, count: usize) -> Result<Matrix, String> {
    let DType::Plain(dtype) = file.dtype() else {
        return Err("it holds records instead of numbers".to_owned());
    };
    macro_rules! floats {
        ($type:ty, $to_f32:expr) => {{
            let values = file.data::<$type>().map_err(|error| error.to_string())?;
            let to_f32 = $to_f32;
            Matrix::new(place.shape(), place.put(count, values.map(|value| value.map(to_f32)))?)
        }};
    }
    // Numbers that f32 may not hold.
    macro_rules! wide {
        ($type:ty, $to_f64:expr) => {{
            let values = file.data::<$type>().map_err(|error| error.to_string())?;
            let to_f64 = $to_f64;
            place.narrow(count, values.map(|value| value.map(to_f64)))?
        }};
    }
    Ok(match (dtype.type_char(), dtype.size_field()) {
        (TypeChar::Uint, 1) => {
            let values = file.data::<u8>().map_err(|error| error.to_string())?;
            Matrix::from_bytes(place.shape(), place.put(count, values)?)
        }
        (TypeChar::Bool, _) => {
            let values = file.data::<bool>().map_err(|error| error.to_string())?;
            Matrix::from_bytes(place.shape(), place.put(count, values.map(|value| value.map(u8::from)))?)
        }
        (TypeChar::Float, 2) => floats!(npyz::half::f16, |value: npyz::half::f16| value.to_f32()),
        (TypeChar::Float, 4) => floats!(f32, |value: f32| value),
        (TypeChar::Float, 8) => wide!(f64, |value: f64| value),
        (TypeChar::Int, 1) => floats!(i8, |value: i8| f32::from(value)),
        (TypeChar::Int, 2) => floats!(i16, |value: i16| f32::from(value)),
        (TypeChar::Int, 4) => wide!(i32, |value: i32| f64::from(value)),
        (TypeChar::Int, 8) => wide!(i64, |value: i64| value as f64),
        (TypeChar::Uint, 2) => floats!(u16, |value: u16| f32::from(value)),
        (TypeChar::Uint, 4) => wide!(u32, |value: u32| f64::from(value)),
        (TypeChar::Uint, 8) => wide!(u64, |value: u64| value as f64),
        _ => return Err(format!("it holds {dtype} instead of integers or floats")),
    })
}

/// Writes all rows of a source as an f32 array in C order, atomically, with those axes where the examples are
/// images. Returns the number of rows and of values in each.
///
/// # Errors
/// [`DatasetError::Unwritable`], or what reading the source says.
pub(crate) fn write(path: &Path, source: &dyn Source, axes: Axes) -> Result<(usize, usize), DatasetError> {
    let (rows, columns) = (source.len(), source.shape().features());
    let mut values = source.read(0..rows)?;
    if let Some(origin) = source.origin() {
        let doubles =
            values.iter().zip(origin.iter().cycle()).map(|(&value, origin)| f64::from(value) + origin);
        let sizes = [rows as u64, columns as u64];
        write_values(path, &sizes, doubles)?;
        return Ok((rows, columns));
    }
    let sizes = match (axes, source.shape()) {
        (Axes::Grey, ExampleShape::Image { channels: 1, height, width }) => vec![rows, height, width],
        (Axes::ChannelsFirst, ExampleShape::Image { channels, height, width }) => {
            vec![rows, channels, height, width]
        }
        (Axes::ChannelsLast, ExampleShape::Image { channels, height, width }) => {
            let sizes = vec![rows, height, width, channels];
            let place = Place { sizes: sizes.clone(), fortran: false, axes };
            values = (0..values.len()).map(|index| values[place.of(index)]).collect();
            sizes
        }
        _ => vec![rows, columns],
    };
    let sizes: Vec<u64> = sizes.into_iter().map(|size| size as u64).collect();
    write_values(path, &sizes, values.into_iter())?;
    Ok((rows, columns))
}

fn write_values<T: npyz::AutoSerialize>(
    path: &Path,
    sizes: &[u64],
    values: impl Iterator<Item = T>,
) -> Result<(), DatasetError> {
    let unwritable = |source| DatasetError::Unwritable { path: path.to_owned(), source };
    let mut bytes = Vec::with_capacity(128 + size_of::<T>() * values.size_hint().0);
    let written =
        npyz::WriteOptions::<T>::new().default_dtype().shape(sizes).writer(&mut bytes).begin_nd().and_then(
            |mut writer| {
                writer.extend(values)?;
                writer.finish()
            },
        );
    written.map_err(unwritable)?;
    write_output(path, &bytes).map_err(unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(matrix: &Matrix) -> Vec<f32> {
        matrix.read(0..matrix.len()).expect("rows")
    }

    /// A file with that header and those bytes after it.
    fn file(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.npy");
        let fortran = if fortran { "True" } else { "False" };
        let header = format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}");
        let header = format!("{header:<117}\n");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((header.len() as u16).to_le_bytes());
        bytes.extend(header.bytes());
        bytes.extend(data);
        std::fs::write(&path, &bytes).expect("written");
        (folder, path)
    }

    fn i16s(values: &[i16]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    fn f32s(values: &[f32]) -> Vec<u8> {
        values.iter().flat_map(|value| value.to_le_bytes()).collect()
    }

    #[test]
    fn an_array_survives_the_file_with_any_axes() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.npy");
        let values: Vec<f32> = (0..24).map(|i| 0.1 * i as f32).collect();
        let image = |channels, height, width| ExampleShape::Image { channels, height, width };
        for (shape, axes) in [
            (ExampleShape::Flat(3), Axes::Rows),
            (image(1, 3, 2), Axes::Grey),
            (image(2, 3, 2), Axes::ChannelsFirst),
            (image(2, 6, 2), Axes::ChannelsLast),
        ] {
            let features = shape.features();
            let written = write(&path, &Matrix::new(shape, values.clone()), axes).expect("written");
            assert_eq!(written, (24 / features, features));
            let read = read(&path, Missing::Refuse).expect("read");
            assert_eq!((read.matrix.shape(), read.axes, all(&read.matrix)), (shape, axes, values.clone()));
        }
    }

    #[test]
    fn fortran_order_is_read_as_rows() {
        let (_folder, path) = file("<i2", true, "(2, 3)", &i16s(&[1, 4, 2, 5, 3, 6]));
        assert_eq!(all(&read(&path, Missing::Refuse).expect("read").matrix), [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        // Two images of 1x2x2, first axis fastest.
        let (_folder, path) = file("<i2", true, "(2, 2, 2)", &i16s(&[0, 4, 2, 6, 1, 5, 3, 7]));
        assert_eq!(
            all(&read(&path, Missing::Refuse).expect("read").matrix),
            [0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]
        );
    }

    #[test]
    fn half_floats_and_bytes_are_read_and_know_their_natural_range() {
        let (_folder, path) = file("<f2", false, "(2,)", &[0x00, 0x3e, 0x00, 0xc0]);
        let halves = read(&path, Missing::Refuse).expect("read").matrix;
        assert_eq!((all(&halves), halves.value_range()), (vec![1.5, -2.0], None));
        for (most, range) in [(250, Some((0.0, 255.0))), (100, None)] {
            let (_folder, path) = file("|u1", false, "(2, 2)", &[0, 1, 2, most]);
            assert_eq!(read(&path, Missing::Refuse).expect("read").matrix.value_range(), range, "{most}");
        }
        for (descr, data) in
            [("|u1", vec![0, 1, 1, 0]), ("|b1", vec![0, 1, 1, 0]), ("<f4", f32s(&[0.0, 0.5, 1.0, 0.2]))]
        {
            let (_folder, path) = file(descr, false, "(2, 2)", &data);
            assert_eq!(
                read(&path, Missing::Refuse).expect("read").matrix.value_range(),
                Some((0.0, 1.0)),
                "{descr}"
            );
        }
    }

    #[test]
    fn values_that_are_no_numbers_are_refused_by_row_and_column() {
        for bad in [f32::NAN, f32::INFINITY] {
            let (_folder, path) = file("<f4", false, "(2, 3)", &f32s(&[0.0, 1.0, 2.0, 3.0, bad, 5.0]));
            let error = read(&path, Missing::Refuse).expect_err("refused").to_string();
            assert!(error.contains("x.npy, row 1, column 1"), "{error}");
        }
    }

    #[test]
    fn a_header_that_claims_more_than_there_is_is_refused() {
        for shape in ["(1152921504606846976, 784)", "(1152921504606846976, 16)", "(3, 2)", "(0, 4)", "(4, 0)"]
        {
            let (_folder, path) = file("<i2", false, shape, &i16s(&[1, 2, 3, 4, 5]));
            assert!(matches!(read(&path, Missing::Refuse), Err(DatasetError::BadNpy { .. })), "{shape}");
        }
        let (_folder, path) = file("<i2", false, "(2, 9, 9, 9)", &i16s(&[0; 2 * 729]));
        assert!(read(&path, Missing::Refuse).expect_err("no channels").to_string().contains("data.shape"));
    }

    #[test]
    fn doubles_and_long_integers_keep_what_distinguishes_them() {
        let seconds = |row: i64| 1_700_000_000_i64 + row;
        let longs: Vec<u8> = (0..300).flat_map(|row| seconds(row).to_le_bytes()).collect();
        let doubles: Vec<u8> = (0..300).flat_map(|row| (seconds(row) as f64).to_le_bytes()).collect();
        for (descr, fortran, data) in
            [("<i8", false, &longs), ("<f8", false, &doubles), ("<f8", true, &doubles)]
        {
            let (_folder, path) = file(descr, fortran, "(300, 1)", data);
            let matrix = read(&path, Missing::Refuse).expect("read").matrix;
            let origin = matrix.origin().expect("an origin")[0];
            let back: Vec<i64> =
                all(&matrix).iter().map(|&value| (f64::from(value) + origin) as i64).collect();
            assert!(back.iter().enumerate().all(|(row, &value)| value == seconds(row as i64)), "{descr}");
            write(&path, &matrix, Axes::Rows).expect("written");
            let again = read(&path, Missing::Refuse).expect("read").matrix;
            assert_eq!((all(&again), again.origin()), (all(&matrix), matrix.origin()), "{descr}");
        }
    }

    #[test]
    fn values_that_may_be_missing_are_nan() {
        let (_folder, path) = file("<f4", false, "(1, 3)", &f32s(&[0.0, f32::INFINITY, f32::NAN]));
        let values = all(&read(&path, Missing::Mean).expect("read").matrix);
        assert!(values[0] == 0.0 && values[1].is_nan() && values[2].is_nan(), "{values:?}");
    }

    #[test]
    fn a_header_of_brackets_or_of_any_length_is_refused_at_once() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("x.npy");
        let mut long = b"\x93NUMPY\x02\x00\xff\xff\xff\x00".to_vec();
        long.extend([b' '; 100]);
        for bytes in [&b"\x93NUMPY\x01\x00\x13\x00{{{{{{{{{{{{{{{{{{\n"[..], &long, b"\x93NUMPY\x01\x00"] {
            std::fs::write(&path, bytes).expect("written");
            assert!(matches!(read(&path, Missing::Refuse), Err(DatasetError::BadNpy { .. })));
        }
    }

    #[test]
    fn what_is_no_npy_file_is_refused_by_name() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        assert!(matches!(
            read(&folder.path().join("none.npy"), Missing::Refuse),
            Err(DatasetError::Unreadable { .. })
        ));
        let path = folder.path().join("x.npy");
        std::fs::write(&path, "a,b\n1,2\n").expect("written");
        let error = read(&path, Missing::Refuse).expect_err("text").to_string();
        assert!(error.contains("x.npy") && error.contains("numpy.save"), "{error}");
    }
}
