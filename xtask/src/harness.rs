//! Commands that are programs of other packages: built here, and started with the arguments as given.

use std::process::Command;

use crate::{Verdict, error::Error};

/// A program of the workspace, and how it is built.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Harness {
    /// `geppetto-bench`: the measurements of `docs/benchmarks.md`.
    Bench,
    /// `geppetto-conformance`: recorded interactions.
    Conformance,
    /// `geppetto-conformance`: inputs that are written as JSON.
    Cases,
    /// `geppetto-conformance`: sessions that are cut and broken everywhere.
    Simulate,
}

/// Arguments of a command that another program reads; `--help` is among them.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Args {
    /// Options and values of the command; `--help` lists them.
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "ARGUMENT"
    )]
    arguments: Vec<String>,
}

impl Harness {
    /// How cargo runs the program. What measures or simulates is built with optimisation.
    fn build(self) -> &'static str {
        match self {
            Self::Bench => "run --quiet --release --package geppetto-bench --",
            Self::Conformance => "run --quiet --package geppetto-conformance -- conformance",
            Self::Cases => "run --quiet --package geppetto-conformance -- cases",
            Self::Simulate => {
                "run --quiet --release --package geppetto-conformance --features simulate \
                 --bin simulate --"
            }
        }
    }

    /// The command with these arguments.
    pub(crate) fn command(self, arguments: &[String]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(self.build().split_whitespace())
            .args(arguments);
        command
    }

    /// Builds and runs the program; what it prints goes where this program's output goes.
    pub(crate) fn run(self, args: &Args) -> Result<Verdict, Error> {
        let command = format!("cargo {}", self.build());
        let status = match self.command(&args.arguments).status() {
            Ok(status) => status,
            Err(source) => return Err(Error::Start { command, source }),
        };
        match status.code() {
            Some(0) => Ok(Verdict::Clean),
            Some(1) => Ok(Verdict::Findings),
            _ => Err(Error::Failed {
                command,
                stderr: "its own message stands above".to_owned(),
            }),
        }
    }
}
