//! One HTML file with everything in it: charts that are read by hovering and zoomed by dragging, pictures, tables.

use std::path::Path;

use autoencoder_core::files::write_output;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde::Serialize;

use crate::ReportError;

/// A page that needs no other file and no network.
#[derive(Clone, Debug, Default)]
pub struct Page {
    /// Its name.
    pub title: String,
    /// What it shows, in a sentence.
    pub lead: String,
    /// The numbers that count, each with its name.
    pub facts: Vec<(String, String)>,
    /// What follows, in order.
    pub sections: Vec<Section>,
}

/// A part of a [`Page`] with a heading.
#[derive(Clone, Debug, Default)]
pub struct Section {
    /// Its heading.
    pub title: String,
    /// How to read what it shows.
    pub text: String,
    /// What it shows.
    pub blocks: Vec<Block>,
}

/// Something that a [`Section`] shows.
#[derive(Clone, Debug)]
pub enum Block {
    /// An interactive chart.
    Chart(Chart),
    /// A PNG, and what it shows for those who do not see it.
    Picture {
        /// The bytes of the file.
        png: Vec<u8>,
        /// In a sentence.
        alt: String,
    },
    /// Rows of words under names.
    Table {
        /// The names of the columns.
        header: Vec<String>,
        /// The rows.
        rows: Vec<Vec<String>>,
    },
    /// Text as it is: a configuration.
    Verbatim(String),
}

/// How the points of a [`Chart`] are drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Marker {
    /// Joined, from left to right.
    Lines,
    /// As dots.
    Points,
    /// As bars that stand on zero.
    Bars,
}

/// Points over axes.
#[derive(Clone, Debug, Serialize)]
pub struct Chart {
    /// What it shows.
    #[serde(skip)]
    pub title: String,
    /// How it is drawn.
    #[serde(rename = "kind")]
    pub marker: Marker,
    /// The width of a bar, in units of the horizontal axis.
    pub width: f64,
    /// The horizontal axis, with its unit.
    pub x: String,
    /// The vertical axis, with its unit.
    pub y: String,
    /// The points, by name; those that are not finite are left out.
    pub series: Vec<Series>,
    /// Places on the horizontal axis.
    pub marks: Vec<Mark>,
}

/// Points of one name.
#[derive(Clone, Debug, Serialize)]
pub struct Series {
    /// For the legend.
    pub name: String,
    /// `(x, y)`.
    pub points: Vec<(f64, f64)>,
}

/// A place on the horizontal axis.
#[derive(Clone, Debug, Serialize)]
pub struct Mark {
    /// Where.
    pub at: f64,
    /// What is there.
    pub name: String,
}

impl Page {
    /// The page as HTML.
    pub fn html(&self) -> String {
        let anchor = |index: usize| format!("part-{index}");
        html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) }
                    // A picture of its own, or browsers ask the network for one.
                    link rel="icon" href="data:,";
                    style { (PreEscaped(include_str!("page/page.css"))) }
                }
                body {
                    header {
                        h1 { (self.title) }
                        p { (self.lead) }
                        nav aria-label="Parts of this page" {
                            @for (index, section) in self.sections.iter().enumerate() {
                                a href={ "#" (anchor(index)) } { (section.title) }
                            }
                        }
                    }
                    main {
                        dl { @for (name, value) in &self.facts { div { dt { (name) } dd { (value) } } } }
                        @for (index, section) in self.sections.iter().enumerate() {
                            section id=(anchor(index)) {
                                h2 { (section.title) }
                                p { (section.text) }
                                @for block in &section.blocks { (block.html()) }
                            }
                        }
                    }
                    script { (PreEscaped(include_str!("page/page.js"))) }
                }
            }
        }
        .into_string()
    }

    /// Writes the page.
    ///
    /// # Errors
    /// [`ReportError::Unwritable`].
    pub fn save(&self, path: &Path) -> Result<(), ReportError> {
        write_output(path, self.html().as_bytes())
            .map_err(|source| ReportError::Unwritable { path: path.to_owned(), source })
    }
}

impl Block {
    fn html(&self) -> Markup {
        match self {
            Self::Chart(chart) => chart.html(),
            Self::Picture { png, alt } => html! {
                figure { img src={ "data:image/png;base64," (STANDARD.encode(png)) } alt=(alt); }
            },
            Self::Table { header, rows } => html! {
                div.scroll tabindex="0" role="region" aria-label=(header.join(", ")) {
                    table {
                        thead { tr { @for name in header { th scope="col" { (name) } } } }
                        tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
                    }
                }
            },
            Self::Verbatim(text) => html! { pre tabindex="0" { (text) } },
        }
    }
}

impl Chart {
    fn html(&self) -> Markup {
        let label = format!("{}: {} over {}. Arrow keys read its points.", self.title, self.y, self.x);
        html! {
            figure.chart {
                figcaption { (self.title) }
                svg role="img" aria-label=(label) tabindex="0" {}
                div.tools {
                    @if self.series.len() > 1 {
                        @for (index, series) in self.series.iter().enumerate() {
                            button type="button" data-series=(index) aria-pressed="true" {
                                span class={ "key c" (index % 10) } {} (series.name)
                            }
                        }
                    }
                    button type="button" data-zoom="0.5" aria-label="zoom in" { "+" }
                    button type="button" data-zoom="2" aria-label="zoom out" { "−" }
                    button type="button" data-zoom="reset" { "all" }
                    output aria-live="polite" { "hover to read, drag to zoom" }
                }
                script type="application/json" { (PreEscaped(self.data())) }
            }
        }
    }

    /// The points as JSON that cannot end the element it stands in.
    fn data(&self) -> String {
        let finite = |series: &Series| Series {
            name: series.name.clone(),
            points: series.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect(),
        };
        let chart = Self {
            series: self.series.iter().map(finite).collect(),
            marks: self.marks.iter().filter(|mark| mark.at.is_finite()).cloned().collect(),
            ..self.clone()
        };
        // Numbers, words and nothing else: it cannot fail.
        serde_json::to_string(&chart).unwrap_or_default().replace('<', "\\u003c")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> Page {
        let series =
            vec![Series { name: "</script><b>".to_owned(), points: vec![(1.0, 2.0), (2.0, f64::NAN)] }];
        let marks = vec![
            Mark { at: 1.0, name: "best".to_owned() },
            Mark { at: f64::INFINITY, name: "none".to_owned() },
        ];
        let chart = Chart {
            title: "Loss".to_owned(),
            marker: Marker::Lines,
            width: 1.0,
            x: "epoch".to_owned(),
            y: "nats".to_owned(),
            series,
            marks,
        };
        let rows = vec![vec!["a & b".to_owned(), "1".to_owned()]];
        let blocks = vec![
            Block::Chart(chart),
            Block::Picture { png: vec![1, 2, 3], alt: "three bytes".to_owned() },
            Block::Table { header: vec!["name".to_owned(), "value".to_owned()], rows },
            Block::Verbatim("x < 1".to_owned()),
        ];
        let section = Section { title: "Part".to_owned(), text: "How to read it.".to_owned(), blocks };
        Page { title: "Run <1>".to_owned(), sections: vec![section], ..Page::default() }
    }

    #[test]
    fn words_of_the_user_stay_words() {
        let html = page().html();
        for wanted in [
            "Run &lt;1&gt;",
            "a &amp; b",
            "x &lt; 1",
            "\\u003c/script>",
            "data:image/png;base64,AQID",
            "alt=\"three bytes\"",
        ] {
            assert!(html.contains(wanted), "{wanted}");
        }
        assert!(!html.contains("<b>"));
    }

    #[test]
    fn what_is_not_finite_is_no_point_and_the_rest_is_json() {
        let Block::Chart(chart) = &page().sections[0].blocks[0] else { panic!("a chart") };
        let data: serde_json::Value = serde_json::from_str(&chart.data()).expect("JSON");
        assert_eq!(data["series"][0]["points"], serde_json::json!([[1.0, 2.0]]));
        assert_eq!(data["marks"].as_array().map(Vec::len), Some(1));
        assert_eq!(data["kind"], "lines");
    }

    #[test]
    fn nothing_is_asked_of_the_network() {
        let html = page().html().replace("http://www.w3.org/2000/svg", "");
        assert!(!html.contains("http://") && !html.contains("https://"));
    }
}
