//! The `geppetto` program: ask language models from the command line.
//!
//! One module per verb; `geppetto help` lists them. Exit codes: 0 for success, 1 for a failed run, 2
//! for a command line or a setting that is wrong, 130 for Ctrl-C.

mod answer;
mod ask;
mod chat;
mod cli;
mod completions;
mod continued;
mod failure;
mod input;
mod media;
mod models;
mod owner;
mod profiles;
mod rpc;
mod run;
mod say;
mod serve;
mod server;
mod sessions;
mod settings;
mod signals;
mod storage;
mod tools;
mod trace;

use std::process::ExitCode;

use clap::Parser as _;

fn main() -> ExitCode {
    let cli = match cli::Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return cli::exit(&error),
    };
    match cli.run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.exit(),
    }
}
