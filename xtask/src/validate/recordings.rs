//! The item that replays recorded interactions.

use super::{Setting, outcome::Outcome, process};
use crate::{error::Error, harness::Harness};

/// Replays what `--recordings` names; without it there is nothing to replay.
pub(super) fn check(setting: &mut Setting) -> Result<Outcome, Error> {
    if setting.recordings.is_empty() {
        return Ok(Outcome::skipped("no recordings given (--recordings PATH)"));
    }
    let log = setting.logs.join("conformance.log");
    let paths: Vec<String> = setting
        .recordings
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    let command = Harness::Conformance.command(&paths);
    let finished = process::run(command, &log, &mut setting.progress)?;
    let mut lines = finished.output.lines();
    let outcome = if finished.success {
        Outcome::passed(lines.next_back().unwrap_or_default())
    } else {
        Outcome::failed(lines.next().unwrap_or_default())
    };
    Ok(outcome.with_log(log))
}
