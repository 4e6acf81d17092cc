//! Filters: the weights of each unit of a first layer, drawn as the image they look for.

use std::path::Path;

use image::{Rgb, RgbImage, imageops};
use plotters::prelude::*;

use crate::ReportError;
use crate::canvas::{draw, title_style};
use crate::grid::{ImageShape, enlarged};

/// How many units are drawn at most.
const MOST: usize = 100;
const WIDTH: usize = 900;
const TITLE_HEIGHT: usize = 48;
const GAP: usize = 3;

/// Draws up to 100 columns of `weights`, `[inputs, units]` row by row, those of the largest norm first.
/// Each is scaled by its own greatest magnitude: negative blue, zero white, positive red. Of colour images
/// the channels are averaged.
///
/// # Errors
/// [`ReportError::WrongSize`] where the inputs are no image of `shape`, [`ReportError::Empty`],
/// [`ReportError::Unwritable`].
pub fn filter_grid(
    path: &Path,
    title: &str,
    weights: &[f32],
    units: usize,
    shape: ImageShape,
) -> Result<(), ReportError> {
    let plane = shape.height * shape.width;
    let inputs = weights.len() / units.max(1);
    if inputs != plane * shape.channels || !weights.len().is_multiple_of(units.max(1)) {
        return Err(ReportError::WrongSize {
            path: path.to_owned(),
            expected: plane * shape.channels,
            found: inputs,
        });
    }
    if weights.is_empty() {
        return Err(ReportError::Empty { path: path.to_owned(), what: "unit" });
    }
    let unit = |unit: usize| -> Vec<f32> {
        let weight = |pixel: usize, channel: usize| weights[(channel * plane + pixel) * units + unit];
        (0..plane).map(|pixel| (0..shape.channels).map(|channel| weight(pixel, channel)).sum()).collect()
    };
    let mut filters: Vec<Vec<f32>> = (0..units).map(unit).collect();
    let norm = |filter: &Vec<f32>| filter.iter().map(|weight| weight * weight).sum::<f32>();
    filters.sort_by(|a, b| norm(b).total_cmp(&norm(a)));
    filters.truncate(MOST);

    let across = (filters.len() as f64).sqrt().ceil() as usize;
    let factor = (WIDTH / (across * (shape.width + GAP))).clamp(1, 8);
    let cell = (factor * shape.width + GAP, factor * shape.height + GAP);
    let size = (GAP + across * cell.0, TITLE_HEIGHT + filters.len().div_ceil(across) * cell.1);
    // Wide enough for its title, however few the units.
    let size = (size.0.max(480) as u32, size.1 as u32);
    let mut picture = RgbImage::from_pixel(size.0, size.1, Rgb([255; 3]));
    for (index, filter) in filters.iter().enumerate() {
        let image = enlarged(&coloured(filter, shape), factor);
        let (x, y) = (GAP + index % across * cell.0, TITLE_HEIGHT + index / across * cell.1);
        imageops::replace(&mut picture, &image, x as i64, y as i64);
    }
    draw(path, size, |area| {
        area.draw(
            &BitMapElement::with_owned_buffer((0, 0), size, picture.into_raw())
                .expect("a buffer of that size"),
        )?;
        area.draw(&Text::new(title, (10, 14), title_style(title, 22, area.dim_in_pixel().0 - 20)))
    })
}

fn coloured(filter: &[f32], shape: ImageShape) -> RgbImage {
    let greatest = filter.iter().fold(f32::MIN_POSITIVE, |greatest, weight| greatest.max(weight.abs()));
    RgbImage::from_fn(shape.width as u32, shape.height as u32, |x, y| {
        diverging(filter[y as usize * shape.width + x as usize] / greatest)
    })
}

/// Blue at -1, white at 0, red at 1.
fn diverging(value: f32) -> Rgb<u8> {
    const ENDS: [[f32; 3]; 2] = [[33.0, 102.0, 172.0], [178.0, 24.0, 43.0]];
    let end = ENDS[usize::from(value > 0.0)];
    Rgb(end.map(|end| (255.0 + (end - 255.0) * value.abs().min(1.0)).round() as u8))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_filter_comes_first_and_signs_are_colours() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("filters.png");
        let shape = ImageShape { channels: 1, height: 1, width: 2 };
        // Two inputs, three units: the second unit is the largest, +3 on the first pixel, -3 on the second.
        let weights = [0.1, 3.0, 0.0, 0.0, -3.0, 0.2];
        filter_grid(&path, "Filters", &weights, 3, shape).expect("drawn");
        let picture = image::open(&path).expect("a PNG").to_rgb8();
        let at = |x: usize| *picture.get_pixel((GAP + x) as u32, TITLE_HEIGHT as u32 + 2);
        assert_eq!((at(2), at(8 + 2)), (diverging(1.0), diverging(-1.0)));
        assert_eq!(diverging(0.0), Rgb([255; 3]));
    }

    #[test]
    fn weights_that_are_no_images_are_refused() {
        let path = Path::new("unused.png");
        let shape = ImageShape { channels: 1, height: 2, width: 2 };
        assert!(matches!(filter_grid(path, "", &[0.0; 9], 3, shape), Err(ReportError::WrongSize { .. })));
    }
}
