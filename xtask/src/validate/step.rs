//! Runs the command of an item.

use std::{env, process::Command};

use super::{
    Setting, evidence,
    items::{Item, Step, other_rules},
    outcome::Outcome,
    process,
};
use crate::{error::Error, harness::Harness};

/// Runs the command of an item, and evaluates its output.
///
/// # Errors
///
/// If the command cannot be started, or its output cannot be stored.
pub(super) fn run(item: &Item, setting: &mut Setting) -> Result<Outcome, Error> {
    let command = match command(item.step, setting)? {
        Plan::Run(command) => command,
        Plan::Skip(reason) => return Ok(Outcome::skipped(reason)),
    };
    let log = format!("{}.log", item.name.replace('/', "-"));
    let log = setting.logs.join(log);
    let finished = process::run(in_workspace(command, setting), &log, &mut setting.progress)?;
    let mut outcome = evidence::outcome(&finished).with_log(log);
    let root = format!("{}/", setting.root.display());
    outcome.evidence = outcome.evidence.replace(&root, "");
    Ok(outcome)
}

/// What an item comes to on this machine.
enum Plan {
    Run(Command),
    /// The reason for which there is nothing to run.
    Skip(&'static str),
}

/// Returns the command of a step.
fn command(step: Step, setting: &Setting) -> Result<Plan, Error> {
    let command = match step {
        Step::Cargo(arguments) => cargo(arguments),
        Step::Rules(names) => tidy(names.iter().copied())?,
        Step::OtherRules => tidy(other_rules())?,
        Step::Pages => {
            let mut command = xtask()?;
            command.args(["docs", "--check"]);
            command
        }
        Step::Examples(arguments) => {
            let mut command = cargo("run --quiet --package example-check --");
            command.args(arguments.split_whitespace());
            if setting.live && arguments != "command-line" {
                command.arg("--live");
                if setting.untrained && arguments.starts_with("example ") {
                    command.arg("--untrained");
                }
            }
            command
        }
        Step::Terminal(_) if !is_there("tmux") => {
            return Ok(Plan::Skip("tmux is not installed"));
        }
        Step::Terminal(test) => {
            let mut command = cargo("test --workspace --test tmux");
            command.args([test, "--", "--ignored"]);
            command
        }
        Step::Browser(_) if !(is_there("chromium") && is_there("npm")) => {
            return Ok(Plan::Skip("chromium or npm is not installed"));
        }
        Step::Browser(test) => {
            let mut command = cargo("test --workspace --test browser");
            command.args([test, "--", "--ignored"]);
            command
        }
        Step::Recordings if setting.recordings.is_empty() => {
            return Ok(Plan::Skip("no recordings given (--recordings PATH)"));
        }
        Step::Recordings => {
            let paths = setting.recordings.iter();
            let paths: Vec<String> = paths.map(|path| path.display().to_string()).collect();
            Harness::Conformance.command(&paths)
        }
    };
    Ok(Plan::Run(command))
}

/// Returns `true` if a program is in one of the folders of `PATH`.
fn is_there(program: &str) -> bool {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// Configures the command to run in the workspace's root, without colours and progress bars.
fn in_workspace(mut command: Command, setting: &Setting) -> Command {
    command
        .current_dir(&setting.root)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("RUSTDOCFLAGS", "-D warnings")
        // rustfmt decides about colours by the terminal's name alone.
        .env("TERM", "dumb");
    command
}

fn cargo(arguments: &str) -> Command {
    // Cargo sets `CARGO` for the programs that it runs, so the same toolchain is used.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments.split_whitespace());
    command
}

fn tidy(checks: impl Iterator<Item = &'static str>) -> Result<Command, Error> {
    let mut command = xtask()?;
    command
        .arg("tidy")
        .args(checks.flat_map(|check| ["--only", check]));
    Ok(command)
}

/// Returns the command of this program.
fn xtask() -> Result<Command, Error> {
    let program = env::current_exe().map_err(|source| Error::Start {
        command: "xtask".to_owned(),
        source,
    })?;
    Ok(Command::new(program))
}
