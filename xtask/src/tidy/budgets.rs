//! Dependency trees stay within their budgets.
//!
//! Counts the unique packages (name and version) of `cargo tree -e normal` with default features on
//! this platform, including the crates themselves. A budget for several crates applies to the union
//! of their trees.

use std::collections::BTreeSet;

use super::finding::Finding;
use crate::cargo::{self, Metadata, Scope};
use crate::error::Error;

#[cfg(test)]
mod tests;

/// Crates, and the maximum number of packages in their combined tree.
///
/// The design determines the first and the last budget; those in between leave a small margin over
/// the numbers at the time.
const BUDGETS: &[(&[&str], usize)] = &[
    (&["geppetto-turns"], 15),
    (&["geppetto-events"], 25),
    (&["geppetto-structured"], 26),
    (&["geppetto-engine"], 40),
    (&["geppetto-settings"], 50),
    (&["geppetto-factory"], 125),
    (&["geppetto-session", "geppetto-providers-openai"], 120),
    // At most 8 more than without the store.
    (
        &[
            "geppetto-session",
            "geppetto-providers-openai",
            "geppetto-store-sqlite",
        ],
        128,
    ),
];

/// Counts the packages of each tree with a budget.
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
