//! The files and tests named in pages exist, and every invariant names its check.

use super::page::{Page, Reference};
use crate::tidy::finding::Finding;
use crate::tidy::text::has_word;
use crate::tidy::tree::Tree;

#[cfg(test)]
mod tests;

/// The kinds of items that a name in a Rust file can refer to.
const ITEMS: &[&str] = &["fn", "const", "struct", "enum", "trait"];

/// Checks each file named in inline code, and the names in parentheses after it: functions and
/// other items of a Rust file, words of any other file.
pub(super) fn check(pages: &[Page], tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for page in pages {
        for reference in &page.references {
            for problem in problems(reference, tree) {
                findings.push(Finding::error(problem).at(&page.path).line(reference.line));
            }
        }
        for (line, held) in &page.invariants {
            if !held {
                let message = "the invariant names nothing that holds it; write the path of a test \
                               file and its tests: `path` (`name`, `name`)";
                findings.push(Finding::error(message).at(&page.path).line(*line));
            }
        }
    }
    findings
}

fn problems(reference: &Reference, tree: &Tree) -> Vec<String> {
    let path = reference.path.trim_end_matches('/');
    let Some(file) = tree.get(path) else {
        let folder = format!("{path}/");
        let is_folder = tree.files.iter().any(|file| file.path.starts_with(&folder));
        let problem = match (is_folder, reference.names.is_empty()) {
            (true, true) => return Vec::new(),
            (true, false) => format!("`{path}` is a folder; name the file"),
            (false, _) => format!("there is no `{path}`"),
        };
        return vec![problem];
    };
    let there = |name: &str| match file.is_rust() {
        true => {
            let items = ITEMS.iter().map(|item| format!("{item} {name}"));
            let items: Vec<_> = items.collect();
            let mut lines = file.lines();
            lines.any(|(_, line)| items.iter().any(|item| has_word(line, item)))
        }
        false => file.lines().any(|(_, line)| has_word(line, name)),
    };
    let missing = reference.names.iter().filter(|name| !there(name));
    missing
        .map(|name| format!("there is no `{name}` in `{path}`"))
        .collect()
}
