//! `cargo xtask simulate`: sessions cut everywhere; see `docs/testing.md`.
//!
//! What simulates is a program of its own, `simulate`: it must be built with optimisation to get
//! through many runs, and needs features that other commands are better built without.

use std::process::Command;

use crate::{Verdict, error::Error};

/// Arguments of `cargo xtask simulate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// How long to go on with further seeds, in seconds; every case is simulated at least once.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Simulate this case alone.
    #[arg(long)]
    case: Option<String>,
    /// Simulate this cut alone, as a failure names it, with the given seed and case.
    #[arg(long, requires = "case")]
    cut: Option<String>,
}

/// Builds the simulating program with optimisation and runs it.
pub(crate) fn run(args: &Args) -> Result<Verdict, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let build = "run --quiet --release --package xtask --features simulate --bin simulate";
    let mut command = Command::new(cargo);
    command.args(build.split(' ')).arg("--");
    command.args(["--seconds", &args.seconds.to_string()]);
    command.args(["--seed", &args.seed.to_string()]);
    for (name, value) in [("--case", &args.case), ("--cut", &args.cut)] {
        if let Some(value) = value {
            command.args([name, value]);
        }
    }
    let status = command.status().map_err(|source| Error::Start {
        command: format!("cargo {build}"),
        source,
    })?;
    match status.code() {
        Some(0) => Ok(Verdict::Clean),
        Some(1) => Ok(Verdict::Findings),
        _ => Err(Error::Failed {
            command: format!("cargo {build}"),
            stderr: "its own message stands above".to_owned(),
        }),
    }
}
