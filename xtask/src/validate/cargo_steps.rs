//! The items that are one run of cargo each.

use std::{env, process::Command};

use super::{Setting, outcome::Outcome, output, process};
use crate::error::Error;

/// `cargo fmt`.
pub(super) fn format(setting: &mut Setting) -> Result<Outcome, Error> {
    let args = ["fmt", "--all", "--check"];
    step("format", &args, setting, output::format)
}

/// `cargo clippy`.
pub(super) fn lints(setting: &mut Setting) -> Result<Outcome, Error> {
    let args = [
        "clippy",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ];
    step("lints", &args, setting, output::compiler)
}

/// `cargo doc`.
pub(super) fn docs(setting: &mut Setting) -> Result<Outcome, Error> {
    let args = ["doc", "--workspace", "--no-deps"];
    step("docs", &args, setting, output::compiler)
}

/// `cargo test`, to its end whatever fails.
pub(super) fn tests(setting: &mut Setting) -> Result<Outcome, Error> {
    let args = ["test", "--workspace", "--no-fail-fast"];
    step("tests", &args, setting, output::tests)
}

/// Runs cargo and lets `read` say what came of it.
fn step(
    name: &str,
    args: &[&str],
    setting: &mut Setting,
    read: output::Reader,
) -> Result<Outcome, Error> {
    let log = setting.logs.join(format!("{name}.log"));
    let finished = process::run(cargo(args, setting), &log, &mut setting.progress)?;
    let result = read(&finished, &setting.metadata);
    Ok(Outcome::of(result).with_log(log))
}

/// Cargo in the workspace, writing no colours and no bars.
pub(super) fn cargo(args: &[&str], setting: &Setting) -> Command {
    // Cargo names itself to what it runs, so the same toolchain answers.
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command
        .args(args)
        .current_dir(&setting.metadata.workspace_root)
        .env("CARGO_TERM_COLOR", "never")
        .env("CARGO_TERM_PROGRESS_WHEN", "never")
        .env("RUSTDOCFLAGS", "-D warnings")
        // rustfmt asks only the terminal's name whether to write colours.
        .env("TERM", "dumb");
    command
}
