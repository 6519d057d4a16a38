//! `--scan PATH`: the playbook's step 0, finding uses of the retired API in any tree.
//!
//! Go, Rust and Markdown files are read. In Go and Rust, a name in a comment or a string is
//! reported and marked, because it is not a use; Markdown is prose throughout.

mod files;
mod imports;
mod matches;
mod places;
mod report;

#[cfg(test)]
mod tests;

use std::{io::Write, path::Path};

use crate::{Verdict, error::Error};
use files::Files;
use report::Report;

/// Scans a tree, or one file, and writes the matches.
///
/// Only matches in code are findings: a mention in a comment, a string or prose is listed, but does
/// not affect the verdict.
pub(super) fn run(root: &Path, json: bool, out: &mut dyn Write) -> Result<Verdict, Error> {
    let mut report = Report::default();
    let files = Files::under(root)?;
    for path in &files.sources {
        match files::read(&files.full(path))? {
            Some(text) => report.add(path, &text),
            None => report.skip(),
        }
    }
    if json {
        report.write_json(out)?;
    } else {
        report.write_lines(out).map_err(Error::Output)?;
    }
    Ok(report.verdict())
}
