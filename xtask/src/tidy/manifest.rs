//! Every package inherits the workspace's lints and version, and has a description.

use super::finding::Finding;
use super::publishing::is_published;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Packages with lints of their own: the harness whose interface to SQLite needs unsafe code.
const OWN_LINTS: &[&str] = &["crates/sqlite-faults"];

/// Checks the manifest of every package, and the changelog of every crate.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(folder) = file.path.strip_suffix("/Cargo.toml") else {
            continue;
        };
        let mut report = |message: &str| findings.push(Finding::error(message).at(&file.path));
        // The root of another workspace has nothing to inherit.
        let shares = !file.text.lines().any(|line| line.trim() == "[workspace]");
        let has_own_lints = OWN_LINTS.contains(&folder);
        if shares && !has_own_lints && !inherits(file, "lints", None) {
            report("lints are not shared; add `[lints]` with `workspace = true`");
        }
        if shares && !inherits(file, "package", Some("version")) {
            report("version is not shared; write `version.workspace = true`");
        }
        let description = values(file, "package").find(|(key, _)| *key == "description");
        if description.is_none_or(|(_, value)| value.trim_matches('"').trim().is_empty()) {
            report("no description; say in one sentence what the package is");
        }
        let changelog = format!("{folder}/CHANGELOG.md");
        if is_published(folder) && tree.get(&changelog).is_none() {
            let message = "no changelog; write what a user of the crate would want to know";
            findings.push(Finding::error(message).at(changelog));
        }
    }
    findings
}

/// Returns `true` if a table, or a key of it, inherits its value from the workspace.
fn inherits(file: &SourceFile, table: &str, key: Option<&str>) -> bool {
    values(file, table).any(|(name, value)| match key {
        None => name == "workspace" && value == "true",
        Some(key) => {
            let dotted = name.strip_suffix(".workspace") == Some(key) && value == "true";
            dotted || (name == key && value.replace(' ', "") == "{workspace=true}")
        }
    })
}

/// Returns the keys and values of one table, for the plain `key = value` lines of manifests.
fn values<'a>(file: &'a SourceFile, table: &str) -> impl Iterator<Item = (&'a str, &'a str)> {
    let header = format!("[{table}]");
    let mut inside = false;
    file.text.lines().filter_map(move |line| {
        let line = line.trim();
        if line.starts_with('[') {
            inside = line == header;
        }
        let (key, value) = line.split_once('=').filter(|_| inside)?;
        Some((key.trim(), value.trim()))
    })
}
