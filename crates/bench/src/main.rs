//! The measuring program behind `cargo xtask bench`; see `docs/benchmarks.md`.
//!
//! Linux only: CPU time and memory are read from `/proc`.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

mod concurrent;
mod consumers;
mod cpu;
mod instructions;
mod paced;
mod partial;
mod session;
mod shared;
mod slow_reader;
mod store;
mod stream;
mod table;
mod terminal;
mod web;
mod wire;

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
    /// Instructions per streamed delta; fails if they are a tenth more than expected.
    Instructions {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Cost of a session's turns.
    Session(Options),
    /// Cost of the SQLite store: acknowledgements, turns, space, opening.
    Store {
        #[command(flatten)]
        options: Options,
        /// Measure this alone.
        #[arg(long)]
        only: Option<store::Part>,
        /// Folder of the files; that of temporary files by default.
        #[arg(long)]
        folder: Option<std::path::PathBuf>,
    },
    /// Opening of a large file, as a process of its own.
    #[command(hide = true)]
    StoreOpen {
        /// The file.
        file: std::path::PathBuf,
    },
    /// Cost of the Postgres store, and of several hosts on it: acknowledgements, take-over, remote
    /// readers, load. Starts a private Postgres in the folder of temporary files.
    Postgres {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
        /// Measure this alone.
        #[arg(long)]
        only: Option<shared::Part>,
        /// Lease of a host that is killed, in milliseconds.
        #[arg(long, default_value_t = 3000)]
        lease: u64,
        /// Number of kills, and of hand-overs.
        #[arg(long, default_value_t = 30)]
        kills: usize,
    },
    /// A host that is killed, as a process of its own.
    #[command(hide = true)]
    PostgresHost {
        /// URL of the database.
        url: String,
        /// Session to run.
        session: String,
        /// Lease in milliseconds.
        lease: u64,
    },
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
    /// CPU time and delay per delta of many streams whose deltas come one at a time.
    Paced {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        load: paced::Load,
        /// Measure this consumer alone.
        #[arg(long)]
        only: Option<paced::Consumer>,
    },
    /// The server of paced streams alone, for looking at one consumer with a profiler: prints the
    /// address, serves one consumer, and ends.
    #[command(hide = true)]
    PacedServer(paced::Load),
    /// One consumer of paced streams, as a process of its own.
    #[command(hide = true)]
    PacedConsumer {
        /// Which consumer.
        #[arg(value_enum)]
        consumer: paced::Consumer,
        /// Where the server is.
        base_url: String,
        /// How many streams.
        streams: usize,
        /// How many deltas each has.
        deltas: usize,
        /// How many threads to read with.
        threads: usize,
    },
    /// CPU time and delay per delta of many windows of the web chat, and its memory.
    Web {
        #[command(flatten)]
        options: Options,
        #[command(flatten)]
        load: web::WebLoad,
    },
    /// The server of the web chat, as a process of its own.
    #[command(hide = true)]
    WebServer {
        /// Where the provider is.
        provider: String,
        /// How many threads to serve with.
        threads: usize,
    },
    /// Cost of reading a document while it streams in.
    Partial(Options),
    /// What a reader costs that does not read.
    SlowReader {
        #[command(flatten)]
        options: Options,
        /// How long the reply is, in MiB. The process takes a little over three times as much.
        #[arg(long, default_value_t = 1024)]
        mib: u32,
    },
    /// Cost of the terminal chat: start, idle, a long session, cancellation, a long answer. Requires
    /// tmux and `cargo build --release -p geppetto-cli`.
    Terminal {
        #[command(flatten)]
        options: Options,
        /// The program to measure; the one next to this program by default.
        #[arg(long)]
        program: Option<std::path::PathBuf>,
    },
    /// One run past a reader that does not read, as a process of its own.
    #[command(hide = true)]
    Flood {
        /// Who does not read.
        #[arg(value_enum)]
        stalled: slow_reader::Stalled,
        /// How long the reply is, in MiB.
        mib: u32,
    },
    /// One consumer of the stream, as a process of its own.
    #[command(hide = true)]
    Consume {
        /// Which consumer.
        #[arg(value_enum)]
        consumer: consumers::Consumer,
        /// The format of the stream.
        #[arg(value_enum)]
        wire: wire::Wire,
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
        Command::Instructions { json } => instructions::run(json),
        Command::Session(options) => session::run(&options),
        Command::Store {
            options,
            only,
            folder,
        } => store::run(&options, only, folder),
        Command::StoreOpen { file } => store::open(&file),
        Command::Postgres {
            json,
            only,
            lease,
            kills,
        } => shared::run(json, only, lease, kills),
        Command::PostgresHost {
            url,
            session,
            lease,
        } => shared::host(&url, &session, lease),
        Command::Concurrent { options, streams } => concurrent::run(&options, streams),
        Command::Hold { base_url, streams } => concurrent::hold(&base_url, streams),
        Command::Paced {
            options,
            load,
            only,
        } => paced::run(&options, load, only),
        Command::PacedServer(load) => paced::serve(load),
        Command::PacedConsumer {
            consumer,
            base_url,
            streams,
            deltas,
            threads,
        } => paced::child(consumer, &base_url, [streams, deltas, threads]),
        Command::Web { options, load } => web::run(&options, load),
        Command::WebServer { provider, threads } => web::child(&provider, threads),
        Command::Partial(options) => partial::run(&options),
        Command::SlowReader { options, mib } => slow_reader::run(&options, mib),
        Command::Terminal { options, program } => terminal::run(&options, program),
        Command::Flood { stalled, mib } => slow_reader::child(stalled, mib),
        Command::Consume {
            consumer,
            wire,
            base_url,
            replies,
        } => consumers::run(consumer, wire, &base_url, replies),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            table::complain(&*error);
            ExitCode::FAILURE
        }
    }
}
