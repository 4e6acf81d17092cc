//! Automation of the workspace: `cargo xtask` lists the tasks.
//!
//! Tasks run cargo, git and `ae` as programs. Nothing of the workspace is linked, so this builds in
//! seconds and still works while the crates it checks do not compile.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this is a command")]

mod ae;
mod backends;
mod bench;
mod ci;
mod docs;
mod error;
mod figures;
mod fmt;
mod golden;
mod interop;
mod python;
mod reference;
mod reproduce;
mod smoke;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::error::TaskError;
use crate::workspace::Workspace;

#[derive(Debug, Parser)]
#[command(name = "xtask", bin_name = "cargo xtask", about = "Automation of the workspace")]
struct Arguments {
    #[command(subcommand)]
    task: Option<Task>,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Everything that must hold before a merge: fmt, tidy, clippy, doc, test, smoke, backends
    Ci,
    /// Formats every source file, also those that a list declares
    Fmt,
    /// What a reviewer would say twice: layers, module docs, lengths, left-over notes, paths
    Tidy,
    /// All tests, in the profile of the release binary; AUTOENCODER_DATA adds those on real data
    Test,
    /// A small training with the release binary, evaluated twice
    Smoke,
    /// A few steps on ndarray, wgpu and Vulkan, compared with flex
    Backends,
    /// The workloads that speed is measured on, alone or beside PyTorch (--peer torch)
    Bench(bench::Words),
    /// The pictures and pages of the gallery: all, or those named
    Figures(figures::Words),
    /// Tables of published results beside ours: anomaly, one-class, vincent2010, hinton2006, rifai2011
    Reproduce(reproduce::Words),
    /// Exported models of every kind in onnxruntime and PyTorch, compared with ours
    Interop,
    /// Golden values made anew by their Python scripts
    Golden,
    /// The book and the documentation of the crates
    Docs,
}

impl Task {
    fn run(&self, workspace: &Workspace) -> Result<(), TaskError> {
        match self {
            Self::Ci => ci::run(workspace),
            Self::Fmt => fmt::run(workspace, false),
            Self::Tidy => tidy::run(workspace),
            Self::Test => test::run(workspace),
            Self::Smoke => smoke::run(workspace),
            Self::Backends => backends::run(workspace),
            Self::Bench(words) => bench::run(workspace, words),
            Self::Figures(words) => figures::run(workspace, words),
            Self::Reproduce(words) => reproduce::run(workspace, words),
            Self::Interop => interop::run(workspace),
            Self::Golden => golden::run(workspace),
            Self::Docs => docs::run(workspace),
        }
    }
}

fn main() -> ExitCode {
    let Some(task) = Arguments::parse().task else {
        print!("{}", list());
        return ExitCode::SUCCESS;
    };
    match Workspace::open().and_then(|workspace| task.run(&workspace)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The tasks, one line each.
fn list() -> String {
    let line = |task: &clap::Command| {
        format!("cargo xtask {:<10}{}\n", task.get_name(), task.get_about().cloned().unwrap_or_default())
    };
    Arguments::command().get_subcommands().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_has_one_line_for_each_task_with_what_it_does() {
        let list = list();
        for task in [
            "ci",
            "tidy",
            "test",
            "smoke",
            "backends",
            "bench",
            "figures",
            "reproduce",
            "golden",
            "docs",
            "fmt",
        ] {
            let lines: Vec<&str> = list.lines().filter(|line| line.split(' ').nth(2) == Some(task)).collect();
            assert_eq!(lines.len(), 1, "{task} in {list}");
            assert!(lines[0].len() > 40, "{}", lines[0]);
        }
        assert_eq!(list.lines().count(), 12);
    }

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }
}
