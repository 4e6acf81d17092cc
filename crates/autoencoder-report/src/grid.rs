//! Grids of images: originals, corrupted, reconstructions, a row each.

use std::path::Path;

use image::{Rgb, RgbImage, imageops};
use plotters::prelude::*;

use crate::ReportError;
use crate::canvas::{FONT, INK, draw, title_style};

/// What one image looks like: values row by row, channel by channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageShape {
    /// 1 for grey, 3 for colour.
    pub channels: usize,
    /// Rows of pixels.
    pub height: usize,
    /// Columns of pixels.
    pub width: usize,
}

impl ImageShape {
    fn values(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// A row of images with its name.
#[derive(Clone, Debug)]
pub struct ImageRow<'a> {
    /// To the left of the row.
    pub label: &'a str,
    /// The images one after the other.
    pub values: &'a [f32],
}

/// About how wide a grid is, in pixels.
const WIDTH: usize = 960;
const LABEL_WIDTH: usize = 190;
const TITLE_HEIGHT: usize = 48;
const GAP: usize = 3;

/// Draws rows of images, black at `range.0` and white at `range.1`, enlarged by a whole factor.
///
/// ```
/// use autoencoder_report::{ImageRow, ImageShape, ReportError, image_grid};
///
/// let shape = ImageShape { channels: 1, height: 8, width: 8 };
/// let values: Vec<f32> = (0..128).map(|pixel| pixel as f32 / 128.0).collect();
/// let rows = [ImageRow { label: "two images", values: &values }];
/// let path = std::env::temp_dir().join("autoencoder-two-images.png");
/// image_grid(&path, "Two images", &rows, shape, (0.0, 1.0))?;
/// # Ok::<(), ReportError>(())
/// ```
///
/// # Errors
/// [`ReportError::Empty`] without an image, [`ReportError::WrongSize`], [`ReportError::Unwritable`].
pub fn image_grid(
    path: &Path,
    title: &str,
    rows: &[ImageRow<'_>],
    shape: ImageShape,
    range: (f32, f32),
) -> Result<(), ReportError> {
    let size = shape.values();
    if let Some(row) = rows.iter().find(|row| size == 0 || !row.values.len().is_multiple_of(size)) {
        return Err(ReportError::WrongSize {
            path: path.to_owned(),
            expected: size,
            found: row.values.len(),
        });
    }
    let across = rows.iter().map(|row| row.values.len() / size.max(1)).max().unwrap_or(0);
    if across == 0 {
        return Err(ReportError::Empty { path: path.to_owned(), what: "image" });
    }
    let labelled = rows.iter().any(|row| !row.label.is_empty());
    let left = if labelled { LABEL_WIDTH } else { GAP };
    let factor = ((WIDTH - left) / (across * (shape.width + GAP))).max(1);
    let cell = (factor * shape.width + GAP, factor * shape.height + GAP);
    let mut picture = RgbImage::from_pixel(
        (left + across * cell.0 + GAP) as u32,
        (TITLE_HEIGHT + rows.len() * cell.1 + GAP) as u32,
        Rgb([255; 3]),
    );
    for (down, row) in rows.iter().enumerate() {
        for (index, values) in row.values.chunks_exact(size).enumerate() {
            let image = enlarged(&image(values, shape, range), factor);
            let (x, y) = (left + index * cell.0, TITLE_HEIGHT + down * cell.1);
            imageops::replace(&mut picture, &image, x as i64, y as i64);
        }
    }
    draw(path, picture.dimensions(), |area| {
        area.draw(
            &BitMapElement::with_owned_buffer((0, 0), picture.dimensions(), picture.into_raw())
                .expect("a buffer of that size"),
        )?;
        area.draw(&Text::new(title, (10, 14), title_style(title, 22, area.dim_in_pixel().0 - 20)))?;
        rows.iter().enumerate().try_for_each(|(down, row)| {
            let y = TITLE_HEIGHT + down * cell.1 + cell.1 / 2;
            area.draw(&Text::new(row.label, (10, y as i32 - 10), (FONT, 19).into_font().color(&INK)))
        })
    })
}

/// One image at its own size.
pub(crate) fn image(values: &[f32], shape: ImageShape, (low, high): (f32, f32)) -> RgbImage {
    let plane = shape.height * shape.width;
    let level = |value: f32| (255.0 * ((value - low) / (high - low)).clamp(0.0, 1.0)).round() as u8;
    RgbImage::from_fn(shape.width as u32, shape.height as u32, |x, y| {
        let pixel = y as usize * shape.width + x as usize;
        Rgb(std::array::from_fn(|channel| level(values[channel.min(shape.channels - 1) * plane + pixel])))
    })
}

pub(crate) fn enlarged(image: &RgbImage, factor: usize) -> RgbImage {
    let (width, height) = image.dimensions();
    imageops::resize(image, width * factor as u32, height * factor as u32, imageops::FilterType::Nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHAPE: ImageShape = ImageShape { channels: 1, height: 2, width: 2 };

    #[test]
    fn pixels_have_the_given_values_at_the_expected_places() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("grid.png");
        let values = [0.0, 0.25, 0.5, 1.0, 1.0, 1.0, 1.0, 0.0];
        let rows = [ImageRow { label: "", values: &values }];
        image_grid(&path, "Two images", &rows, SHAPE, (0.0, 1.0)).expect("drawn");
        let picture = image::open(&path).expect("a PNG").to_rgb8();
        let factor = ((WIDTH - GAP) / (2 * (2 + GAP))) as u32;
        let at = |image: u32, x: u32, y: u32| {
            let left = GAP as u32 + image * (2 * factor + GAP as u32);
            picture.get_pixel(left + x * factor + factor / 2, TITLE_HEIGHT as u32 + y * factor + factor / 2).0
                [0]
        };
        assert_eq!([at(0, 0, 0), at(0, 1, 0), at(0, 0, 1), at(0, 1, 1)], [0, 64, 128, 255]);
        assert_eq!([at(1, 0, 0), at(1, 1, 1)], [255, 0]);
    }

    #[test]
    fn parts_of_images_and_no_images_are_refused() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("grid.png");
        let grid =
            |values: &[f32]| image_grid(&path, "", &[ImageRow { label: "x", values }], SHAPE, (0.0, 1.0));
        assert!(matches!(grid(&[0.0; 5]), Err(ReportError::WrongSize { .. })));
        assert!(matches!(grid(&[]), Err(ReportError::Empty { .. })));
        assert!(grid(&[f32::NAN; 4]).is_ok());
    }
}
