//! `cargo xtask ci`: everything that must hold before a merge, the cheap steps first.
//!
//! Every step uses the release profile: the dependencies are built once for clippy and rustdoc, which
//! need metadata alone, and once for the tests and the binary.

use std::time::{Duration, Instant};

use crate::error::TaskError;
use crate::workspace::{PARTS, Workspace};
use crate::{backends, docs, fmt, smoke, test, tidy};

type Step = (&'static str, fn(&Workspace) -> Result<(), TaskError>);

const STEPS: [Step; 7] = [
    ("fmt", |workspace| fmt::run(workspace, true)),
    ("tidy", tidy::run),
    ("clippy", clippy),
    ("doc", docs::crates),
    ("test", test::run),
    ("smoke", smoke::run),
    ("flex", backends::flex),
];

/// How long the steps may take for the build of the other backends, 40 minutes the first time, to follow: after a build from
/// nothing both together would be longer than a CI's limit.
const ROOM: Duration = Duration::from_secs(25 * 60);

/// Runs the steps up to the first that fails, and says how long each took.
pub(crate) fn run(workspace: &Workspace) -> Result<(), TaskError> {
    let mut durations = Vec::new();
    for step in STEPS {
        durations.push((step.0, time(workspace, step)?));
    }
    match leaves_backends_out(durations.iter().map(|(_, duration)| *duration).sum()) {
        Some(reason) => println!("ci: other backends left out: {reason}"),
        None => durations.push(("backends", time(workspace, ("backends", backends::run))?)),
    }
    println!("ci: all steps passed");
    for (name, duration) in durations {
        println!("ci: {name:<10}{:>12}", words(duration));
    }
    Ok(())
}

fn clippy(workspace: &Workspace) -> Result<(), TaskError> {
    for part in PARTS {
        workspace.cargo(&format!("clippy --release {part} --all-targets -- -D warnings")).run()?;
    }
    Ok(())
}

fn time(workspace: &Workspace, (name, step): Step) -> Result<Duration, TaskError> {
    println!("ci: {name}");
    let start = Instant::now();
    let outcome = step(workspace);
    let duration = start.elapsed();
    let verdict = if outcome.is_ok() { "passed" } else { "failed" };
    println!("ci: {name} {verdict} after {}", words(duration));
    match outcome {
        Ok(()) => Ok(duration),
        Err(source) => Err(TaskError::Step { step: name, source: Box::new(source) }),
    }
}

/// Why the other backends are left out, if they are, after steps that took that long.
fn leaves_backends_out(passed: Duration) -> Option<String> {
    match std::env::var("AUTOENCODER_BACKENDS").as_deref() {
        Ok("0") => Some("AUTOENCODER_BACKENDS is 0".to_owned()),
        Ok("1") => None,
        _ if passed < ROOM => None,
        _ => Some(format!(
            "the steps before took {}; AUTOENCODER_BACKENDS=1 has them all the same",
            words(passed)
        )),
    }
}

fn words(duration: Duration) -> String {
    let seconds = duration.as_secs_f64();
    if seconds < 60.0 {
        return format!("{seconds:.1} s");
    }
    let seconds = seconds.round() as u64;
    format!("{} min {:02} s", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_at_a_glance() {
        assert_eq!(words(Duration::from_millis(1234)), "1.2 s");
        assert_eq!(words(Duration::from_secs(60)), "1 min 00 s");
        assert_eq!(words(Duration::from_secs(3725)), "62 min 05 s");
    }
}
