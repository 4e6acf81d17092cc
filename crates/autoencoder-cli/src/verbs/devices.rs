//! `ae devices`: what it says.

use autoencoder::Error;
use autoencoder::core::device::{BACKENDS, Backend, Suffix};
use autoencoder::training::Deviation;
use serde_json::json;

use crate::crash;
use crate::output::Done;

pub(super) fn devices(check: bool) -> Result<Done, Error> {
    let mut lines = Vec::new();
    let mut document = Vec::new();
    let mut all_right = true;
    for &Backend { name, summary, suffix, compiled } in BACKENDS {
        // Which worker, the list cannot know.
        let is_checked = check && compiled && suffix != Suffix::Address;
        let checked = is_checked.then(|| crash::contained(|| autoencoder::training::check_device(name)));
        let (deviations, failure) = match checked {
            None => (None, None),
            Some(Ok(deviations)) => (Some(deviations?), None),
            Some(Err(message)) => (None, Some(message)),
        };
        let right = deviations.as_ref().map(|found| found.iter().all(Deviation::is_allowed));
        all_right &= right.unwrap_or(failure.is_none());
        let state = match (compiled, right, &failure) {
            (false, ..) => format!("build with --features {name}"),
            (true, _, Some(message)) => format!("compiled in, {message}"),
            (true, None, None) => "compiled in".to_owned(),
            (true, Some(true), None) => "compiled in, agrees with flex".to_owned(),
            (true, Some(false), None) => "compiled in, computes wrong numbers".to_owned(),
        };
        lines.push(format!("{name:<9}{summary:<42}{state}"));
        for Deviation { item, deviation } in deviations.iter().flatten() {
            lines.push(format!("         {item:<42}{deviation:.1e}"));
        }
        document.push(json!({
            "name": name, "summary": summary, "compiled": compiled, "indexed": suffix == Suffix::Number, "agrees": right,
            "deviations": deviations, "failure": failure,
        }));
    }
    let done = Done::new(lines.join("\n"), json!({ "devices": document }));
    Ok(Done { complete: all_right, ..done })
}
