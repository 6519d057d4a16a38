//! The report on all items, for people and for machines.

use std::{
    io::{self, Write},
    path::Path,
    time::Duration,
};

use serde::Serialize;

use super::{
    items::Item,
    outcome::{Outcome, State},
};
use crate::{Verdict, error::Error};

#[cfg(test)]
mod tests;

/// One item's row.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Row {
    item: &'static str,
    about: &'static str,
    outcome: State,
    seconds: f64,
    evidence: String,
    /// The file with the full output, relative to the workspace if it is inside.
    log: Option<String>,
}

/// All rows, with counts.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
    skipped: usize,
    seconds: f64,
    items: Vec<Row>,
    #[serde(skip)]
    width: usize,
}

/// Returns the width of the column of names.
pub(super) fn width(items: &[Item]) -> usize {
    items.iter().map(|item| item.name.len()).max().unwrap_or(0)
}

impl Report {
    pub(super) fn new(items: &[Item]) -> Self {
        Self {
            width: width(items),
            ..Self::default()
        }
    }

    pub(super) fn width(&self) -> usize {
        self.width
    }

    /// Adds the outcome of an item, and returns its row.
    pub(super) fn push(
        &mut self,
        item: &Item,
        outcome: Outcome,
        took: Duration,
        root: &Path,
    ) -> Row {
        match outcome.state {
            State::Passed => self.passed += 1,
            State::Failed => self.failed += 1,
            State::Skipped => self.skipped += 1,
        }
        let seconds = (took.as_secs_f64() * 10.0).round() / 10.0;
        self.seconds += seconds;
        let log = outcome.log.map(|log| {
            let short = log.strip_prefix(root).unwrap_or(&log);
            short.display().to_string()
        });
        let row = Row {
            item: item.name,
            about: item.about,
            outcome: outcome.state,
            seconds,
            evidence: outcome.evidence,
            log,
        };
        self.items.push(row.clone());
        row
    }

    /// Returns the verdict: only failures count, not skipped items.
    pub(super) fn verdict(&self) -> Verdict {
        match self.failed {
            0 => Verdict::Clean,
            _ => Verdict::Findings,
        }
    }

    pub(super) fn write_header(&self, out: &mut dyn Write) -> io::Result<()> {
        let width = self.width;
        writeln!(out, "{:<width$}  outcome  seconds  evidence", "item")?;
        out.flush()
    }

    pub(super) fn write_summary(&self, out: &mut dyn Write) -> io::Result<()> {
        let (passed, failed, skipped) = (self.passed, self.failed, self.skipped);
        let seconds = self.seconds;
        writeln!(
            out,
            "{passed} passed, {failed} failed, {skipped} skipped in {seconds:.1} s"
        )
    }

    pub(super) fn write_json(&self, out: &mut dyn Write) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut *out, self)
            .map_err(|error| Error::Output(error.into()))?;
        writeln!(out).map_err(Error::Output)
    }
}

impl Row {
    /// Writes the row and, for a failure, the location of its full output.
    pub(super) fn write_lines(&self, width: usize, out: &mut dyn Write) -> io::Result<()> {
        let outcome = match self.outcome {
            State::Passed => "passed",
            State::Failed => "FAILED",
            State::Skipped => "skipped",
        };
        let (item, seconds, evidence) = (self.item, self.seconds, &self.evidence);
        writeln!(
            out,
            "{item:<width$}  {outcome:<7}  {seconds:>7.1}  {evidence}"
        )?;
        if let Some(log) = self.log.as_ref().filter(|_| self.outcome == State::Failed) {
            writeln!(out, "{:<width$}  in full: {log}", "")?;
        }
        out.flush()
    }
}
