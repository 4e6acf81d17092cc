//! One function a verb of the command.

mod apply;
mod dataset;
mod evaluate;
mod export;
mod finetune;
mod generate;
mod inspect;
mod labels;
mod localisation;
mod predict;
mod probe;
mod report;
mod score;
mod train;
mod worker;

pub use apply::{
    Denoising, Written, decode_file, denoise_file, denoise_test, encode_file, reconstruct_file, show_data,
};
pub(crate) use apply::{corrupt, read};
pub use dataset::write_data;
pub use evaluate::evaluate;
pub use export::{Exported, Part, export};
pub use finetune::{FinetuneReport, finetune};
pub use generate::{Between, Draw, Generated, Outputs, interpolate, sample};
pub use inspect::{Inspection, inspect};
pub use localisation::Localisation;
pub use predict::predict_file;
pub use probe::{Probed, Probes, probe};
pub use report::{Reported, report_scores, write_events, write_report};
pub use score::{NeighbourScores, PcaScores, Row, Scored, Scoring, score};
pub use train::{Beginning, ColumnCounts, Session, Show, Task, TrainReport, resume, train};
pub use worker::{Way, Worker, check_workers, work};
