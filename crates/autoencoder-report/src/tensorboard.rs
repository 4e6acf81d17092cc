//! Event files as TensorBoard reads them: records of TensorFlow's format, each a protocol buffer of one step's values.
//!
//! The messages are those fields of `tensorflow/core/util/event.proto` and `framework/summary.proto` that a curve needs.

use std::path::{Path, PathBuf};

use autoencoder_core::files::write_output;
use prost::Message;

use crate::ReportError;

/// A value of a curve.
#[derive(Clone, Debug, PartialEq)]
pub struct Scalar {
    /// The curve, such as `train/objective`.
    pub tag: String,
    /// Where on it, such as the epoch.
    pub step: i64,
    /// When it was measured, in seconds since 1970.
    pub wall_time: f64,
    /// The value.
    pub value: f32,
}

#[derive(Clone, PartialEq, Message)]
struct Event {
    #[prost(double, tag = "1")]
    wall_time: f64,
    #[prost(int64, tag = "2")]
    step: i64,
    #[prost(string, optional, tag = "3")]
    file_version: Option<String>,
    #[prost(message, optional, tag = "5")]
    summary: Option<Summary>,
}

#[derive(Clone, PartialEq, Message)]
struct Summary {
    #[prost(message, repeated, tag = "1")]
    value: Vec<Value>,
}

#[derive(Clone, PartialEq, Message)]
struct Value {
    #[prost(string, tag = "1")]
    tag: String,
    #[prost(float, optional, tag = "2")]
    simple_value: Option<f32>,
}

/// Writes the curves into `folder` as `events.out.tfevents.0.autoencoder`, in the place of an earlier one. Returns its
/// path.
///
/// # Errors
/// [`ReportError::Unwritable`].
pub fn write_events(folder: &Path, scalars: &[Scalar]) -> Result<PathBuf, ReportError> {
    let path = folder.join("events.out.tfevents.0.autoencoder");
    let unwritable = |source| ReportError::Unwritable { path: path.clone(), source };
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let start = scalars.iter().map(|scalar| scalar.wall_time).fold(f64::INFINITY, f64::min);
    let start = if start.is_finite() { start } else { 0.0 };
    let version = Some("brain.Event:2".to_owned());
    let mut bytes = record(&Event { wall_time: start, step: 0, file_version: version, summary: None });
    for Scalar { tag, step, wall_time, value } in scalars {
        let value = Value { tag: tag.clone(), simple_value: Some(*value) };
        let summary = Some(Summary { value: vec![value] });
        let event = Event { wall_time: *wall_time, step: *step, file_version: None, summary };
        bytes.extend(record(&event));
    }
    write_output(&path, &bytes).map_err(unwritable)?;
    Ok(path)
}

/// Its length, a checksum of that, the message, a checksum of that.
fn record(event: &Event) -> Vec<u8> {
    let body = event.encode_to_vec();
    let length = (body.len() as u64).to_le_bytes();
    let mut bytes = length.to_vec();
    bytes.extend(masked(&length).to_le_bytes());
    bytes.extend(&body);
    bytes.extend(masked(&body).to_le_bytes());
    bytes
}

/// The checksum of TensorFlow's records: CRC-32C, turned so that a checksum of checksums differs from them.
fn masked(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_read_back_and_checked() {
        let folder = tempfile::tempdir().expect("a folder");
        let scalar = |step: i64| Scalar {
            tag: "train/objective".to_owned(),
            step,
            wall_time: 100.0 + step as f64,
            value: 0.5 / step as f32,
        };
        let scalars = [scalar(1), scalar(2)];
        let path = write_events(&folder.path().join("events"), &scalars).expect("written");
        let bytes = std::fs::read(path).expect("a file");
        let mut rest = &bytes[..];
        let mut events = Vec::new();
        while !rest.is_empty() {
            let number = |bytes: &[u8]| u32::from_le_bytes(bytes.try_into().expect("four bytes"));
            let length = u64::from_le_bytes(rest[..8].try_into().expect("eight bytes")) as usize;
            assert_eq!(number(&rest[8..12]), masked(&rest[..8]));
            let body = &rest[12..12 + length];
            assert_eq!(number(&rest[12 + length..16 + length]), masked(body));
            events.push(Event::decode(body).expect("an event"));
            rest = &rest[16 + length..];
        }
        assert_eq!(events[0].file_version.as_deref(), Some("brain.Event:2"));
        for (event, scalar) in events[1..].iter().zip(&scalars) {
            let value = &event.summary.as_ref().expect("a summary").value[0];
            assert_eq!((event.step, event.wall_time), (scalar.step, scalar.wall_time));
            assert_eq!((&value.tag, value.simple_value), (&scalar.tag, Some(scalar.value)));
        }
        assert_eq!(events.len(), 3);
    }

    #[test]
    fn the_checksum_is_that_of_tensorflow() {
        // The header of the first record of a file that PyTorch's SummaryWriter wrote: 24 bytes follow.
        let header = [0x18, 0, 0, 0, 0, 0, 0, 0];
        assert_eq!(masked(&header).to_le_bytes(), [0xa3, 0x7f, 0x4b, 0x22]);
    }
}
