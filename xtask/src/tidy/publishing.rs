//! Crates meant to be published are publishable, and no others are published.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Files required next to the manifest of a published crate.
const BESIDE: &[&str] = &["README.md", "LICENSE-APACHE", "LICENSE-MIT"];

/// Programs that test and measure the other crates.
const HARNESSES: &[&str] = &[
    "crates/bench",
    "crates/conformance",
    "crates/cluster",
    "crates/crash",
    "crates/sqlite-faults",
];

/// Returns `true` if the package in this folder is published.
pub(super) fn is_published(folder: &str) -> bool {
    folder.starts_with("crates/") && !HARNESSES.contains(&folder)
}

/// Checks the manifests: packages under `crates/` except the harnesses are published, all others
/// are not.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(folder) = file.path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        if is_published(folder) {
            published(file, folder, tree, &mut findings);
        } else if !file
            .text
            .lines()
            .any(|line| line.trim() == "publish = false")
        {
            let message = "only crates for users are published; add `publish = false`";
            findings.push(Finding::error(message).at(&file.path));
        }
    }
    findings
}

fn published(file: &SourceFile, folder: &str, tree: &Tree, findings: &mut Vec<Finding>) {
    for name in BESIDE {
        let path = format!("{folder}/{name}");
        if tree.get(&path).is_none() {
            let message = "missing; every crate that is published has its page and its licences";
            findings.push(Finding::error(message).at(path));
        }
    }
    if !file.text.lines().any(|line| line.starts_with("include = ")) {
        let message = "no list of what is packaged; add `include`, as the other crates have it";
        findings.push(Finding::error(message).at(&file.path));
    }
    for (number, line) in development_dependencies(file) {
        let name = line.split(['.', '=', ' ']).next().unwrap_or_default();
        let by_path = line.contains("path = ") && !line.contains("version");
        if name.starts_with("geppetto-") && !by_path {
            let message = format!(
                "{name} is a development dependency with a version, which has to be published \
                 first; give its path alone"
            );
            findings.push(Finding::error(message).at(&file.path).line(number));
        }
    }
}

/// Returns the lines of the development dependencies.
fn development_dependencies(file: &SourceFile) -> impl Iterator<Item = (usize, &str)> {
    let mut inside = false;
    file.lines().filter(move |(_, line)| {
        if line.starts_with('[') {
            inside = *line == "[dev-dependencies]";
        }
        inside
    })
}
