//! Files that run on other machines: readable, pinned, and with time limits.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_norway::Value;

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// The folder of everything that GitHub reads.
const FOLDER: &str = ".github/";
/// The folder of its workflows.
const WORKFLOWS: &str = ".github/workflows/";
/// The variable of a workflow that names the minimum Rust version.
const MINIMUM: &str = "MINIMUM_RUST_VERSION";

/// The parts of a workflow that have rules.
#[derive(Debug, Deserialize)]
struct Workflow {
    permissions: Option<Value>,
    #[serde(default)]
    env: BTreeMap<String, Value>,
    jobs: BTreeMap<String, Job>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Job {
    timeout_minutes: Option<Value>,
}

/// Reads every YAML file under `.github/`, and checks the workflows.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut minimum_is_tested = false;
    let minimum = minimum(tree);
    for file in tree.files.iter().filter(|file| is_yaml(file)) {
        let mut report = |message: String| findings.push(Finding::error(message).at(&file.path));
        if !file.path.starts_with(WORKFLOWS) {
            if let Err(error) = serde_norway::from_str::<Value>(&file.text) {
                report(format!("cannot be read: {error}"));
            }
            continue;
        }
        let workflow = match serde_norway::from_str::<Workflow>(&file.text) {
            Ok(workflow) => workflow,
            Err(error) => {
                report(format!("is no workflow: {error}"));
                continue;
            }
        };
        rules(&workflow, &mut report);
        if let Some(stated) = workflow.env.get(MINIMUM) {
            minimum_is_tested = true;
            if stated.as_str() != minimum {
                let stated = stated.as_str().unwrap_or("no text");
                let minimum = minimum.unwrap_or("missing");
                report(format!(
                    "{MINIMUM} is {stated}, and `rust-version` in Cargo.toml is {minimum}; write \
                     the same, in quotes"
                ));
            }
        }
        actions(file, &mut findings);
    }
    if minimum.is_some() && !minimum_is_tested {
        let message = format!("no workflow tests the minimum Rust version; set {MINIMUM} in one");
        findings.push(Finding::error(message).at(WORKFLOWS));
    }
    findings
}

fn is_yaml(file: &SourceFile) -> bool {
    let yaml = file.path.ends_with(".yml") || file.path.ends_with(".yaml");
    yaml && file.path.starts_with(FOLDER)
}

/// Returns the minimum Rust version of the root manifest.
fn minimum(tree: &Tree) -> Option<&str> {
    let mut lines = tree.get("Cargo.toml")?.text.lines();
    lines.find_map(|line| line.strip_prefix("rust-version = \"")?.strip_suffix('"'))
}

fn rules(workflow: &Workflow, report: &mut impl FnMut(String)) {
    if workflow.permissions.is_none() {
        report(
            "no `permissions`; name what the workflow may do, such as `contents: read`".to_owned(),
        );
    }
    for (name, job) in &workflow.jobs {
        if job.timeout_minutes.is_none() {
            report(format!(
                "the job {name} has no `timeout-minutes`; a job that hangs costs hours"
            ));
        }
    }
}

/// Checks that third-party actions are named by commit, because a tag can be moved, along with
/// their version.
fn actions(file: &SourceFile, findings: &mut Vec<Finding>) {
    for (number, line) in file.lines() {
        let step = line.trim().trim_start_matches("- ");
        let Some(action) = step.strip_prefix("uses: ") else {
            continue;
        };
        let pinned = action.split_once('@').is_some_and(|(_, pin)| {
            let (commit, comment) = pin.split_once(' ').unwrap_or((pin, ""));
            let hash = commit.len() == 40 && commit.chars().all(|c| c.is_ascii_hexdigit());
            hash && comment.starts_with("# v")
        });
        if !pinned && !action.starts_with("./") {
            let message = format!(
                "`{action}` is not pinned; name the commit, and its version in a comment: \
                 `owner/action@<40 hex digits> # v1.2.3`"
            );
            findings.push(Finding::error(message).at(&file.path).line(number));
        }
    }
}
