//! Every Rust snippet of a page is compiled and run by the tests.

use super::page::Page;
use crate::tidy::finding::Finding;
use crate::tidy::tree::Tree;

#[cfg(test)]
mod tests;

/// The package that includes the pages as documentation, which `cargo test` runs.
const INCLUDES: &str = "doctests/src/lib.rs";

/// Pages whose program is compiled but not run, because it uses a real server.
const NOT_RUN: &[&str] = &["README.md"];

/// Reports Rust blocks that are excluded, and pages that no test includes.
pub(super) fn check(pages: &[Page], tree: &Tree) -> Vec<Finding> {
    let includes = tree.get(INCLUDES).map_or("", |file| file.text.as_str());
    let mut findings = Vec::new();
    for page in pages {
        let mut has_rust = false;
        for (line, info) in &page.snippets {
            let mut words = info.split(',').map(str::trim);
            let rust = matches!(words.next(), Some("rust" | ""));
            has_rust |= rust;
            let left_out = words.any(|w| w == "ignore" || (w == "no_run" && !may_rest(page)));
            if rust && info.is_empty() {
                let message = "a block without a language counts as Rust; name its language";
                findings.push(Finding::error(message).at(&page.path).line(*line));
            } else if rust && left_out {
                let message = format!("`{info}`: the snippet is not run; let the tests run it");
                findings.push(Finding::error(message).at(&page.path).line(*line));
            }
        }
        let line = format!("include_str!(\"../../{}\")", page.path);
        if has_rust && !includes.contains(&line) {
            let message = format!("no test runs the page's snippets; include it in {INCLUDES}");
            findings.push(Finding::error(message).at(&page.path));
        }
    }
    findings
}

fn may_rest(page: &Page) -> bool {
    NOT_RUN.contains(&page.path.as_str())
}
