//! The report on the inputs, for people and for machines.

use std::{
    io::{self, Write},
    path::Path,
};

use serde_json::{Value, json};

use super::play::{Outcome, Verdict as Own};
use crate::Verdict;

/// Counts the verdicts and writes the report.
#[derive(Debug)]
pub(super) struct Report {
    verbose: bool,
    json: bool,
    passed: usize,
    failed: usize,
    unjudged: usize,
    open: usize,
}

impl Report {
    pub(super) fn new(verbose: bool, json: bool) -> Self {
        Self {
            verbose,
            json,
            passed: 0,
            failed: 0,
            unjudged: 0,
            open: 0,
        }
    }

    /// Adds an input and writes it: one line if it passed, the whole result if it failed or has no
    /// expectation.
    pub(super) fn add(
        &mut self,
        file: &Path,
        outcome: &Result<Outcome, String>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let none: &[String] = &[];
        let (verdict, differences, seen) = match outcome {
            Err(problem) => ("failed", std::slice::from_ref(problem), None),
            Ok(Outcome { seen, verdict }) => match verdict {
                Own::Passed => ("passed", none, Some(seen)),
                Own::Unjudged => ("ran", none, Some(seen)),
                Own::Failed(differences) => ("failed", differences.as_slice(), Some(seen)),
                Own::Open(differences) => ("open", differences.as_slice(), Some(seen)),
            },
        };
        match verdict {
            "passed" => self.passed += 1,
            "ran" => self.unjudged += 1,
            "open" => self.open += 1,
            _ => self.failed += 1,
        }
        let file = file.display().to_string();
        if self.json {
            let line = json!({
                "input": file, "verdict": verdict, "differences": differences, "seen": seen,
            });
            return writeln!(out, "{line}");
        }
        writeln!(out, "{verdict}: {file}")?;
        for difference in differences {
            writeln!(out, "  - {difference}")?;
        }
        match seen {
            Some(seen) if self.verbose || ["failed", "ran"].contains(&verdict) => {
                details(seen, out)
            }
            _ => Ok(()),
        }
    }

    /// Writes the counts.
    pub(super) fn finish(self, out: &mut dyn Write) -> io::Result<Verdict> {
        let (passed, failed) = (self.passed, self.failed);
        let (open, unjudged) = (self.open, self.unjudged);
        if !self.json {
            writeln!(
                out,
                "{passed} passed, {failed} failed, {open} open, {unjudged} without an expectation"
            )?;
        }
        Ok(match failed {
            0 => Verdict::Clean,
            _ => Verdict::Findings,
        })
    }
}

fn details(seen: &Value, out: &mut dyn Write) -> io::Result<()> {
    let list = |key: &str| {
        seen.get(key)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    for run in list("runs") {
        let mut head = run.as_object().cloned().unwrap_or_default();
        let blocks = head.remove("blocks");
        if let Some(error) = head.get_mut("error").and_then(Value::as_object_mut) {
            error.retain(|key, value| {
                !value.is_null() && !["display", "debug"].contains(&key.as_str())
            });
        }
        head.retain(|_, value| !value.is_null() && *value != json!(""));
        writeln!(out, "  run {}", Value::Object(head))?;
        for block in blocks.iter().filter_map(Value::as_array).flatten() {
            writeln!(out, "    block {block}")?;
        }
    }
    for tool in list("tools") {
        writeln!(out, "  tool {tool}")?;
    }
    let mut waits = list("waits_ms");
    for (number, request) in list("requests").enumerate() {
        let wait = match number {
            0 => None,
            _ => waits.next(),
        };
        let wait = wait.map_or_else(String::new, |wait| format!(" after {wait} ms"));
        writeln!(out, "  request {number}{wait} {request}")?;
    }
    for event in list("events") {
        let mut event = event.as_object().cloned().unwrap_or_default();
        let name = event.remove("type").unwrap_or_default();
        for key in ["meta", "correlation", "seq", "id", "timestamp", "time"] {
            event.remove(key);
        }
        let name = name.as_str().unwrap_or_default();
        writeln!(out, "  event {name} {}", Value::Object(event))?;
    }
    for (key, what) in [
        ("refusals", "refused by OpenAI"),
        ("broken_rules", "broken rule"),
    ] {
        for text in list(key) {
            writeln!(out, "  {what}: {text}")?;
        }
    }
    match seen.get("replies_left").and_then(Value::as_u64) {
        Some(left) if left > 0 => writeln!(out, "  {left} replies were not asked for"),
        _ => Ok(()),
    }
}
