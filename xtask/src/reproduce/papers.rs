//! The tables of papers, row by row: each is trained once, and goes on where it was stopped.

use xshell::Shell;

use super::row::{Row, Trial};
use super::runs::{Runs, machine};
use super::{hinton, rifai, vincent};
use crate::error::TaskError;
use crate::workspace::Workspace;

/// What a paper claims, and whether it holds.
pub(crate) type Claims = Vec<(String, bool)>;

/// A table of a paper.
pub(crate) struct Paper {
    pub(crate) name: &'static str,
    page: &'static str,
    names: fn() -> Vec<&'static str>,
    row: fn(&str, &mut Runs<'_>) -> Result<Row, TaskError>,
    table: fn(&[Row]) -> String,
    /// What was tried and is in no row.
    left: &'static str,
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
    quick: vincent::quick,
};

pub(crate) const HINTON: Paper = Paper {
    name: "hinton2006",
    page: hinton::PAGE,
    names: hinton::names,
    row: hinton::row,
    table: hinton::table,
    left: "",
    quick: hinton::quick,
};

pub(crate) const RIFAI: Paper = Paper {
    name: "rifai2011",
    page: rifai::PAGE,
    names: rifai::names,
    row: rifai::row,
    table: rifai::table,
    left: rifai::LEFT,
    quick: rifai::quick,
};

impl Paper {
    /// Trains the rows that are asked for, all if none is, and writes the page after each.
    pub(crate) fn reproduce(&self, workspace: &Workspace, asked: &[String]) -> Result<(), TaskError> {
        let (shell, all) = (&workspace.shell, (self.names)());
        if let Some(unknown) = asked.iter().find(|name| !all.contains(&name.as_str())) {
            return Err(TaskError::NoRow { row: unknown.clone(), rows: all.join(", ") });
        }
        let is_asked = |name: &str| asked.is_empty() || asked.iter().any(|asked| asked == name);
        for name in all.into_iter().filter(|name| is_asked(name)) {
            let folder = workspace.target().join("reproduce").join(self.name).join(name);
            let mut runs = Runs::new(shell, workspace.ae(), folder)?;
            let row = (self.row)(name, &mut runs)?;
            let row = Row { seconds: runs.seconds(), machine: machine(), commands: runs.commands, ..row };
            let rows = self.keep(workspace, row)?;
            println!("{}", (self.table)(&rows));
        }
        Ok(())
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
        let path = |extension: &str| workspace.root().join(format!("docs/results/{}.{extension}", self.name));
        let mut rows = read(shell, &path("json"))?;
        rows.retain(|other| other.name != row.name);
        rows.push(row);
        let order = (self.names)();
        rows.sort_by_key(|row| order.iter().position(|name| *name == row.name));
        let document = serde_json::to_string_pretty(&rows)
            .map_err(|source| TaskError::NotJson { verb: "reproduce", source })?;
        shell.write_file(path("json"), document + "\n")?;
        let page = format!("{}\n{}\n{}{}", self.page, (self.table)(&rows), self.left, details(&rows));
        shell.write_file(path("md"), page)?;
        Ok(rows)
    }
}

fn read(shell: &Shell, path: &std::path::Path) -> Result<Vec<Row>, TaskError> {
    match shell.path_exists(path) {
        true => serde_json::from_str(&shell.read_file(path)?)
            .map_err(|source| TaskError::NotJson { verb: "reproduce", source }),
        false => Ok(Vec::new()),
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
