//! `cargo xtask cases`: runs inputs written as JSON through the whole stack and compares the
//! results with the expectations.
//!
//! An input consists of a wire, the answers of a server, and the prompts of a user. It runs like an
//! application: a session, the default builder, and the real engine over HTTP to a loopback server.
//! The clock is paused while nothing happens, so retries take no time. `docs/testing.md` describes
//! the format of inputs and expectations.

mod collect;
mod compact;
mod expect;
mod input;
mod pattern;
mod play;
mod report;
mod seen;
mod serve;
mod tools;

#[cfg(test)]
mod tests;

use std::{io::Write, path::PathBuf};

use crate::{Verdict, error::Error};
use report::Report;

/// Arguments of `cargo xtask cases`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Inputs (*.json), or folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Run only inputs whose path contains this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Print everything of inputs that pass, too.
    #[arg(long, short)]
    verbose: bool,
    /// Print one JSON object for each input: path, verdict, differences, and everything that was seen.
    #[arg(long)]
    json: bool,
}

/// Runs the inputs one after the other and writes their results.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<Verdict, Error> {
    let mut files = collect::all(&args.paths)?;
    if let Some(text) = &args.filter {
        files.retain(|file| file.to_string_lossy().contains(text.as_str()));
    }
    if files.is_empty() {
        return Err(Error::NoCases);
    }
    let mut report = Report::new(args.verbose, args.json);
    for file in files {
        let outcome = play::file(&file);
        report.add(&file, &outcome, out).map_err(Error::Output)?;
    }
    report.finish(out).map_err(Error::Output)
}
