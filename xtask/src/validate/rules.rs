//! The items that are checks of `cargo xtask tidy` and of `cargo xtask docs`.

use std::fs;

use super::{Setting, outcome::Outcome, output::and_more};
use crate::tidy::{
    self,
    finding::{Finding, Severity},
};
use crate::{docs, error::Error};

/// Runs the named checks; what they find is kept under the item's name.
pub(super) fn check(item: &str, names: &[String], setting: &Setting) -> Result<Outcome, Error> {
    judge(item, &names.join(", "), tidy::findings(names)?, setting)
}

/// Runs the checks of the pages under `docs/` and of the README files.
pub(super) fn pages(item: &str, setting: &Setting) -> Result<Outcome, Error> {
    judge(
        item,
        "links, snippets, generated parts",
        docs::findings()?,
        setting,
    )
}

/// Makes the outcome of an item from what its checks found.
fn judge(
    item: &str,
    checks: &str,
    findings: Vec<Finding>,
    setting: &Setting,
) -> Result<Outcome, Error> {
    let (errors, warnings): (Vec<_>, Vec<_>) = findings
        .into_iter()
        .partition(|finding| finding.severity == Severity::Error);
    let Some(first) = errors.first() else {
        let notes = match warnings.len() {
            0 => String::new(),
            1 => ", 1 thing to look at".to_owned(),
            n => format!(", {n} things to look at"),
        };
        return Ok(Outcome::passed(format!("{checks}: nothing found{notes}")));
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
