//! Checks the command line of every example: `--help` works, unknown options are rejected, and a
//! closed output (`| head`) ends the program quietly.

use std::path::Path;

use example_check::{Output, Program};

use crate::build;

#[cfg(test)]
mod tests;

/// An option that no example has.
const UNKNOWN: &str = "--no-such-option";

/// Builds all examples and checks the command line of each.
pub(crate) fn check() -> Result<String, String> {
    let examples = build::examples()?;
    for (name, folder, path) in &examples {
        behaves(|| Program::new(path), folder).map_err(|problem| format!("{name}: {problem}"))?;
    }
    Ok(format!("{} examples", examples.len()))
}

/// Checks the command line of one program.
fn behaves(program: impl Fn() -> Program, folder: &Path) -> Result<(), String> {
    let help = program().arg("--help").try_run()?;
    if help.code != Some(0) || !help.stdout.contains("Usage:") {
        return Err(format!("--help does not print the usage: {}", said(&help)));
    }
    let unknown = program().arg(UNKNOWN).try_run()?;
    if unknown.code == Some(0) || !unknown.stderr.contains(UNKNOWN) {
        return Err(format!("{UNKNOWN} is not refused: {}", said(&unknown)));
    }
    let closed = program().closed_stdout();
    let mut closed = closed.map_err(|error| format!("cannot make a pipe: {error}"))?;
    if help.stdout.contains("--demo") {
        closed = closed.arg("--demo");
    }
    let sample = folder.join("sample.jsonl");
    if sample.exists() {
        closed = closed.arg(sample);
    }
    let closed = closed.try_run()?;
    if closed.code != Some(0) || closed.stderr.contains("panicked") {
        return Err(format!(
            "a closed output does not end it quietly: {}",
            said(&closed)
        ));
    }
    Ok(())
}

/// The last line that a program printed, preferably to stderr.
fn said(output: &Output) -> &str {
    let mut lines = output.stdout.lines().chain(output.stderr.lines());
    lines
        .rfind(|line| !line.trim().is_empty())
        .unwrap_or("nothing")
}
