//! Pictures of what an autoencoder learned, as PNG, and a page that holds them: arrays in, a file out.
//!
//! [`CurvePlot`] draws losses over epochs, [`image_grid`] rows of examples, [`filter_grid`] the weights of
//! image models, [`Scatter`] points and arrows of the plane, [`Bars`] a few numbers; [`Page`] is one HTML file with
//! charts to hover over, pictures and tables; [`write_events`] gives curves to TensorBoard. The font is compiled in, so
//! every machine draws the same picture; files are written whole or not at all.
//!
//! ```
//! use autoencoder_report::{Curve, CurvePlot};
//!
//! let folder = tempfile::tempdir()?;
//! let curve = Curve { name: "validation", points: vec![(1.0, 120.0), (2.0, 90.0), (3.0, 85.0)] };
//! let plot = CurvePlot {
//!     title: "Loss by epoch", x_label: "epoch", y_label: "nats per example", log_y: false, curves: vec![curve], marked: None,
//! };
//! plot.save(&folder.path().join("loss.png"))?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod bars;
mod canvas;
mod curves;
mod error;
mod filters;
mod grid;
mod page;
mod scatter;
mod tensorboard;

pub use bars::Bars;
pub use curves::{Curve, CurvePlot};
pub use error::ReportError;
pub use filters::filter_grid;
pub use grid::{ImageRow, ImageShape, image_grid};
pub use page::{Block, Chart, Mark, Marker, Page, Section, Series};
pub use scatter::{Cloud, Scatter};
pub use tensorboard::{Scalar, write_events};

// The example of the front page must compile too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadMe;
