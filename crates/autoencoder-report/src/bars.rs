//! Bars in groups: one number for each of some models on each of some data sets.

use std::path::Path;

use plotters::prelude::*;

use crate::ReportError;
use crate::canvas::{COLOURS, FAINT, FONT, INK, draw, tick, title_style};

const SIZE: (u32, u32) = (960, 600);

/// Groups of bars from zero, one bar a series in each group.
#[derive(Clone, Debug)]
pub struct Bars<'a> {
    /// What the picture shows, best as the finding.
    pub title: &'a str,
    /// With its unit.
    pub y_label: &'a str,
    /// The name below each group.
    pub groups: Vec<&'a str>,
    /// A name for the legend, and a value for each group.
    pub series: Vec<(&'a str, Vec<f64>)>,
}

impl Bars<'_> {
    /// Draws the bars with their values above them, 960 by 600 pixels.
    ///
    /// # Errors
    /// [`ReportError::Empty`] without a finite value above zero, [`ReportError::Unwritable`].
    pub fn save(&self, path: &Path) -> Result<(), ReportError> {
        let values = self.series.iter().flat_map(|(_, values)| values).filter(|value| value.is_finite());
        let most = values.copied().fold(0.0, f64::max);
        if most <= 0.0 {
            return Err(ReportError::Empty { path: path.to_owned(), what: "bar" });
        }
        let width = 0.84 / self.series.len() as f64;
        let groups = self.groups.len() as f64;
        draw(path, SIZE, |area| {
            let mut chart = ChartBuilder::on(area)
                .caption(self.title, title_style(self.title, 26, SIZE.0 - 40))
                .margin(18)
                .x_label_area_size(44)
                .y_label_area_size(78)
                .build_cartesian_2d(-0.5..groups - 0.5, 0.0..most * 1.25)?;
            let name = |at: &f64| {
                let whole = (at - at.round()).abs() < 1e-6 && *at > -0.5;
                let group = if whole { self.groups.get(at.round() as usize) } else { None };
                group.copied().unwrap_or_default().to_owned()
            };
            chart
                .configure_mesh()
                .disable_x_mesh()
                .x_labels(2 * self.groups.len() + 1)
                .x_label_formatter(&name)
                .y_desc(self.y_label)
                .y_label_formatter(&tick)
                .label_style((FONT, 18).into_font().color(&INK))
                .axis_desc_style((FONT, 20).into_font().color(&INK))
                .bold_line_style(FAINT)
                .light_line_style(TRANSPARENT)
                .axis_style(INK)
                .draw()?;
            for (index, ((name, values), colour)) in
                self.series.iter().zip(COLOURS.iter().cycle()).enumerate()
            {
                let left = |group: usize| group as f64 - 0.42 + index as f64 * width;
                let bars = values.iter().enumerate().filter(|(_, value)| value.is_finite());
                let rectangles = bars.clone().map(|(group, &value)| {
                    // The least that is seen.
                    let top = value.max(0.004 * most);
                    let corners = [(left(group) + 0.02, 0.0), (left(group) + width - 0.02, top)];
                    Rectangle::new(corners, colour.filled())
                });
                chart
                    .draw_series(rectangles)?
                    .label(*name)
                    .legend(move |(x, y)| Rectangle::new([(x + 4, y - 5), (x + 16, y + 5)], colour.filled()));
                let style = (FONT, 16).into_font().color(&INK);
                chart.draw_series(bars.map(|(group, &value)| {
                    let at = (left(group) + 0.02, value + 0.045 * most);
                    Text::new(significant(value), at, style.clone())
                }))?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperLeft)
                .label_font((FONT, 18).into_font().color(&INK))
                .background_style(WHITE.mix(0.85))
                .border_style(FAINT)
                .draw()
        })
    }
}

/// About three digits.
fn significant(value: f64) -> String {
    match value {
        value if value >= 100.0 => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value if value >= 0.1 => format!("{value:.2}"),
        value => format!("{value:.4}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_high_as_its_value() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("bars.png");
        let series = vec![("one", vec![1.0, 4.0]), ("two", vec![2.0, f64::NAN])];
        Bars { title: "", y_label: "", groups: vec!["a", "b"], series }.save(&path).expect("drawn");
        let picture = image::open(&path).expect("a PNG").to_rgb8();
        let heights = |colour: &RGBColor| {
            let colour = image::Rgb([colour.0, colour.1, colour.2]);
            // The legend is narrower than a bar, and nearer to the left.
            (0..picture.width())
                .map(|x| (0..picture.height()).filter(|&y| *picture.get_pixel(x, y) == colour).count())
                .max()
                .unwrap_or(0)
        };
        let ratio = heights(&COLOURS[0]) as f64 / heights(&COLOURS[1]) as f64;
        assert!((ratio - 2.0).abs() < 0.1, "{ratio}");
    }

    #[test]
    fn nothing_to_draw_is_an_error() {
        let bars = Bars { title: "", y_label: "", groups: vec!["a"], series: vec![("one", vec![0.0])] };
        assert!(matches!(bars.save(Path::new("unused.png")), Err(ReportError::Empty { .. })));
    }
}
