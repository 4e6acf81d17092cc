//! Points of the plane: codes coloured by class, or clouds laid over one another.

use std::path::Path;

use plotters::prelude::*;

use crate::ReportError;
use crate::canvas::{COLOURS, FAINT, FONT, INK, draw, range, tick, title_style};

const SIZE: (u32, u32) = (900, 760);

/// Points of one colour.
#[derive(Clone, Debug)]
pub struct Cloud {
    /// For the legend.
    pub name: String,
    /// `(x, y)`; points that are not finite are left out.
    pub points: Vec<(f64, f64)>,
}

/// Clouds of points in one plane.
#[derive(Clone, Debug)]
pub struct Scatter<'a> {
    /// What the picture shows, best as the finding.
    pub title: &'a str,
    /// With its unit.
    pub x_label: &'a str,
    /// With its unit.
    pub y_label: &'a str,
    /// The clouds, the first at the bottom.
    pub clouds: Vec<Cloud>,
    /// Arrows above the clouds, from a point to another: where a map takes the plane.
    pub arrows: Vec<[(f64, f64); 2]>,
}

impl Scatter<'_> {
    /// Points by their class, the least label first, each by its `name`; one cloud where there are no labels.
    pub fn clouds_by_label(
        points: &[(f64, f64)],
        labels: Option<&[i64]>,
        name: &dyn Fn(i64) -> String,
    ) -> Vec<Cloud> {
        let Some(labels) = labels else {
            return vec![Cloud { name: "examples".to_owned(), points: points.to_vec() }];
        };
        let mut clouds = std::collections::BTreeMap::<i64, Vec<(f64, f64)>>::new();
        for (&point, &label) in points.iter().zip(labels) {
            clouds.entry(label).or_default().push(point);
        }
        clouds.into_iter().map(|(label, points)| Cloud { name: name(label), points }).collect()
    }

    /// Draws the clouds, 900 by 760 pixels.
    ///
    /// # Errors
    /// [`ReportError::Empty`] without a finite point, [`ReportError::Unwritable`].
    pub fn save(&self, path: &Path) -> Result<(), ReportError> {
        let finite = |&&(x, y): &&(f64, f64)| x.is_finite() && y.is_finite();
        let points = || self.clouds.iter().flat_map(|cloud| &cloud.points).filter(finite);
        // An arrow that the frame cuts points nowhere.
        let ends = || points().copied().chain(self.arrows.iter().flatten().copied());
        let (Some(x), Some(y)) = (range(ends().map(|p| p.0)), range(ends().map(|p| p.1))) else {
            return Err(ReportError::Empty { path: path.to_owned(), what: "point" });
        };
        let wider = |(low, high): (f64, f64)| low - 0.04 * (high - low)..high + 0.04 * (high - low);
        // Many points would hide one another.
        let (radius, opacity) = if points().count() > 1500 { (2, 0.45) } else { (3, 0.7) };
        draw(path, SIZE, |area| {
            let mut chart = ChartBuilder::on(area)
                .caption(self.title, title_style(self.title, 26, SIZE.0 - 40))
                .margin(18)
                .x_label_area_size(52)
                .y_label_area_size(70)
                .build_cartesian_2d(wider(x), wider(y))?;
            chart
                .configure_mesh()
                .x_desc(self.x_label)
                .y_desc(self.y_label)
                .x_label_formatter(&tick)
                .y_label_formatter(&tick)
                .label_style((FONT, 17).into_font().color(&INK))
                .axis_desc_style((FONT, 20).into_font().color(&INK))
                .bold_line_style(FAINT)
                .light_line_style(TRANSPARENT)
                .axis_style(INK)
                .draw()?;
            for (cloud, colour) in self.clouds.iter().zip(COLOURS.iter().cycle()) {
                let style = colour.mix(opacity).filled();
                let circles =
                    cloud.points.iter().filter(finite).map(|&point| Circle::new(point, radius, style));
                chart
                    .draw_series(circles)?
                    .label(cloud.name.as_str())
                    .legend(move |(x, y)| Circle::new((x + 8, y), 5, colour.filled()));
            }
            for &[from, to] in &self.arrows {
                chart.draw_series([PathElement::new([from, to], INK.stroke_width(1))])?;
                chart.draw_series([Polygon::new(head(from, to, (x.1 - x.0) / 140.0), INK.filled())])?;
            }
            chart
                .configure_series_labels()
                .position(SeriesLabelPosition::UpperRight)
                .label_font((FONT, 18).into_font().color(&INK))
                .background_style(WHITE.mix(0.85))
                .border_style(FAINT)
                .draw()
        })
    }
}

/// The triangle at the end of an arrow: a third of its length, at most `longest`.
fn head(from: (f64, f64), to: (f64, f64), longest: f64) -> [(f64, f64); 3] {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let share = (1.0 / 3.0_f64).min(longest / dx.hypot(dy).max(f64::MIN_POSITIVE));
    let (dx, dy) = (share * dx, share * dy);
    let back = (to.0 - dx, to.1 - dy);
    [to, (back.0 - 0.4 * dy, back.1 + 0.4 * dx), (back.0 + 0.4 * dy, back.1 - 0.4 * dx)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_are_drawn_in_the_colour_of_their_class() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("scatter.png");
        let clouds = Scatter::clouds_by_label(
            &[(0.0, 0.0), (1.0, 1.0), (f64::NAN, 0.0)],
            Some(&[7, 3, 3]),
            &|label| label.to_string(),
        );
        assert_eq!(clouds.iter().map(|cloud| cloud.name.as_str()).collect::<Vec<_>>(), ["3", "7"]);
        Scatter { title: "Codes", x_label: "1", y_label: "2", clouds, arrows: Vec::new() }
            .save(&path)
            .expect("drawn");
        let picture = image::open(&path).expect("a PNG").to_rgb8();
        for colour in &COLOURS[..2] {
            // The legend has the colour without transparency.
            let pixel = image::Rgb([colour.0, colour.1, colour.2]);
            assert!(picture.pixels().any(|found| *found == pixel));
        }
    }

    #[test]
    fn no_points_are_an_error() {
        let scatter = Scatter { title: "", x_label: "", y_label: "", clouds: Vec::new(), arrows: Vec::new() };
        assert!(matches!(scatter.save(Path::new("unused.png")), Err(ReportError::Empty { .. })));
    }

    #[test]
    fn an_arrow_is_drawn_with_its_head_at_the_end() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let path = folder.path().join("arrows.png");
        let clouds = vec![Cloud { name: "data".to_owned(), points: vec![(0.0, 0.0), (1.0, 1.0)] }];
        let dark = |arrows: Vec<[(f64, f64); 2]>| {
            Scatter { title: "", x_label: "", y_label: "", clouds: clouds.clone(), arrows }
                .save(&path)
                .expect("drawn");
            let picture = image::open(&path).expect("a PNG").to_rgb8();
            picture.pixels().filter(|pixel| pixel.0.iter().all(|&value| value < 60)).count()
        };
        // The shaft alone is about 600 pixels long.
        let (without, with) = (dark(Vec::new()), dark(vec![[(0.1, 0.5), (0.9, 0.5)]]));
        assert!(with > without + 500, "{with} dark pixels with the arrow, {without} without it");
        assert_eq!(head((0.0, 0.0), (3.0, 0.0), 1.0), [(3.0, 0.0), (2.0, 0.4), (2.0, -0.4)]);
        assert_eq!(head((0.0, 0.0), (3.0, 0.0), 0.5)[1].0, 2.5);
    }
}
