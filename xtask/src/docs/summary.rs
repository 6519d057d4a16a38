//! Every page of the book is in its table of contents.

use std::collections::BTreeSet;

use super::page::Page;
use super::{BOOK, SUMMARY, links};
use crate::tidy::finding::Finding;

#[cfg(test)]
mod tests;

/// Reports pages missing from the table of contents. The check of links covers the other direction.
pub(super) fn check(pages: &[Page]) -> Vec<Finding> {
    let Some(summary) = pages.iter().find(|page| page.path == SUMMARY) else {
        return vec![Finding::error("the book has no table of contents").at(SUMMARY)];
    };
    let listed: BTreeSet<_> = summary
        .links
        .iter()
        .filter_map(|(_, target)| links::file(SUMMARY, target))
        .collect();
    pages
        .iter()
        .filter(|page| page.path.starts_with(BOOK) && page.path != SUMMARY)
        .filter(|page| !listed.contains(&page.path))
        .map(|page| {
            Finding::error(format!("the page is not in {SUMMARY}; add a line for it"))
                .at(&page.path)
        })
        .collect()
}
