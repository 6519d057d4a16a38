//! Every dependency in a manifest has an entry among the decisions.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::tree::Tree;
use crate::cargo::Metadata;

#[cfg(test)]
mod tests;

/// The page with the entries: table rows that start with the crate's name in backticks.
const PAGE: &str = "docs/decisions/dependencies.md";

/// Compares the declared dependencies of all kinds with the page.
pub(super) fn check(tree: &Tree, metadata: &Metadata) -> Vec<Finding> {
    let page = tree.get(PAGE).map_or("", |file| file.text.as_str());
    let noted = |name: &str| {
        let row = format!("| `{name}` |");
        page.lines().any(|line| line.starts_with(&row))
    };
    let mut users = BTreeMap::new();
    for package in &metadata.packages {
        let external = package.dependencies.iter().filter(|d| d.path.is_none());
        for dependency in external {
            users.entry(&dependency.name).or_insert(&package.name);
        }
    }
    let missing = users.into_iter().filter(|(name, _)| !noted(name));
    missing
        .map(|(name, user)| {
            let message = format!(
                "no line for `{name}`, which {user} depends on; say who keeps it, what it pulls \
                 in and what we would write otherwise"
            );
            Finding::error(message).at(PAGE)
        })
        .collect()
}
