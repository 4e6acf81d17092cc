//! The data of a run: its parts, and rows of files on their way through a model.

pub(crate) mod card;
pub(crate) mod classes;
pub(crate) mod corrupted;
pub(crate) mod parts;
pub(crate) mod rows;
pub(crate) mod shard;

pub use card::{DataCard, FileCard};
pub use parts::Parts;
pub use shard::Shard;
