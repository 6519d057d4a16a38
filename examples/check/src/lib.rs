//! Holds an example to its README: runs the program, and compares all that it prints with the
//! block under "Expected output".
//!
//! ```
//! use example_check::expected_output;
//!
//! let readme = "# Greet\n\n## Expected output\n\n```text\nhello\n```\n";
//! assert_eq!(expected_output(readme), Some("hello\n"));
//! ```
//!
//! Expected output: none, this is a library for tests.

#![allow(clippy::panic, reason = "a test fails by panicking")]

use std::{
    io::Write,
    process::{Command, Stdio},
};

/// Variables that would send an example to a real server, or change how it prints.
const SETTINGS: &[&str] = &[
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OPENAI_MODEL",
    "NO_COLOR",
];

/// A program, and what it is run with.
#[derive(Debug)]
#[must_use]
pub struct Program {
    command: Command,
    stdin: String,
}

impl Program {
    /// The program at `path`: `env!("CARGO_BIN_EXE_name")`. It runs without settings from the
    /// environment.
    pub fn new(path: &str) -> Self {
        let mut command = Command::new(path);
        for name in SETTINGS {
            command.env_remove(name);
        }
        Self {
            command,
            stdin: String::new(),
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, arg: &str) -> Self {
        self.command.arg(arg);
        self
    }

    /// Sets what the program reads; nothing by default.
    pub fn stdin(mut self, text: impl Into<String>) -> Self {
        self.stdin = text.into();
        self
    }

    /// Runs the program to its end.
    pub fn run(mut self) -> Output {
        let child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn();
        let mut child = child.unwrap_or_else(|error| panic!("cannot start: {error}"));
        if let Some(mut stdin) = child.stdin.take() {
            // A program that does not read has closed its end; what it prints decides.
            let _ = stdin.write_all(self.stdin.as_bytes());
        }
        let output = child.wait_with_output();
        let output = output.unwrap_or_else(|error| panic!("cannot be waited for: {error}"));
        Output {
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            code: output.status.code(),
        }
    }
}

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// What it printed.
    pub stdout: String,
    /// What it said on stderr.
    pub stderr: String,
    /// Its exit code; `None` where a signal ended it.
    pub code: Option<i32>,
}

impl Output {
    /// Fails unless the program succeeded in silence and printed exactly `expected`.
    pub fn assert_prints(&self, expected: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        if self.stdout != expected {
            panic!("expected:\n{expected}\nprinted:\n{}", self.stdout);
        }
    }

    /// Fails unless the program succeeded in silence and printed exactly what its README says.
    pub fn assert_prints_what_it_says(&self, readme: &str) {
        let Some(expected) = expected_output(readme) else {
            panic!("the README has no block under \"Expected output\"");
        };
        self.assert_prints(expected);
    }

    /// Fails unless the program failed with `code` and said exactly `stderr`.
    pub fn assert_fails(&self, code: i32, stderr: &str) {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(code), stderr),
            "{self:?}"
        );
    }
}

/// The first fenced block under the heading "Expected output".
#[must_use]
pub fn expected_output(readme: &str) -> Option<&str> {
    let (_, after) = readme.split_once("# Expected output")?;
    let (_, block) = after.split_once("```text\n")?;
    let (block, _) = block.split_once("```\n")?;
    Some(block)
}

/// The first fenced block after the words "On stderr": what a program says beside its answer.
#[must_use]
pub fn expected_notes(readme: &str) -> Option<&str> {
    let (_, after) = readme.split_once("On stderr")?;
    let (_, block) = after.split_once("```text\n")?;
    let (block, _) = block.split_once("```\n")?;
    Some(block)
}

#[cfg(test)]
mod tests;
