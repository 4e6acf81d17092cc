//! From parts of data and a configuration to a trained model.

pub(crate) mod beginning;
pub(crate) mod device_check;
pub(crate) mod evaluation;
pub(crate) mod fit;
pub(crate) mod labelled;
pub(crate) mod memory;
pub(crate) mod prepared;
pub(crate) mod session;
pub(crate) mod single;
pub(crate) mod stack;
pub(crate) mod stage;

pub use beginning::{Beginning, ColumnCounts, Task};
pub use device_check::{Deviation, check_device};
pub use fit::load;
pub use session::Session;
pub use single::TrainReport;
