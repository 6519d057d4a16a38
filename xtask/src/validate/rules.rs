//! The items that are checks of `cargo xtask tidy`.

use std::fs;

use super::{Setting, outcome::Outcome, output::and_more};
use crate::error::Error;
use crate::tidy::{self, finding::Severity};

/// Runs the named checks; what they find is kept under the item's name.
pub(super) fn check(item: &str, names: &[String], setting: &Setting) -> Result<Outcome, Error> {
    let findings = tidy::findings(names)?;
    let (errors, warnings): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| finding.severity == Severity::Error);
    let Some(first) = errors.first() else {
        let notes = match warnings.len() {
            0 => String::new(),
            1 => ", 1 thing to look at".to_owned(),
            n => format!(", {n} things to look at"),
        };
        return Ok(Outcome::passed(format!(
            "{}: nothing found{notes}",
            names.join(", ")
        )));
    };
    let evidence = format!("{first}{}", and_more(errors.len()));
    let log = setting.logs.join(format!("{item}.log"));
    let lines: String = errors
        .iter()
        .map(|finding| format!("{finding}\n"))
        .collect();
    fs::write(&log, lines).map_err(|source| Error::Write {
        path: log.clone(),
        source,
    })?;
    Ok(Outcome::failed(evidence).with_log(log))
}
