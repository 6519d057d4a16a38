//! The cluster harness behind `cargo xtask cluster`; see `docs/testing.md`.

mod audit;
mod barrier;
mod check;
mod client;
mod clock;
mod control;
mod faults;
mod history;
mod host;
mod hosts;
mod network;
mod provider;
mod proxy;
mod reader;
mod run;
mod worker;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

/// What the program can be asked.
#[derive(Debug, Parser)]
#[command(name = "cluster")]
enum Cli {
    /// Runs hosts with faults, and checks their history.
    Run(RunArgs),
    /// A host. Started by the harness.
    #[command(hide = true)]
    Host(HostArgs),
}

/// Options of the harness.
#[derive(Debug, clap::Args)]
struct RunArgs {
    /// Time with faults.
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Seed of the faults and of the work.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of hosts.
    #[arg(long, default_value_t = 3)]
    hosts: usize,
    /// Faults to have; all of them by default. May be given several times.
    #[arg(long, value_enum)]
    only: Vec<faults::Fault>,
    /// Network of the hosts.
    #[arg(long, value_enum, default_value_t = network::Kind::Auto)]
    network: network::Kind,
    /// Leaves the clocks of the hosts right.
    #[arg(long)]
    right_clocks: bool,
    /// Number of sessions.
    #[arg(long, default_value_t = 6)]
    sessions: usize,
}

/// Options of a host.
#[derive(Debug, clap::Args)]
struct HostArgs {
    /// URL of the store.
    #[arg(long)]
    store: String,
    /// Base URL of the provider.
    #[arg(long)]
    provider: String,
    /// Address of the witness of effects.
    #[arg(long)]
    witness: String,
    /// Address of the harness, which stops the host at its barriers.
    #[arg(long)]
    control: String,
    /// Name of the host.
    #[arg(long)]
    name: String,
    /// Address to listen on.
    #[arg(long)]
    address: String,
}

fn main() -> ExitCode {
    let verdict = match Cli::parse() {
        Cli::Run(args) => run::run(&args),
        Cli::Host(args) => host::run(&args).map(|()| true),
    };
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // A broken stderr cannot be reported anywhere better.
            let _ = writeln!(io::stderr(), "error: {error:#}");
            ExitCode::from(2)
        }
    }
}
