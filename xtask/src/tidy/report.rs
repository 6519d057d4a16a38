//! The report on all checks, for people and for machines.

use std::io::{self, Write};

use serde::Serialize;

use super::finding::{Finding, Severity};
use crate::Verdict;
use crate::error::Error;

#[cfg(test)]
mod tests;

/// One check and its findings.
#[derive(Debug, Serialize)]
pub(crate) struct CheckReport {
    name: &'static str,
    passed: bool,
    findings: Vec<Finding>,
}

impl CheckReport {
    /// Creates the report of a check, which passes unless one of its findings is an error.
    pub(crate) fn new(name: &'static str, findings: Vec<Finding>) -> Self {
        let passed = findings.iter().all(|f| f.severity == Severity::Warning);
        Self {
            name,
            passed,
            findings,
        }
    }
}

/// All checks that ran, with counts.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    checks: Vec<CheckReport>,
    passed: usize,
    failed: usize,
    warnings: usize,
}

impl Report {
    pub(crate) fn push(&mut self, check: CheckReport) {
        let warnings = check.findings.iter();
        let warnings = warnings.filter(|f| f.severity == Severity::Warning);
        self.warnings += warnings.count();
        if check.passed {
            self.passed += 1;
        } else {
            self.failed += 1;
        }
        self.checks.push(check);
    }

    pub(crate) fn verdict(&self) -> Verdict {
        if self.failed == 0 {
            Verdict::Clean
        } else {
            Verdict::Findings
        }
    }

    /// Writes one line per finding, then one line of counts.
    pub(crate) fn write_lines(&self, out: &mut impl Write) -> io::Result<()> {
        for check in &self.checks {
            for finding in &check.findings {
                let severity = match finding.severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                };
                writeln!(out, "{severity}[{}] {finding}", check.name)?;
            }
        }
        write!(out, "{} passed, {} failed", self.passed, self.failed)?;
        match self.warnings {
            0 => writeln!(out),
            1 => writeln!(out, ", 1 warning"),
            n => writeln!(out, ", {n} warnings"),
        }
    }

    /// Writes the whole report as one JSON object.
    pub(crate) fn write_json(&self, out: &mut impl Write) -> Result<(), Error> {
        serde_json::to_writer_pretty(&mut *out, self).map_err(|e| Error::Output(e.into()))?;
        writeln!(out).map_err(Error::Output)
    }
}
