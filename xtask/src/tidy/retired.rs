//! No name of the retired lifecycle API outside the migration guide.

use super::finding::Finding;
use super::text::has_word;
use super::tree::Tree;

#[cfg(test)]
mod tests;

/// Each retired name, in Go's and in Rust's spelling, and what stands in its place.
pub(crate) const RETIRED: &[(&str, &str)] = &[
    ("WithSink", CONTEXT),
    ("with_sink", CONTEXT),
    ("engine.Option", CONTEXT),
    ("engine::Option", CONTEXT),
    ("InferenceState", SESSION),
    ("core.Session", SESSION),
    ("core::Session", SESSION),
    ("RunInferenceStarted", START),
    ("run_inference_started", START),
    ("StartRun", START),
    ("start_run", START),
    ("FinishRun", HANDLE),
    ("finish_run", HANDLE),
    ("SetCancel", HANDLE),
    ("set_cancel", HANDLE),
    ("HasCancel", HANDLE),
    ("has_cancel", HANDLE),
];

const CONTEXT: &str = "sinks hang on the run context (`with_event_sinks`) or the builder";
const SESSION: &str = "`geppetto_session::Session` holds the history and the active run";
const START: &str = "`Session::submit` or `Session::start_inference` starts a run";
const HANDLE: &str = "the `ExecutionHandle` of a run waits and cancels";

/// Where the names may not stand.
const SCANNED: &[&str] = &["crates/", "examples/", "docs/", "README.md"];

/// The migration guide, which must name them.
const GUIDE: &[&str] = &["docs/migration.md", "docs/migration/"];

/// Looks for the names as whole words.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let within = |path: &str, places: &[&str]| places.iter().any(|p| path.starts_with(p));
    let mut findings = Vec::new();
    for file in &tree.files {
        if !within(&file.path, SCANNED) || within(&file.path, GUIDE) {
            continue;
        }
        for (number, line) in file.lines() {
            for (name, instead) in RETIRED.iter().filter(|(name, _)| has_word(line, name)) {
                let message = format!("`{name}` is a name of the retired API; {instead}");
                findings.push(Finding::error(message).at(&file.path).line(number));
            }
        }
    }
    findings
}
