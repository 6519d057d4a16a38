//! The kill harness behind `cargo xtask crash`; see `docs/testing.md`.

mod check;
mod child;
mod database;
mod model;
mod note;
mod parent;
mod points;
mod prompt;
mod provider;
mod report;
mod tools;

use std::{
    io::{self, Write},
    process::ExitCode,
};

use clap::Parser;

/// What the program can be asked.
#[derive(Debug, Parser)]
#[command(name = "crash")]
enum Cli {
    /// Kills children, and checks the store after each.
    #[command(name = "kill")]
    Parent(ParentArgs),
    /// Runs sessions until it is killed. Started by the parent.
    #[command(hide = true)]
    Child(ChildArgs),
}

/// Options of the parent.
#[derive(Debug, clap::Args)]
struct ParentArgs {
    /// Number of kills.
    #[arg(long, default_value_t = 200)]
    kills: u64,
    /// The store.
    #[arg(long, value_enum, default_value_t = database::Kind::Sqlite)]
    store: database::Kind,
    /// The first seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Number of kills of one store, which is then ended, checked and deleted.
    #[arg(long, default_value_t = 25)]
    kills_per_store: u64,
    /// Number of stores in use at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: u64,
}

/// Options of a child.
#[derive(Debug, clap::Args)]
struct ChildArgs {
    /// The file, or the URL of the database.
    #[arg(long)]
    store: String,
    /// Base URL of the provider.
    #[arg(long)]
    provider: String,
    /// Seed of the work.
    #[arg(long)]
    seed: u64,
    /// Number of the first prompt.
    #[arg(long)]
    first_op: u64,
    /// Where to be killed: `PLACE:before|after:N`.
    #[arg(long)]
    kill_at: Option<String>,
    /// Prompts to submit again, as `SESSION=TEXT`.
    #[arg(long)]
    again: Vec<String>,
    /// Ends what is open, asks each session once more, and stops in order.
    #[arg(long)]
    settle: bool,
}

fn main() -> ExitCode {
    let verdict = match Cli::parse() {
        Cli::Parent(args) => parent::run(&args),
        Cli::Child(args) => child::run(&args),
    };
    match verdict {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            // A broken stderr cannot be reported anywhere better.
            let _ = writeln!(io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}
