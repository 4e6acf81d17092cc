//! Folders of pictures: PNG and JPEG, in the folder itself or in one subfolder for each class.

use std::path::{Path, PathBuf};

use autoencoder_core::ExampleShape;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, ImageEncoder as _, ImageReader};
use rayon::prelude::*;

use autoencoder_core::Source;
use autoencoder_core::files::write_output;

use crate::classes::Classes;
use crate::memory::check_memory;
use crate::{DatasetError, Matrix};

/// The endings of files that are taken for pictures.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

/// The pictures of a folder.
pub(crate) struct Pictures {
    /// Their pixels, with a class for each subfolder.
    pub(crate) matrix: Matrix,
    /// Their paths within the folder.
    pub(crate) files: Vec<PathBuf>,
    /// The subfolders, where they are classes.
    pub(crate) names_of_classes: Vec<String>,
}

/// Reads all pictures of a folder, in the order of their names. They are resized to `shape`; without one they must have
/// one size, and are grey where all of them are.
///
/// # Errors
/// [`DatasetError::BadImage`] naming the file; [`DatasetError::NoImages`].
pub(crate) fn read(folder: &Path, shape: Option<[usize; 3]>) -> Result<Pictures, DatasetError> {
    let files = list(folder)?;
    let Some(first) = files.first() else { return Err(DatasetError::NoImages { path: folder.to_owned() }) };
    let [channels, height, width] = match shape {
        Some(shape) => shape,
        None => {
            let first = open(&folder.join(first))?;
            // Whether there is a coloured one among them is known when all have been opened.
            let grey = files.par_iter().map(|file| Ok(!has_colour(&open(&folder.join(file))?)));
            let grey = grey.collect::<Result<Vec<bool>, DatasetError>>()?.into_iter().all(|grey| grey);
            [if grey { 1 } else { 3 }, first.height() as usize, first.width() as usize]
        }
    };
    if channels != 1 && channels != 3 {
        return Err(bad(
            folder,
            format!("pictures have 1 or 3 channels, not {channels}: correct data.shape"),
        ));
    }
    check_memory(folder, files.len(), channels * height * width)?;
    let pixels = files.par_iter().map(|file| {
        let path = folder.join(file);
        let picture = open(&path)?;
        let size = [picture.height() as usize, picture.width() as usize];
        let picture = match (size == [height, width], shape) {
            (true, _) => picture,
            (false, Some(_)) => picture.resize_exact(width as u32, height as u32, FilterType::Triangle),
            (false, None) => {
                return Err(bad(
                    &path,
                    format!(
                        "it is {}x{}, others are {width}x{height}: say which size all get, as --set data.shape=[{channels},{height},{width}]",
                        size[1], size[0]
                    ),
                ));
            }
        };
        Ok(channels_first(&picture, channels))
    });
    let pixels: Vec<Vec<u8>> = pixels.collect::<Result<_, _>>()?;
    let matrix = Matrix::from_bytes(ExampleShape::Image { channels, height, width }, pixels.concat());
    let (matrix, names_of_classes) = match classes(&files) {
        Some(Classes { labels, names }) => (matrix.with_labels(labels), names),
        None => (matrix, Vec::new()),
    };
    Ok(Pictures { matrix, files, names_of_classes })
}

/// The files that rows are read from: the pictures of a folder, or the file itself.
///
/// # Errors
/// [`DatasetError::Unreadable`].
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    match path.is_dir() {
        true => Ok(list(path)?.iter().map(|file| path.join(file)).collect()),
        false => Ok(vec![path.to_owned()]),
    }
}

/// The pictures' paths within the folder, sorted: those in it, and those in its subfolders.
fn list(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            for inner in std::fs::read_dir(&path).map_err(unreadable)? {
                files.push(inner.map_err(unreadable)?.path());
            }
        } else {
            files.push(path);
        }
    }
    files.retain(|path| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        path.is_file() && ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known))
    });
    let mut files: Vec<PathBuf> =
        files.iter().filter_map(|path| path.strip_prefix(folder).ok()).map(Path::to_owned).collect();
    files.sort_unstable();
    Ok(files)
}

fn open(path: &Path) -> Result<DynamicImage, DatasetError> {
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    reader.decode().map_err(|error| bad(path, format!("{error}: save it again, or remove it")))
}

fn bad(path: &Path, message: String) -> DatasetError {
    DatasetError::BadImage { path: path.to_owned(), message: message.replace('\n', " ") }
}

fn has_colour(picture: &DynamicImage) -> bool {
    picture.color().has_color()
        && picture.to_rgb8().pixels().any(|pixel| pixel.0.iter().any(|&v| v != pixel.0[0]))
}

/// The pixels, one channel after the other.
fn channels_first(picture: &DynamicImage, channels: usize) -> Vec<u8> {
    if channels == 1 {
        return picture.to_luma8().into_raw();
    }
    let pixels = picture.to_rgb8().into_raw();
    (0..channels).flat_map(|channel| pixels.iter().skip(channel).step_by(channels).copied()).collect()
}

/// A class for each subfolder; `None` where there are not several.
fn classes(files: &[PathBuf]) -> Option<Classes> {
    let folder = |file: &PathBuf| file.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
    let folders: Vec<String> = files.iter().map(folder).collect();
    folders.windows(2).any(|pair| pair[0] != pair[1]).then(|| Classes::of_words(&folders))
}

/// Writes each row of pixels (0 to 255, one channel after the other) as a PNG file of that name in `folder`.
///
/// # Errors
/// [`DatasetError::Unwritable`], or what reading the source says.
pub fn write_pictures(
    folder: &Path,
    source: &dyn Source,
    names: &[PathBuf],
) -> Result<(usize, usize), DatasetError> {
    let ExampleShape::Image { channels, height, width } = source.shape() else {
        return Err(bad(folder, "these rows are no images".to_owned()));
    };
    let area = height * width;
    let mut row = vec![0.0; channels * area];
    for (index, name) in names.iter().enumerate() {
        source.rows(&[index], &mut row)?;
        let byte = |value: f32| value.round().clamp(0.0, 255.0) as u8;
        let pixels: Vec<u8> = (0..area)
            .flat_map(|at| (0..channels).map(move |channel| channel * area + at))
            .map(|at| byte(row[at]))
            .collect();
        let color = if channels == 1 { ExtendedColorType::L8 } else { ExtendedColorType::Rgb8 };
        let path = folder.join(name).with_extension("png");
        let unwritable = |source| DatasetError::Unwritable { path: path.clone(), source };
        let mut bytes = Vec::new();
        PngEncoder::new(&mut bytes)
            .write_image(&pixels, width as u32, height as u32, color)
            .map_err(|error| unwritable(std::io::Error::other(error)))?;
        path.parent().map_or(Ok(()), std::fs::create_dir_all).map_err(unwritable)?;
        write_output(&path, &bytes).map_err(unwritable)?;
    }
    Ok((names.len(), channels * area))
}
