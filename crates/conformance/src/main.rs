//! Checks of the whole stack against recorded interactions and against cases written as JSON.
//!
//! `cargo xtask conformance` and `cargo xtask cases` run this program; see `docs/testing.md`. The
//! exit code is 0 if everything is as expected, 1 if something is not, 2 if the program could not
//! run.

mod cases;
mod error;
mod recordings;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::{Parser, Subcommand};

use crate::error::Error;

/// Command line of the program.
#[derive(Debug, Parser)]
#[command(name = "conformance", about, version, disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Replay recorded interactions through the real stack and compare what comes out.
    Conformance(recordings::Args),
    /// Run inputs that are written as JSON through the whole stack, and compare what comes out.
    Cases(cases::Args),
}

/// The verdict of a command that could run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Clean,
    Findings,
}

fn main() -> ExitCode {
    let mut out = io::stdout().lock();
    let verdict = match Cli::parse().command {
        Command::Conformance(args) => recordings::run(&args, &mut out),
        Command::Cases(args) => cases::run(&args, &mut out),
    };
    let verdict = verdict.and_then(|verdict| {
        out.flush().map_err(Error::Output)?;
        Ok(verdict)
    });
    match verdict {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Findings) => ExitCode::from(1),
        // The reader closed the output, as in `.. | head`.
        Err(Error::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::from(1),
        Err(error) => {
            // A broken stderr cannot be reported anywhere better.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
