//! The measuring program behind `cargo xtask bench`; see `docs/benchmarks.md`.
//!
//! Linux only: CPU time and memory are read from `/proc`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod concurrent;
mod consumers;
mod cpu;
mod session;
mod stream;
mod table;

/// What the program can be asked.
#[derive(Debug, Parser)]
#[command(name = "bench")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// CPU time per streamed delta.
    Stream(Options),
    /// Cost of a session's turns.
    Session(Options),
    /// Memory of many streams at once.
    Concurrent {
        #[command(flatten)]
        options: Options,
        /// How many; each takes a file descriptor in both processes.
        #[arg(long, default_value_t = 10_000)]
        streams: usize,
    },
    /// The sessions that hold many streams, as a process of their own.
    #[command(hide = true)]
    Hold {
        /// Where the server is.
        base_url: String,
        /// How many streams.
        streams: usize,
    },
    /// One consumer of the stream, as a process of its own.
    #[command(hide = true)]
    Consume {
        /// Which consumer.
        #[arg(value_enum)]
        consumer: consumers::Consumer,
        /// Where the server is.
        base_url: String,
        /// How many replies to read.
        replies: u32,
    },
}

/// What all measurements have in common.
#[derive(Debug, clap::Args)]
struct Options {
    /// Print JSON instead of a table.
    #[arg(long)]
    json: bool,
    /// How often to measure; the median counts.
    #[arg(long, default_value_t = 7)]
    runs: u32,
}

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Stream(options) => stream::run(&options),
        Command::Session(options) => session::run(&options),
        Command::Concurrent { options, streams } => concurrent::run(&options, streams),
        Command::Hold { base_url, streams } => concurrent::hold(&base_url, streams),
        Command::Consume {
            consumer,
            base_url,
            replies,
        } => consumers::run(consumer, &base_url, replies),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
