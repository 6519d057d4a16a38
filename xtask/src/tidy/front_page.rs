//! The documentation of every library starts with a program that the tests compile.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Info strings of code blocks that are compiled.
const COMPILED: &[&str] = &["", "rust", "no_run", "should_panic"];

/// Checks the crate documentation of each `crates/*/src/lib.rs`.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let is_lib =
        |file: &&SourceFile| file.path.starts_with("crates/") && file.path.ends_with("/src/lib.rs");
    let libraries = tree.files.iter().filter(is_lib);
    libraries
        .filter(|file| !has_program(&front_page(file, tree)))
        .map(|file| {
            let message = "the front page has no program that compiles; add a ``` block of Rust \
                           to the crate's documentation";
            Finding::error(message).at(&file.path)
        })
        .collect()
}

/// Returns the crate documentation: the `//!` lines and the Markdown files that they include.
fn front_page(file: &SourceFile, tree: &Tree) -> String {
    let mut page = String::new();
    for line in file.text.lines() {
        if let Some(text) = line.strip_prefix("//!") {
            page.push_str(text);
            page.push('\n');
        }
        let included = line
            .strip_prefix("#![doc = include_str!(\"")
            .and_then(|rest| rest.strip_suffix("\")]"))
            .and_then(|relative| tree.get(&resolve(&file.path, relative)));
        if let Some(included) = included {
            page.push_str(&included.text);
        }
    }
    page
}

/// Resolves a path relative to the folder of `file` to one relative to the workspace.
fn resolve(file: &str, relative: &str) -> String {
    let mut parts: Vec<_> = file.split('/').collect();
    parts.pop();
    for part in relative.split('/') {
        match part {
            ".." => {
                parts.pop();
            }
            "." => {}
            part => parts.push(part),
        }
    }
    parts.join("/")
}

fn has_program(page: &str) -> bool {
    let mut open = false;
    for line in page.lines() {
        let Some(info) = line.trim().strip_prefix("```") else {
            continue;
        };
        open = !open;
        let mut words = info.split(',').map(str::trim);
        if open && words.all(|w| COMPILED.contains(&w) || w.starts_with("edition")) {
            return true;
        }
    }
    false
}
