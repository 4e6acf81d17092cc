//! Folders of pictures, in the folder itself or in subfolders, one for each class.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use autoencoder_core::ExampleShape;
use image::codecs::png::PngEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ExtendedColorType, ImageDecoder as _, ImageEncoder as _, ImageReader};
use rayon::prelude::*;

use autoencoder_core::Source;
use autoencoder_core::files::write_output;

use crate::classes::Classes;
use crate::memory::check_memory;
use crate::{DatasetError, Matrix};

/// The endings of files that are taken for pictures.
const ENDINGS: [&str; 7] = ["png", "jpg", "jpeg", "bmp", "webp", "tif", "tiff"];
/// The endings of pictures that are not read.
const OTHERS: [&str; 8] = ["gif", "heic", "avif", "jp2", "psd", "raw", "dcm", "exr"];
/// How deep subfolders are looked into: a link may lead back to where it is.
const DEEPEST: usize = 16;

/// The pictures of a folder.
pub(crate) struct Pictures {
    /// Their pixels, with a class for each subfolder.
    pub(crate) matrix: Matrix,
    /// Their paths within the folder.
    pub(crate) files: Vec<PathBuf>,
    /// The subfolders, where they are classes.
    pub(crate) names_of_classes: Vec<String>,
    /// Whether they have sixteen bits a channel.
    pub(crate) deep: bool,
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
    let is_deep = files.par_iter().map(|file| is_deep(&folder.join(file)));
    let deep = is_deep.collect::<Result<Vec<bool>, DatasetError>>()?.contains(&true);
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
                        "it is {}x{}, others are {width}x{height}: say which size all get, as data.shape = [{channels}, {height}, {width}]",
                        size[1], size[0]
                    ),
                ));
            }
        };
        Ok(picture)
    });
    let shape = ExampleShape::Image { channels, height, width };
    let matrix = if deep {
        let pixels = pixels.map(|picture| Ok(channels_first_deep(&picture?, channels)));
        let pixels = pixels.collect::<Result<Vec<Vec<f32>>, DatasetError>>()?.concat();
        // A camera of twelve or fourteen bits uses a part of the sixteen.
        let range = |most: fn(f32, f32) -> f32, from| pixels.iter().copied().fold(from, most);
        let (low, high) = (range(f32::min, f32::INFINITY), range(f32::max, f32::NEG_INFINITY));
        let matrix = Matrix::new(shape, pixels);
        if high > low { matrix.with_range(low, high) } else { matrix }
    } else {
        let pixels = pixels.map(|picture| Ok(channels_first(&picture?, channels)));
        let pixels: Vec<Vec<u8>> = pixels.collect::<Result<_, DatasetError>>()?;
        Matrix::from_bytes(shape, pixels.concat())
    };
    let (matrix, names_of_classes) = match classes(&files) {
        Some(Classes { labels, names }) => (matrix.with_labels(labels), names),
        None => (matrix, Vec::new()),
    };
    Ok(Pictures { matrix, files, names_of_classes, deep })
}

/// The files that rows are read from: the pictures of a folder, or the file itself.
///
/// # Errors
/// [`DatasetError::Unreadable`].
pub fn files_of(path: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    if path.is_dir() {
        Ok(list(path)?.iter().map(|file| path.join(file)).collect())
    } else {
        Ok(vec![path.to_owned()])
    }
}

/// The pictures' paths within the folder, sorted: those in it, and those in its subfolders.
fn list(folder: &Path) -> Result<Vec<PathBuf>, DatasetError> {
    let unreadable = |source| DatasetError::Unreadable { path: folder.to_owned(), source };
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            match path.is_dir() {
                true if is_skipped(&path) => {}
                true if depth < DEEPEST => folders.push((path, depth + 1)),
                true => {}
                false => files.push(path),
            }
        }
    }
    let has = |path: &Path, known: &[&str]| {
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        known.iter().any(|known| ending.eq_ignore_ascii_case(known))
    };
    // What is left out is said.
    if let Some(other) = files.iter().find(|path| has(path, &OTHERS)) {
        return Err(bad(
            other,
            "pictures of this kind are not read: save it as PNG, or remove it".to_owned(),
        ));
    }
    files.retain(|path| path.is_file() && has(path, &ENDINGS));
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

/// Whether a subfolder's pictures are none of the data: it is hidden, or a run, whose plots lie in it.
fn is_skipped(folder: &Path) -> bool {
    let is_hidden = folder.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
    is_hidden || (folder.join("config.toml").is_file() && folder.join("checkpoints").is_dir())
}

/// Whether the picture has sixteen bits a channel, or more: its header says it.
fn is_deep(path: &Path) -> Result<bool, DatasetError> {
    let reader = ImageReader::open(path)
        .and_then(ImageReader::with_guessed_format)
        .map_err(|source| DatasetError::Unreadable { path: path.to_owned(), source })?;
    let decoder =
        reader.into_decoder().map_err(|error| bad(path, format!("{error}: save it again, or remove it")))?;
    let color = decoder.color_type();
    Ok(color.bits_per_pixel() / u16::from(color.channel_count()) > 8)
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

/// The pixels of sixteen bits, from 0 to 65 535, one channel after the other.
fn channels_first_deep(picture: &DynamicImage, channels: usize) -> Vec<f32> {
    if channels == 1 {
        return picture.to_luma16().into_raw().into_iter().map(f32::from).collect();
    }
    let pixels = picture.to_rgb16().into_raw();
    let of = |channel: usize| pixels.iter().skip(channel).step_by(channels).map(|&value| f32::from(value));
    (0..channels).flat_map(of).collect()
}

/// A class for each subfolder; `None` where there are not several.
fn classes(files: &[PathBuf]) -> Option<Classes> {
    let folder = |file: &PathBuf| file.parent().unwrap_or(Path::new("")).to_string_lossy().into_owned();
    let folders: Vec<String> = files.iter().map(folder).collect();
    folders.windows(2).any(|pair| pair[0] != pair[1]).then(|| Classes::of_words(&folders))
}

/// What a picture of that name is called as PNG: another that is called so already, or would be, keeps its name.
fn png_name(name: &Path, taken: &BTreeSet<&Path>) -> PathBuf {
    let plain = name.with_extension("png");
    let is_png = plain == name;
    let others = taken.iter().filter(|other| ***other != *name && other.with_extension("png") == plain);
    if is_png || others.count() == 0 {
        return plain;
    }
    let mut whole = name.as_os_str().to_owned();
    whole.push(".png");
    whole.into()
}

/// Writes each row of pixels (0 to 255, `deep` 0 to 65 535, one channel after the other) as a PNG file of that name in
/// `folder`. Names that differ in their endings alone keep them: `0.png` and `0.jpg` become `0.png` and `0.jpg.png`.
///
/// # Errors
/// [`DatasetError::Unwritable`], or what reading the source says.
pub fn write_pictures(
    folder: &Path,
    source: &dyn Source,
    names: &[PathBuf],
    deep: bool,
) -> Result<(usize, usize), DatasetError> {
    let ExampleShape::Image { channels, height, width } = source.shape() else {
        return Err(bad(folder, "these rows are no images".to_owned()));
    };
    let area = height * width;
    let taken: BTreeSet<&Path> = names.iter().map(PathBuf::as_path).collect();
    let mut row = vec![0.0; channels * area];
    for (index, name) in names.iter().enumerate() {
        source.rows(&[index], &mut row)?;
        let places = (0..area).flat_map(|at| (0..channels).map(move |channel| channel * area + at));
        let pixels: Vec<u8> = if deep {
            places.flat_map(|at| (row[at].round().clamp(0.0, 65_535.0) as u16).to_ne_bytes()).collect()
        } else {
            places.map(|at| row[at].round().clamp(0.0, 255.0) as u8).collect()
        };
        let color = match (channels, deep) {
            (1, false) => ExtendedColorType::L8,
            (1, true) => ExtendedColorType::L16,
            (_, false) => ExtendedColorType::Rgb8,
            (_, true) => ExtendedColorType::Rgb16,
        };
        let path = folder.join(png_name(name, &taken));
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

#[cfg(test)]
mod tests {
    use image::{ImageBuffer, Luma};

    use super::*;

    #[test]
    fn sixteen_bits_come_in_and_go_out_and_folders_are_looked_into() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join("a/deep")).expect("folders");
        for (name, value) in [("x.png", 30_000_u16), ("a/y.png", 30_011), ("a/deep/z.PNG", 30_200)] {
            let picture: ImageBuffer<Luma<u16>, Vec<u16>> = ImageBuffer::from_pixel(2, 1, Luma([value]));
            let path = folder.path().join(name);
            picture.save_with_format(path, image::ImageFormat::Png).expect("written");
        }
        let read = read(folder.path(), None).expect("pictures");
        assert!(read.deep);
        assert_eq!(read.matrix.value_range(), Some((30_000.0, 30_200.0)));
        let mut values = vec![0.0; 6];
        read.matrix.rows(&[0, 1, 2], &mut values).expect("rows");
        assert_eq!(values, [30_200.0, 30_200.0, 30_011.0, 30_011.0, 30_000.0, 30_000.0]);
        let out = folder.path().join("out");
        write_pictures(&out, &read.matrix, &read.files, true).expect("written");
        let back = image::open(out.join("a/y.png")).expect("a picture").to_luma16();
        assert_eq!(back.get_pixel(0, 0).0, [30_011]);
    }

    #[test]
    fn names_that_differ_in_their_endings_alone_stay_apart() {
        let names = ["0.png", "0.jpg", "1.jpg", "2.PNG", "2.bmp"].map(PathBuf::from);
        let taken: BTreeSet<&Path> = names.iter().map(PathBuf::as_path).collect();
        let written: BTreeSet<PathBuf> = names.iter().map(|name| png_name(name, &taken)).collect();
        assert_eq!(written.len(), names.len(), "{written:?}");
        assert_eq!(png_name(Path::new("1.jpg"), &taken), Path::new("1.png"));
    }

    #[test]
    fn pictures_that_are_not_read_are_named() {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("x.gif"), "GIF89a").expect("written");
        let error = read(folder.path(), None).err().expect("refused").to_string();
        assert!(error.contains("x.gif") && error.contains("PNG"), "{error}");
    }
}
