//! A picture in memory, with the font and the colours that all pictures share.

use std::io::Cursor;
use std::path::Path;
use std::sync::Once;

use autoencoder_core::files::write_output;
use image::{ImageFormat, RgbImage};
use plotters::coord::Shift;
use plotters::prelude::*;

use crate::ReportError;

pub(crate) const FONT: &str = "sans-serif";
pub(crate) const INK: RGBColor = RGBColor(38, 38, 38);
pub(crate) const FAINT: RGBColor = RGBColor(225, 225, 225);

/// Ten colours that can be told apart, also by most who are colour-blind: Okabe and Ito's eight without
/// black, then three darker ones.
pub(crate) const COLOURS: [RGBColor; 10] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(120, 94, 40),
    RGBColor(90, 60, 160),
    RGBColor(110, 110, 110),
    RGBColor(150, 20, 60),
];

pub(crate) type Area<'a> = DrawingArea<BitMapBackend<'a>, Shift>;

/// Draws on a white picture of that size and writes it to `path`.
pub(crate) fn draw<E: std::error::Error>(
    path: &Path,
    size: (u32, u32),
    f: impl FnOnce(&Area<'_>) -> Result<(), E>,
) -> Result<(), ReportError> {
    register_font();
    let mut picture = RgbImage::from_pixel(size.0, size.1, image::Rgb([255; 3]));
    let failed = |message: String| ReportError::Drawing { path: path.to_owned(), message };
    {
        let area = BitMapBackend::with_buffer(&mut picture, size).into_drawing_area();
        f(&area).map_err(|error| failed(error.to_string()))?;
        area.present().map_err(|error| failed(error.to_string()))?;
    }
    save(path, &picture)
}

/// Writes a picture as PNG.
pub(crate) fn save(path: &Path, picture: &RgbImage) -> Result<(), ReportError> {
    let mut bytes = Cursor::new(Vec::new());
    picture
        .write_to(&mut bytes, ImageFormat::Png)
        .map_err(|error| ReportError::Drawing { path: path.to_owned(), message: error.to_string() })?;
    write_output(path, bytes.get_ref())
        .map_err(|source| ReportError::Unwritable { path: path.to_owned(), source })
}

fn register_font() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The bytes are a valid font: the pictures of the tests have text on them.
        let _ = plotters::style::register_font(FONT, FontStyle::Normal, epaint_default_fonts::UBUNTU_LIGHT);
    });
}

/// The style of a title, `size` pixels high or as much less as it takes to fit into `width`.
pub(crate) fn title_style(title: &str, size: u32, width: u32) -> TextStyle<'static> {
    register_font();
    let style = |size: u32| (FONT, size).into_font().color(&INK);
    let fits = |size: u32| {
        let font = (FONT, size).into_font();
        font.layout_box(title).is_ok_and(|((left, _), (right, _))| (right - left) as u32 <= width)
    };
    style((9..=size).rev().find(|&size| fits(size)).unwrap_or(9))
}

/// The finite range of some values, widened where it is a single one; `None` without a finite value.
pub(crate) fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    let (low, high) = values
        .filter(|value| value.is_finite())
        .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    match (low.is_finite(), high > low) {
        (false, _) => None,
        (true, true) => Some((low, high)),
        (true, false) => Some((low - 0.5 * low.abs().max(1.0), low + 0.5 * low.abs().max(1.0))),
    }
}

/// A number on an axis, without digits that say nothing.
#[allow(clippy::trivially_copy_pass_by_ref, reason = "the drawing library hands out references")]
pub(crate) fn tick(value: &f64) -> String {
    if (1e-12..1e-3).contains(&value.abs()) {
        return format!("{value:.0e}");
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_short_and_never_a_false_zero() {
        assert_eq!(
            [0.0, 0.5, -2.0, 0.001, 1e-4].map(|value| tick(&value)),
            ["0", "0.5", "-2", "0.001", "1e-4"]
        );
    }

    #[test]
    fn a_long_title_is_smaller_and_a_short_one_is_not() {
        let size = |title: &str| title_style(title, 26, 400).font.get_size();
        assert_eq!(size("Loss"), 26.0);
        assert!(size(&"a long title ".repeat(5)) < 20.0);
    }
}
