//! Commands implemented by programs of other packages, which are built and run with the given
//! arguments.

use std::process::Command;

use crate::{Verdict, error::Error};

/// A program of the workspace, and how to build it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Harness {
    /// `geppetto-bench`: the measurements of `docs/benchmarks.md`.
    Bench,
    /// `geppetto-conformance`: recorded interactions.
    Conformance,
    /// `geppetto-conformance`: inputs written as JSON.
    Cases,
    /// `geppetto-conformance`: simulated sessions with interruptions and failures at every point.
    Simulate,
    /// `geppetto-crash`: processes with durable sessions that are killed everywhere.
    Crash,
    /// `geppetto-cluster`: hosts on one Postgres, with faults.
    Cluster,
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
    /// Returns how cargo runs the program. Measurements and simulations are built with
    /// optimization.
    fn build(self) -> &'static str {
        match self {
            Self::Bench => "run --quiet --release --package geppetto-bench --",
            Self::Conformance => "run --quiet --package geppetto-conformance -- conformance",
            Self::Cases => "run --quiet --package geppetto-conformance -- cases",
            Self::Simulate => {
                "run --quiet --release --package geppetto-conformance --features simulate \
                 --bin simulate --"
            }
            Self::Crash => "run --quiet --package geppetto-crash -- kill",
            Self::Cluster => "run --quiet --package geppetto-cluster -- run",
        }
    }

    /// Returns the command with these arguments.
    pub(crate) fn command(self, arguments: &[String]) -> Command {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command
            .args(self.build().split_whitespace())
            .args(arguments);
        command
    }

    /// Builds and runs the program, which inherits stdout and stderr.
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
