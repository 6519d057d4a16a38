//! Names of the retired lifecycle API occur only in the migration guide.

use super::finding::Finding;
use super::text::has_word;
use super::tree::Tree;
use crate::retired::RETIRED;

#[cfg(test)]
mod tests;

/// Where the names may not occur.
const SCANNED: &[&str] = &["crates/", "examples/", "docs/", "README.md"];

/// The migration guide, which must name them.
const GUIDE: &[&str] = &["docs/migration.md", "docs/migration/"];

/// Searches for the names as whole words.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let within = |path: &str, places: &[&str]| places.iter().any(|p| path.starts_with(p));
    let mut findings = Vec::new();
    for file in &tree.files {
        if !within(&file.path, SCANNED) || within(&file.path, GUIDE) {
            continue;
        }
        for (number, line) in file.lines() {
            for retired in RETIRED {
                for name in retired.names().filter(|name| has_word(line, name)) {
                    let instead = retired.instead;
                    let message =
                        format!("`{name}` is a name of the retired API; in its place: {instead}");
                    findings.push(Finding::error(message).at(&file.path).line(number));
                }
            }
        }
    }
    findings
}
