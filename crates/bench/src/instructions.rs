//! Instructions per streamed delta, counted by valgrind; unlike time, they are nearly the same in
//! every run.

use std::{
    fmt::Write as _,
    process::{Command, Stdio},
};

use serde_json::json;

use crate::{
    Failure,
    consumers::Consumer,
    stream::{self, DELTAS},
    table::print,
    wire::Wire,
};

/// Instructions per delta of a session with one sink, as counted when this was last set (x86-64, rustc
/// 1.95). Lower it when the count falls.
const EXPECTED: [(Wire, f64); 4] = [
    (Wire::Chat, 3_590.0),
    (Wire::Responses, 4_390.0),
    (Wire::Messages, 3_270.0),
    (Wire::Gemini, 4_110.0),
];

/// The factor over [`EXPECTED`] from which the check fails.
const TOLERANCE: f64 = 1.1;

/// A few replies and many, so that the startup cost cancels out.
const REPLIES: [u32; 2] = [2, 18];

/// The text before the count in callgrind's summary.
const COLLECTED: &str = "Collected :";

/// Counts the instructions of a session.
///
/// # Errors
///
/// If valgrind cannot be run, or if the count is more than a tenth over the expectation.
pub(crate) fn run(json: bool) -> Result<(), Failure> {
    let [few, many] = REPLIES;
    let mut text = String::new();
    let mut rows = Vec::new();
    let mut over = Vec::new();
    for (wire, expected) in EXPECTED {
        let (_runtime, server) = stream::serve(wire)?;
        let url = server.base_url();
        let difference = count(wire, &url, many)? - count(wire, &url, few)?;
        let per_delta = difference / f64::from((many - few) * DELTAS);
        let most = expected * TOLERANCE;
        writeln!(
            text,
            "{per_delta:.0} instructions per delta in user space, for {} ({}); at most {most:.0}",
            Consumer::Session.describe(),
            wire.name()
        )?;
        rows.push(json!({
            "wire": wire.name(), "instructions_per_delta": per_delta, "at_most": most,
        }));
        if per_delta > most {
            over.push(format!(
                "{per_delta:.0} instructions per delta ({})",
                wire.name()
            ));
        }
    }
    print(json, &json!({"wires": rows}), &text)?;
    if over.is_empty() {
        return Ok(());
    }
    Err(format!(
        "{}: find what costs more, or set EXPECTED in crates/bench/src/instructions.rs and give the reason \
         in the commit",
        over.join(", ")
    )
    .into())
}

/// Counts the instructions of a process that reads this many replies.
fn count(wire: Wire, base_url: &str, replies: u32) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["consume", Consumer::Session.name(), wire.name(), base_url])
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
