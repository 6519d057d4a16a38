//! `cargo xtask conformance`: replays recorded interactions through the real stack.
//!
//! A loopback server serves a recording, with its body split at positions derived from the case's
//! id, and the real engine consumes it over real HTTP. The result is compared with the recorded
//! expectation and checked for the invariants: the events follow the grammar, the deltas add up to
//! the blocks, the turn survives saving and loading, and the history can be sent again. A recorded
//! stream is then also cut off, see [`cuts`]. For files of turns and event logs, reading and
//! writing must be the identity.
//!
//! Each wire is one adapter in [`wire`].

mod collect;
mod compare;
mod cuts;
mod expectation;
mod files;
mod observation;
mod play;
mod recording;
mod report;
mod wire;

#[cfg(test)]
mod tests;

use std::{io::Write, path::PathBuf, sync::Arc};

use tokio::{sync::Semaphore, task::JoinSet};

use crate::{Verdict, error::Error};
use collect::Case;
use play::Player;
use report::{Outcome, Report};

/// How many cases run at once; each has a server and a client.
const AT_ONCE: usize = 8;

/// Arguments of `cargo xtask conformance`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Recordings (the root, a wire's folder, one case), turns (*.yaml), event logs (*.ndjson), or
    /// folders of them.
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Print one JSON object instead of lines.
    #[arg(long)]
    json: bool,
    /// Run only cases whose name contains this text.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Cut the bodies into other pieces, and off at other places, than without.
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
}

/// Runs the cases and writes the report.
pub(crate) fn run(args: &Args, out: &mut dyn Write) -> Result<Verdict, Error> {
    let mut cases = collect::all(&args.paths)?;
    if let Some(text) = &args.filter {
        cases.retain(|case| case.name.contains(text.as_str()));
    }
    if cases.is_empty() {
        return Err(Error::NoCases);
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Error::Runtime)?;
    let report = runtime.block_on(all(cases, args.seed))?;
    // A hanging case must not keep the command from reporting it.
    runtime.shutdown_background();
    let written = match args.json {
        true => report.write_json(out),
        false => report.write_lines(out),
    };
    written.map_err(Error::Output)?;
    Ok(report.verdict())
}

/// Runs all cases, several at once. The report keeps their order.
async fn all(cases: Vec<Case>, seed: u64) -> Result<Report, Error> {
    let player = Arc::new(Player::new(seed)?);
    let gate = Arc::new(Semaphore::new(AT_ONCE));
    let mut running = JoinSet::new();
    let mut names = Vec::with_capacity(cases.len());
    for (number, case) in cases.into_iter().enumerate() {
        names.push(case.name.clone());
        let (player, gate) = (Arc::clone(&player), Arc::clone(&gate));
        running.spawn(async move {
            let _permit = gate.acquire_owned().await;
            (number, player.run(&case).await)
        });
    }
    // A case that panics leaves no outcome, which counts as a failure.
    let lost = || Outcome::Failed("the case panicked".to_owned());
    let mut outcomes: Vec<Outcome> = names.iter().map(|_| lost()).collect();
    while let Some(joined) = running.join_next().await {
        if let Ok((number, outcome)) = joined
            && let Some(slot) = outcomes.get_mut(number)
        {
            *slot = outcome;
        }
    }
    Ok(names.into_iter().zip(outcomes).collect())
}
