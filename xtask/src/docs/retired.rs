//! The migration guide has a heading for every retired name, which other tools link to.

use super::page::Page;
use crate::tidy::finding::Finding;
use crate::tidy::retired::RETIRED;

/// The migration guide.
const GUIDE: &str = "docs/migration.md";

/// Looks for names in Go's spelling that have no heading. Rust's spellings share them.
pub(super) fn check(pages: &[Page]) -> Vec<Finding> {
    let Some(guide) = pages.iter().find(|page| page.path == GUIDE) else {
        return vec![Finding::error("there is no migration guide").at(GUIDE)];
    };
    let go = |name: &&&(&str, &str)| name.0.contains(char::is_uppercase) && !name.0.contains("::");
    RETIRED
        .iter()
        .filter(|name| go(&name))
        .filter(|(name, _)| !guide.headings.contains(*name))
        .map(|(name, _)| {
            Finding::error(format!(
                "no heading is `{name}`; add one that says what replaces it"
            ))
            .at(GUIDE)
        })
        .collect()
}

#[cfg(test)]
mod tests;
