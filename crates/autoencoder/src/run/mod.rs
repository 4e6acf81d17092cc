//! The folder of a run: what lies in it, who may write there, what a verb has written.

pub(crate) mod folder;
mod kept;
pub(crate) mod open;
pub(crate) mod outputs;
mod seal;
pub(crate) mod written;

pub use folder::{Lock, Place, RunFolder};
pub use open::Run;
pub use written::Written;
