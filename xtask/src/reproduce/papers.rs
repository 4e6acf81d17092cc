//! The tables of papers, row by row: each is trained once, and goes on where it was stopped.

use xshell::Shell;

use super::row::{Claims, Row, Trial};
use super::runs::{Runs, machine};
use super::{hinton, rifai, vincent};
use crate::error::TaskError;
use crate::workspace::Workspace;

#[derive(Clone, Copy)]
struct Again {
    train: fn(&mut Row, u64, &mut Runs<'_>) -> Result<(), TaskError>,
    table: fn(&[Row]) -> String,
}

/// A table of a paper.
pub(crate) struct Paper {
    pub(crate) name: &'static str,
    page: &'static str,
    names: fn() -> Vec<&'static str>,
    row: fn(&str, &mut Runs<'_>) -> Result<Row, TaskError>,
    table: fn(&[Row]) -> String,
    /// What was tried and is in no row.
    left: &'static str,
    /// The chosen trials of a row on record with further seeds, and their table.
    again: Option<Again>,
    /// A small version.
    quick: fn(&mut Runs<'_>) -> Result<Claims, TaskError>,
}

pub(crate) const VINCENT: Paper = Paper {
    name: "vincent2010",
    page: vincent::PAGE,
    names: vincent::names,
    row: vincent::row,
    table: vincent::table,
    left: vincent::LEFT,
    again: Some(Again { train: vincent::seeds::again, table: vincent::seeds::table }),
    quick: vincent::quick,
};

pub(crate) const HINTON: Paper = Paper {
    name: "hinton2006",
    page: hinton::PAGE,
    names: hinton::names,
    row: hinton::row,
    table: hinton::table,
    left: "",
    again: None,
    quick: hinton::quick,
};

pub(crate) const RIFAI: Paper = Paper {
    name: "rifai2011",
    page: rifai::PAGE,
    names: rifai::names,
    row: rifai::row,
    table: rifai::table,
    left: rifai::LEFT,
    again: None,
    quick: rifai::quick,
};

impl Paper {
    /// Trains the rows that are asked for, all if none is, and writes the page after each.
    pub(crate) fn reproduce(&self, workspace: &Workspace, asked: &[String]) -> Result<(), TaskError> {
        for name in self.asked(asked)? {
            let mut runs = self.runs(workspace, name)?;
            let row = (self.row)(name, &mut runs)?;
            let row = Row { seconds: runs.seconds(), machine: machine(), commands: runs.commands, ..row };
            let rows = self.keep(workspace, row)?;
            println!("{}", (self.table)(&rows));
        }
        Ok(())
    }

    /// Trains what was chosen in the rows that are asked for, and on record, with this many seeds in all.
    pub(crate) fn again(&self, workspace: &Workspace, asked: &[String], seeds: u64) -> Result<(), TaskError> {
        let again = self.again.ok_or(TaskError::OneSeed { paper: self.name })?;
        for name in self.asked(asked)? {
            let recorded = read(&workspace.shell, &self.path(workspace, "json"))?;
            let Some(mut row) = recorded.into_iter().find(|row| row.name == name) else { continue };
            let mut runs = self.runs(workspace, name)?;
            (again.train)(&mut row, seeds, &mut runs)?;
            row.commands.extend(runs.commands);
            let mut seen = std::collections::HashSet::new();
            row.commands.retain(|command| seen.insert(command.clone()));
            println!("{}", (again.table)(&self.keep(workspace, row)?));
        }
        Ok(())
    }

    /// The names of the rows that are asked for.
    fn asked(&self, asked: &[String]) -> Result<Vec<&'static str>, TaskError> {
        let all = (self.names)();
        if let Some(unknown) = asked.iter().find(|name| !all.contains(&name.as_str())) {
            return Err(TaskError::NoRow { row: unknown.clone(), rows: all.join(", ") });
        }
        let is_asked = |name: &&str| asked.is_empty() || asked.iter().any(|asked| asked == name);
        Ok(all.into_iter().filter(is_asked).collect())
    }

    fn runs<'a>(&self, workspace: &'a Workspace, row: &str) -> Result<Runs<'a>, TaskError> {
        let folder = workspace.target().join("reproduce").join(self.name).join(row);
        Runs::new(&workspace.shell, workspace.ae(), folder)
    }

    fn path(&self, workspace: &Workspace, extension: &str) -> std::path::PathBuf {
        workspace.root().join(format!("docs/results/{}.{extension}", self.name))
    }

    /// Runs the small version and says of each claim whether it holds.
    pub(crate) fn quick(&self, workspace: &Workspace) -> Result<(), TaskError> {
        let folder = tempfile::tempdir().map_err(TaskError::NoTemporaryFolder)?;
        let mut runs = Runs::new(&workspace.shell, workspace.ae(), folder.path().to_owned())?;
        let claims = (self.quick)(&mut runs)?;
        for (claim, holds) in &claims {
            println!("{} {claim}", if *holds { "holds:" } else { "does not hold:" });
        }
        match claims.iter().filter(|(_, holds)| !holds).count() {
            0 => Ok(()),
            count => Err(TaskError::Claims { paper: self.name, count }),
        }
    }

    /// Puts a row among those on record and writes the page of all of them.
    fn keep(&self, workspace: &Workspace, row: Row) -> Result<Vec<Row>, TaskError> {
        let shell = &workspace.shell;
        let mut rows = read(shell, &self.path(workspace, "json"))?;
        rows.retain(|other| other.name != row.name);
        rows.push(row);
        let order = (self.names)();
        rows.sort_by_key(|row| order.iter().position(|name| *name == row.name));
        let document = serde_json::to_string_pretty(&rows)
            .map_err(|source| TaskError::NotJson { verb: "reproduce", source })?;
        shell.write_file(self.path(workspace, "json"), document + "\n")?;
        let seeds = self.again.map(|again| (again.table)(&rows)).unwrap_or_default();
        let page =
            format!("{}\n{}\n{}{}{}", self.page, (self.table)(&rows), seeds, self.left, details(&rows));
        shell.write_file(self.path(workspace, "md"), page)?;
        Ok(rows)
    }
}

fn read(shell: &Shell, path: &std::path::Path) -> Result<Vec<Row>, TaskError> {
    if shell.path_exists(path) {
        serde_json::from_str(&shell.read_file(path)?)
            .map_err(|source| TaskError::NotJson { verb: "reproduce", source })
    } else {
        Ok(Vec::new())
    }
}

const TRIALS: &str = "\
| column | settings | validation error % | validation cross-entropy |
|---|---|---|---|";

/// Every trial and every command, row by row.
fn details(rows: &[Row]) -> String {
    let mut lines = Vec::new();
    for row in rows {
        lines.push(format!("\n## {}\n", row.name));
        if !row.machine.is_empty() {
            lines.push(format!("{:.0} seconds on {}.\n", row.seconds, row.machine));
        }
        if !row.trials.is_empty() {
            lines.push(TRIALS.to_owned());
            lines.extend(row.trials.iter().map(|trial| {
                let Trial { column, settings, validation_cross_entropy, .. } = trial;
                let error = 100.0 * trial.validation;
                format!("| {column} | {settings} | {error:.2} | {validation_cross_entropy:.4} |")
            }));
            lines.push(String::new());
        }
        lines.extend(row.commands.iter().map(|command| format!("    {command}")));
    }
    lines.join("\n") + "\n"
}
