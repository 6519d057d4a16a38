//! The item that replays recorded interactions.

use std::fs;

use super::{Setting, outcome::Outcome};
use crate::{Verdict, conformance, error::Error};

/// Replays what `--recordings` names; without it there is nothing to replay.
pub(super) fn check(setting: &Setting) -> Result<Outcome, Error> {
    if setting.recordings.is_empty() {
        return Ok(Outcome::skipped("no recordings given (--recordings PATH)"));
    }
    let log = setting.logs.join("conformance.log");
    let mut lines = Vec::new();
    let verdict = conformance::replay(setting.recordings.clone(), &mut lines)?;
    fs::write(&log, &lines).map_err(|source| Error::Write {
        path: log.clone(),
        source,
    })?;
    let text = String::from_utf8_lossy(&lines);
    let counts = text.lines().last().unwrap_or_default();
    let outcome = match verdict {
        Verdict::Clean => Outcome::passed(counts),
        Verdict::Findings => {
            let first = text.lines().next().unwrap_or_default();
            Outcome::failed(format!("{first}; {counts}"))
        }
    };
    Ok(outcome.with_log(log))
}
