//! One function a verb of the command.

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

pub use dataset::write_data;
pub use decode::decode_file;
pub use denoise::{Denoising, denoise_test};
pub use encode::encode_file;
pub use evaluate::evaluate;
pub use export::{Exported, Part, export};
pub use finetune::{FinetuneReport, finetune};
pub use generate::{Between, Draw, Generated, Outputs, interpolate, sample};
pub use inspect::{Inspection, inspect};
pub use predict::predict_file;
pub use probe::{Probed, Probes, probe};
pub use reconstruct::reconstruct_file;
pub use report::{Reported, report_scores, write_events, write_report};
pub use score::{Localisation, NeighbourScores, PcaScores, Row, Scored, Scoring, score};
pub use show::show_data;
pub use train::{TrainReport, resume, train};
pub use worker::{Way, Worker, check_workers, work};
