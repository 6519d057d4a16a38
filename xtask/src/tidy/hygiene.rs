//! Line endings, whitespace, and ignored tests. Clippy checks for unfinished code and `mod.rs`.

use super::finding::Finding;
use super::text::without_comment;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Folders of recorded input, fuzzing seeds and files of others, which are kept byte for byte.
const VERBATIM: &[&str] = &["fixtures", "testdata", "snapshots", "seeds", "vendor"];

/// The only reasons to ignore a test: it reads files outside of the repository, or drives a terminal, a
/// browser or a database. `.ci/run` runs these tests where there are such files and programs.
const NEEDS: &[&str] = &[
    concat!("#[", "ignore = \"needs ../shared\"]"),
    concat!("#[", "ignore = \"needs tmux\"]"),
    concat!(
        "#[",
        "ignore = \"needs packages of npm; run by `cargo xtask ui`\"]"
    ),
    concat!(
        "#[",
        "ignore = \"needs packages of PyPI; run by `cargo xtask ui`\"]"
    ),
    concat!("#[", "ignore = \"needs chromium and npm\"]"),
    concat!("#[", "ignore = \"needs postgres\"]"),
];

/// Checks every text file except recorded input.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if file.path.split('/').any(|part| VERBATIM.contains(&part)) {
            continue;
        }
        whitespace(file, &mut findings);
        if file.is_rust() {
            rust(file, &mut findings);
        }
    }
    findings
}

fn whitespace(file: &SourceFile, findings: &mut Vec<Finding>) {
    let mut report = |line: usize, message: &str| {
        findings.push(Finding::error(message).at(&file.path).line(line));
    };
    let mut lines = 0;
    for (number, line) in (1..).zip(file.text.split_terminator('\n')) {
        lines = number;
        let (line, carriage_return) = match line.strip_suffix('\r') {
            Some(line) => (line, true),
            None => (line, false),
        };
        if carriage_return {
            report(number, "line ends in CR LF; store the file with LF");
        }
        if line.ends_with([' ', '\t']) {
            report(number, "trailing whitespace; remove it");
        }
    }
    if !file.text.is_empty() && !file.text.ends_with('\n') {
        report(lines, "no newline at the end of the file; add one");
    }
}

fn rust(file: &SourceFile, findings: &mut Vec<Finding>) {
    for (number, line) in file.lines() {
        let code = without_comment(line);
        let is_needed = NEEDS.iter().any(|needs| code.contains(needs));
        if code.contains(concat!("#[", "ignore")) && !is_needed {
            let message = "ignored test; make it pass or remove it";
            findings.push(Finding::error(message).at(&file.path).line(number));
        }
    }
}
