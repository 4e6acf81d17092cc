//! One side of the benchmark: a program that is told what to do line by line and answers in JSON.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::error::TaskError;

/// A program that is being asked.
pub(super) struct Side {
    name: &'static str,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl Side {
    /// Starts the program.
    pub(super) fn start(name: &'static str, mut command: Command) -> Result<Self, TaskError> {
        let silent = |source| TaskError::Side { name, message: format!("it does not start: {source}") };
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(silent)?;
        let pipes = (child.stdin.take(), child.stdout.take());
        let (Some(to), Some(from)) = pipes else {
            return Err(TaskError::Side { name, message: "it has no pipes".to_owned() });
        };
        Ok(Self { name, child, to, from: BufReader::new(from) })
    }

    /// Sends a line and reads the answer.
    pub(super) fn ask(&mut self, line: &str) -> Result<Value, TaskError> {
        let failed = |message: String| TaskError::Side { name: self.name, message };
        writeln!(self.to, "{line}").map_err(|error| failed(error.to_string()))?;
        let mut answer = String::new();
        self.from.read_line(&mut answer).map_err(|error| failed(error.to_string()))?;
        serde_json::from_str(&answer)
            .map_err(|_| failed(format!("it ended, or answered `{}`", answer.trim())))
    }

    /// A number of the answer.
    pub(super) fn number(&mut self, line: &str, key: &str) -> Result<f64, TaskError> {
        let answer = self.ask(line)?;
        answer[key].as_f64().ok_or_else(|| self.bad(&answer))
    }

    /// Several numbers of the answer.
    pub(super) fn numbers(&mut self, line: &str, key: &str) -> Result<Vec<f64>, TaskError> {
        let answer = self.ask(line)?;
        let numbers = answer[key].as_array().and_then(|list| list.iter().map(Value::as_f64).collect());
        numbers.ok_or_else(|| self.bad(&answer))
    }

    fn bad(&self, answer: &Value) -> TaskError {
        TaskError::Side { name: self.name, message: format!("it answered {answer}") }
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        // It ends with its input; whether it did is of no interest any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
