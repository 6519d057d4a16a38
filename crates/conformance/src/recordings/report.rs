//! What the cases came to, for people and for machines.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use crate::Verdict;

/// What a case came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed {
        /// At how many places its stream was cut.
        cuts: usize,
    },
    /// With the first difference.
    Failed(String),
    /// With the reason.
    Skipped(String),
}

/// What all cases came to, in their order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// How many streams were played up to a place where they were cut.
    cuts: usize,
    failures: Vec<Failure>,
    /// How many cases were skipped for each reason.
    reasons: BTreeMap<String, usize>,
}

#[derive(Debug, Serialize)]
struct Failure {
    case: String,
    difference: String,
}

impl FromIterator<(String, Outcome)> for Report {
    fn from_iter<I: IntoIterator<Item = (String, Outcome)>>(cases: I) -> Self {
        let mut report = Self::default();
        for (case, outcome) in cases {
            match outcome {
                Outcome::Passed { cuts } => {
                    report.passed += 1;
                    report.cuts += cuts;
                }
                Outcome::Failed(difference) => {
                    report.failed += 1;
                    report.failures.push(Failure { case, difference });
                }
                Outcome::Skipped(reason) => {
                    report.skipped += 1;
                    *report.reasons.entry(reason).or_default() += 1;
                }
            }
        }
        report
    }
}

impl Report {
    pub(super) fn verdict(&self) -> Verdict {
        match self.failed {
            0 => Verdict::Clean,
            _ => Verdict::Findings,
        }
    }

    /// One line for each failure and each reason to skip, and the count alone on the last.
    pub(super) fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        for failure in &self.failures {
            writeln!(out, "{}: {}", failure.case, failure.difference)?;
        }
        for (reason, count) in &self.reasons {
            writeln!(out, "skipped {count}: {reason}")?;
        }
        let (passed, failed, skipped) = (self.passed, self.failed, self.skipped);
        let cuts = self.cuts;
        writeln!(
            out,
            "{passed} passed, {failed} failed, {skipped} skipped, {cuts} cuts"
        )
    }

    pub(super) fn write_json(&self, out: &mut dyn Write) -> io::Result<()> {
        serde_json::to_writer_pretty(&mut *out, self)?;
        writeln!(out)
    }
}
