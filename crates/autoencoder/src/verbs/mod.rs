//! What the command's verbs do. Those that use a model are methods of an opened [`crate::run::Run`], in a file each.

mod dataset;
mod decode;
mod denoise;
mod encode;
mod evaluate;
mod export;
mod finetune;
mod generate;
mod inspect;
mod predict;
mod probe;
mod reconstruct;
mod report;
mod score;
mod show;
mod train;
mod worker;

pub use dataset::{DataWritten, write_data};
pub use denoise::Denoising;
pub use export::{Exported, Part};
pub use finetune::FinetuneReport;
pub use generate::{Between, Generated, Outputs, Sampling};
pub use inspect::Inspection;
pub use probe::{Probed, Probes};
pub use report::{Reported, report_scores, write_events};
pub use score::{Localisation, NeighbourScores, PcaScores, Row, Scored, Scoring};
pub use show::{Shown, show_data};
pub use train::{resume, train};
pub use worker::{Transport, Worker, check_workers, work};
