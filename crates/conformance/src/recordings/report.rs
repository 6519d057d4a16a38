//! The report on the cases, for people and for machines.

use std::{
    collections::BTreeMap,
    io::{self, Write},
};

use serde::Serialize;

use crate::Verdict;

/// The outcome of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Outcome {
    Passed {
        /// The number of places at which its stream was cut off.
        cuts: usize,
    },
    /// With the first difference.
    Failed(String),
    /// With the reason.
    Skipped(String),
}

/// The outcomes of all cases, in their order.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    passed: usize,
    failed: usize,
    skipped: usize,
    /// The number of streams that were played up to a cut.
    cuts: usize,
    failures: Vec<Failure>,
    /// The number of skipped cases by reason.
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

    /// Writes one line for each failure and for each reason to skip; the last line is the count
    /// alone.
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
