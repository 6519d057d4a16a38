//! Instructions per streamed delta, counted by valgrind: unlike time, nearly the same in every run.

use std::process::{Command, Stdio};

use serde_json::json;

use crate::{
    Failure,
    consumers::Consumer,
    stream::{self, DELTAS},
    table::print,
};

/// Instructions per delta of a session with one sink, as counted when this was last set (x86-64, rustc 1.95).
/// Lower it when the count falls.
const EXPECTED: f64 = 10_400.0;

/// The increase over [`EXPECTED`] that fails, as a factor.
const TOLERANCE: f64 = 1.1;

/// A few replies and many: what both do at the start does not count.
const REPLIES: [u32; 2] = [2, 18];

/// What stands before the count in callgrind's summary.
const COLLECTED: &str = "Collected :";

/// Counts the instructions of a session.
///
/// # Errors
///
/// If valgrind cannot be run, or if the count is over a tenth more than expected.
pub(crate) fn run(json: bool) -> Result<(), Failure> {
    let (_runtime, server) = stream::serve()?;
    let [few, many] = REPLIES;
    let difference = count(&server.base_url(), many)? - count(&server.base_url(), few)?;
    let per_delta = difference / f64::from((many - few) * DELTAS);
    let most = EXPECTED * TOLERANCE;
    let text = format!(
        "{per_delta:.0} instructions per delta in user space, for {}; at most {most:.0}\n",
        Consumer::Session.describe()
    );
    let value = json!({"instructions_per_delta": per_delta, "at_most": most});
    print(json, &value, &text)?;
    if per_delta > most {
        return Err(format!(
            "{per_delta:.0} instructions per delta, over {most:.0}: find what costs more, or set EXPECTED in \
             crates/bench/src/instructions.rs and give the reason in the commit"
        )
        .into());
    }
    Ok(())
}

/// The instructions of a process that reads this many replies.
fn count(base_url: &str, replies: u32) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["consume", Consumer::Session.name(), base_url])
        .arg(replies.to_string())
        .stdout(Stdio::null())
        .output()
        .map_err(|error| format!("cannot start valgrind, which counts: {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let collected = said.lines().find_map(|line| line.split_once(COLLECTED));
    let Some((_, collected)) = collected.filter(|_| output.status.success()) else {
        return Err(format!("valgrind counted nothing:\n{said}").into());
    };
    Ok(collected.trim().parse()?)
}
