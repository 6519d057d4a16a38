//! `cargo xtask bench`: the measurements of `docs/benchmarks.md`.
//!
//! What is measured is a program of its own, `bench`, because it must be built with optimisation
//! and run as separate processes; this builds and starts it.

use std::process::Command;

use clap::ValueEnum;

use crate::{Verdict, error::Error};

/// Arguments of `cargo xtask bench`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to measure.
    #[arg(value_enum)]
    what: What,
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// How often to measure; the median counts.
    #[arg(long, default_value_t = 7)]
    runs: u32,
}

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// CPU time per streamed delta, from HTTP to the turn, against a hand-written loop.
    Stream,
    /// What turn 10, 1,000 and 10,000 of one session cost, in time and memory.
    Session,
    /// Memory of 10,000 streams at once.
    Concurrent,
    /// What reading 1 MB of JSON and YAML costs while it streams in.
    Partial,
    /// What a reader costs that does not read while 1 GiB goes by: memory and CPU time.
    SlowReader,
}

/// Builds the measuring program with optimisation and runs it.
pub(crate) fn run(args: &Args) -> Result<Verdict, Error> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args([
        "run",
        "--quiet",
        "--release",
        "--package",
        "xtask",
        "--bin",
        "bench",
        "--",
    ]);
    command.arg(match args.what {
        What::Stream => "stream",
        What::Session => "session",
        What::Concurrent => "concurrent",
        What::Partial => "partial",
        What::SlowReader => "slow-reader",
    });
    command.args(["--runs", &args.runs.to_string()]);
    if args.json {
        command.arg("--json");
    }
    let status = command.status().map_err(|source| Error::Start {
        command: "cargo run --release --package xtask --bin bench".to_owned(),
        source,
    })?;
    Ok(if status.success() {
        Verdict::Clean
    } else {
        Verdict::Findings
    })
}
