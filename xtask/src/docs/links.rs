//! Links between pages must resolve. Web addresses are not checked.

use super::page::Page;
use super::{BOOK, SUMMARY};
use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

#[cfg(test)]
mod tests;

/// Checks each relative link: its file and its heading. A page of the book may only link to pages
/// of the book, because the built book contains nothing else.
pub(super) fn check(pages: &[Page], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in pages {
        for (line, target) in &page.links {
            if let Some(problem) = problem(page, target, pages, tree) {
                findings.push(Finding::error(problem).at(&page.path).line(*line));
            }
        }
    }
    findings
}

fn problem(page: &Page, target: &str, pages: &[Page], tree: &Tree) -> Option<String> {
    let path = file(&page.path, target)?;
    let folder = format!("{path}/");
    let known = path.is_empty()
        || tree.get(&path).is_some()
        || tree.files.iter().any(|file| file.path.starts_with(&folder));
    if !known {
        return Some(format!("`{target}` leads nowhere: there is no {path}"));
    }
    let linked = pages.iter().find(|page| page.path == path);
    let in_book = |path: &str| path.starts_with(BOOK) && path != SUMMARY;
    if in_book(&page.path) && !(in_book(&path) && linked.is_some()) {
        return Some(format!(
            "`{target}` leads out of the book; name the file in code marks instead of a link"
        ));
    }
    let (_, anchor) = target.split_once('#')?;
    let linked = linked?;
    let missing = !linked.anchors.contains(anchor);
    missing.then(|| format!("`{target}` leads nowhere: {path} has no heading `#{anchor}`"))
}

/// Returns the file that a link refers to, relative to the workspace; `None` for the web.
pub(super) fn file(page: &str, target: &str) -> Option<String> {
    if target.contains("://") || target.starts_with("mailto:") {
        return None;
    }
    let path = target.split_once('#').map_or(target, |(path, _)| path);
    if path.is_empty() {
        return Some(page.to_owned());
    }
    let mut parts: Vec<_> = page.split('/').collect();
    parts.pop();
    for part in path.trim_end_matches('/').split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("/"))
}
