//! Curves: losses over epochs, errors over code sizes.

use std::path::Path;

use plotters::coord::ranged1d::{AsRangedCoord, ValueFormatter};
use plotters::prelude::*;

use crate::ReportError;
use crate::canvas::{Area, COLOURS, FAINT, FONT, INK, draw, range, tick, title_style};

const SIZE: (u32, u32) = (960, 600);

/// With more curves than this none is drawn wider than another.
const MOST_BELOW: usize = 3;

/// A named curve.
#[derive(Clone, Debug)]
pub struct Curve<'a> {
    /// For the legend.
    pub name: &'a str,
    /// `(x, y)` from left to right; points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

/// Some curves over one axis.
#[derive(Clone, Debug)]
pub struct CurvePlot<'a> {
    /// What the picture shows, best as the finding.
    pub title: &'a str,
    /// With its unit.
    pub x_label: &'a str,
    /// With its unit.
    pub y_label: &'a str,
    /// Whether the vertical axis is logarithmic (only where every value is positive).
    pub log_y: bool,
    /// The curves.
    pub curves: Vec<Curve<'a>>,
    /// A place on the horizontal axis to mark, with its name: the best epoch.
    pub marked: Option<(f64, &'a str)>,
}

impl CurvePlot<'_> {
    /// Draws the curves, 960 by 600 pixels.
    ///
    /// # Errors
    /// [`ReportError::Empty`] without a finite point, [`ReportError::Unwritable`].
    pub fn save(&self, path: &Path) -> Result<(), ReportError> {
        let points = || {
            self.curves.iter().flat_map(|curve| &curve.points).filter(|(x, y)| x.is_finite() && y.is_finite())
        };
        let x = range(points().map(|point| point.0));
        let y = range(points().map(|point| point.1));
        let (Some(x), Some((low, high))) = (x, y) else {
            return Err(ReportError::Empty { path: path.to_owned(), what: "curve" });
        };
        if self.log_y && low > 0.0 {
            let label = format!("{} (logarithmic)", self.y_label);
            draw(path, SIZE, |area| self.chart(area, x, (low * 0.9..high * 1.1).log_scale(), &label))
        } else {
            let margin = 0.06 * (high - low);
            draw(path, SIZE, |area| self.chart(area, x, low - margin..high + margin, self.y_label))
        }
    }

    /// How many ticks stand at whole numbers alone, where all points do and they are few.
    fn whole_steps(&self, (low, high): (f64, f64)) -> Option<usize> {
        const MOST: f64 = 12.0;
        let mut points = self.curves.iter().flat_map(|curve| &curve.points);
        let whole = points.all(|(x, _)| x.fract() == 0.0) && low.fract() == 0.0 && high.fract() == 0.0;
        (whole && high - low <= MOST).then_some((high - low) as usize + 1)
    }

    fn chart<'a, Y>(
        &self,
        area: &Area<'a>,
        x: (f64, f64),
        y: Y,
        y_label: &str,
    ) -> Result<(), DrawingAreaErrorKind<<BitMapBackend<'a> as DrawingBackend>::ErrorType>>
    where
        Y: AsRangedCoord<Value = f64>,
        Y::CoordDescType: ValueFormatter<f64>,
    {
        let mut chart = ChartBuilder::on(area)
            .caption(self.title, title_style(self.title, 26, SIZE.0 - 40))
            .margin(18)
            .x_label_area_size(52)
            .y_label_area_size(78)
            .build_cartesian_2d(x.0..x.1, y)?;
        chart
            .configure_mesh()
            .x_desc(self.x_label)
            .y_desc(y_label)
            .x_labels(self.whole_steps(x).unwrap_or(11))
            .x_label_formatter(&tick)
            .y_label_formatter(&tick)
            .label_style((FONT, 17).into_font().color(&INK))
            .axis_desc_style((FONT, 20).into_font().color(&INK))
            .bold_line_style(FAINT)
            .light_line_style(TRANSPARENT)
            .axis_style(INK)
            .draw()?;
        if let Some((at, name)) = self.marked {
            let line = self.curves.iter().flat_map(|curve| &curve.points).map(|&(_, y)| (at, y));
            let style = INK.mix(0.6).stroke_width(1);
            chart
                .draw_series(DashedLineSeries::new(line, 5, 4, style))?
                .label(name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], style));
        }
        // What lies below another curve looks out from under it.
        let last = self.curves.len() as u32 - 1;
        for (index, (curve, colour)) in self.curves.iter().zip(COLOURS.iter().cycle()).enumerate() {
            let below = if self.curves.len() <= MOST_BELOW { last - index as u32 } else { 0 };
            let points: Vec<(f64, f64)> =
                curve.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect();
            chart
                .draw_series(LineSeries::new(points.clone(), colour.stroke_width(3 + below)))?
                .label(curve.name)
                .legend(move |(x, y)| PathElement::new([(x, y), (x + 24, y)], colour.stroke_width(3)));
            if points.len() <= 60 {
                chart.draw_series(
                    points.iter().map(|&point| Circle::new(point, 3 + 2 * below as i32, colour.filled())),
                )?;
            }
        }
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .label_font((FONT, 18).into_font().color(&INK))
            .background_style(WHITE.mix(0.85))
            .border_style(FAINT)
            .draw()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plot(points: Vec<(f64, f64)>, log_y: bool) -> CurvePlot<'static> {
        let curves = vec![Curve { name: "loss", points }];
        CurvePlot {
            title: "Loss",
            x_label: "epoch",
            y_label: "nats",
            log_y,
            curves,
            marked: Some((2.0, "best")),
        }
    }

    #[test]
    fn curves_become_a_picture_whatever_the_points() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("loss.png");
        for points in
            [vec![(1.0, 5.0)], vec![(1.0, 5.0), (2.0, 5.0)], vec![(1.0, f64::NAN), (2.0, -3.0), (3.0, 1e9)]]
        {
            for log_y in [false, true] {
                plot(points.clone(), log_y).save(&path).expect("drawn");
                let picture = image::open(&path).expect("a PNG").to_rgb8();
                assert_eq!(picture.dimensions(), SIZE);
                let blue = image::Rgb([COLOURS[0].0, COLOURS[0].1, COLOURS[0].2]);
                assert!(picture.pixels().any(|pixel| *pixel == blue), "no curve");
            }
        }
    }

    #[test]
    fn nothing_to_draw_is_an_error_and_leaves_no_file() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("loss.png");
        assert!(matches!(plot(vec![(1.0, f64::NAN)], false).save(&path), Err(ReportError::Empty { .. })));
        assert!(!path.exists());
        assert!(matches!(
            plot(vec![(1.0, 2.0)], false).save(folder.path()),
            Err(ReportError::Unwritable { .. })
        ));
    }
}
