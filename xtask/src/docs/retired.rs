//! The migration guide has a heading for every retired name, as a link target for other tools.

use super::page::Page;
use crate::retired::{GUIDE, RETIRED};
use crate::tidy::finding::Finding;

/// Reports names without a heading. Alternative spellings share the heading.
pub(super) fn check(pages: &[Page]) -> Vec<Finding> {
    let Some(guide) = pages.iter().find(|page| page.path == GUIDE) else {
        return vec![Finding::error("there is no migration guide").at(GUIDE)];
    };
    RETIRED
        .iter()
        .map(|retired| retired.name)
        .filter(|name| !guide.headings.contains(*name))
        .map(|name| {
            Finding::error(format!(
                "no heading is `{name}`; add one that says what replaces it"
            ))
            .at(GUIDE)
        })
        .collect()
}

#[cfg(test)]
mod tests;
