//! Checks of the repository, run as `cargo xtask <command>`.
//!
//! The exit code is 0 if the command found nothing wrong, 1 if it found something, 2 if it could
//! not run.

mod cargo;
mod docs;
mod error;
mod harness;
mod retired;
mod tidy;
mod ui;
mod validate;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::{error::Error, harness::Harness};

/// Command line of `cargo xtask`.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", about, version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// One variant per command; what another package runs gets its arguments unread.
#[derive(Debug, Subcommand)]
enum Command {
    /// Check the repository's own rules: layers, dependency budgets, file lengths, hygiene.
    Tidy(tidy::Args),
    /// Measure: CPU time per streamed delta, cost of a session's turns and of slow readers.
    Bench(harness::Args),
    /// Replay recorded interactions through the real stack and compare what comes out.
    Conformance(harness::Args),
    /// Run inputs that are written as JSON through the whole stack, and compare what comes out.
    Cases(harness::Args),
    /// Run the playbook's validation checklist, or look for retired names in another tree.
    Validate(validate::Args),
    /// Check the documentation, write what is generated in it, and build the book.
    Docs(docs::Args),
    /// Cut, break and shut down runs everywhere, and check what is left; with any number of seeds.
    Simulate(harness::Args),
    /// Run other projects' packages (of npm and PyPI) against the protocols that they speak.
    Ui(ui::Args),
    /// Kill processes with durable sessions everywhere, and check what their stores have.
    Crash(harness::Args),
    /// Kill, stop and cut off hosts that share a Postgres, and check their history.
    Cluster(harness::Args),
}

/// The verdict of a command that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Clean,
    Findings,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let mut out = io::stdout().lock();
    let verdict = match cli.command {
        Command::Tidy(args) => tidy::run(&args, &mut out),
        Command::Bench(args) => Harness::Bench.run(&args),
        Command::Conformance(args) => Harness::Conformance.run(&args),
        Command::Cases(args) => Harness::Cases.run(&args),
        Command::Validate(args) => validate::run(&args, &mut out),
        Command::Docs(args) => docs::run(&args, &mut out),
        Command::Simulate(args) => Harness::Simulate.run(&args),
        Command::Ui(args) => ui::run(&args),
        Command::Crash(args) => Harness::Crash.run(&args),
        Command::Cluster(args) => Harness::Cluster.run(&args),
    };
    let verdict = verdict.and_then(|verdict| {
        out.flush().map_err(Error::Output)?;
        Ok(verdict)
    });
    match verdict {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        // The reader closed the output, as in `cargo xtask tidy | head`.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(1),
        Err(error) => {
            // A broken stderr cannot be reported anywhere better.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
