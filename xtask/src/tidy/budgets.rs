//! Dependency trees stay within their budgets.
//!
//! Counted are the unique packages, name and version, of `cargo tree -e normal` with default
//! features on this platform, the crates themselves included. A budget over several crates counts
//! the union of their trees.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::cargo::{self, Metadata, Scope};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Crates and the most packages that their trees may hold together.
///
/// The design fixes the first and the last; those between leave a little room over what was
/// measured when they were set.
const BUDGETS: &[(&[&str], usize)] = &[
    (&["geppetto-turns"], 15),
    (&["geppetto-events"], 25),
    (&["geppetto-structured"], 26),
    (&["geppetto-engine"], 40),
    (&["geppetto-session", "geppetto-providers-openai"], 120),
];

/// Measures each tree that has a budget.
pub(super) fn check(metadata: &Metadata) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    for (crates, budget) in BUDGETS {
        let mut tree = BTreeSet::new();
        for name in *crates {
            let root = &metadata.workspace_root;
            tree.extend(cargo::normal_tree(root, name, Scope::AsUsed)?);
        }
        findings.extend(over(crates, *budget, tree.len()));
    }
    Ok(findings)
}

fn over(crates: &[&str], budget: usize, count: usize) -> Option<Finding> {
    (count > budget).then(|| {
        let names = crates.join(" + ");
        let message = format!(
            "{names}: {count} packages, {} over the budget of {budget}; see `cargo tree -e normal \
             -p {}`, and drop a dependency or one of its features",
            count - budget,
            crates.join(" -p ")
        );
        Finding::error(message)
    })
}
