//! Line endings, whitespace, file names, and code that is not finished.

use super::finding::Finding;
use super::text::{is_identifier, without_comment};
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Folders of recorded input and of seeds for fuzzing, whose bytes are what they are.
const VERBATIM: &[&str] = &["fixtures", "testdata", "snapshots", "seeds"];

/// Macros that stand for code to be written or looked at.
const UNFINISHED: &[&str] = &["todo", "unimplemented", "dbg"];

/// The one reason to ignore a test: it reads files that stand beside the repository. `.ci/run` runs
/// these tests where the files are.
const NEEDS_SHARED: &str = concat!("#[", "ignore = \"needs ../shared\"]");

/// Looks at every text file, recorded input aside.
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
    if file.path.rsplit('/').next() == Some("mod.rs") {
        let message = "module file named mod.rs; name it after its folder, beside it";
        findings.push(Finding::error(message).at(&file.path));
    }
    for (number, line) in file.lines() {
        let mut report = |message: String| {
            findings.push(Finding::error(message).at(&file.path).line(number));
        };
        if line.contains('\t') {
            report("tab in Rust source; indent with spaces, write \\t in strings".to_owned());
        }
        let code = without_comment(line);
        for name in UNFINISHED.iter().filter(|name| calls_macro(code, name)) {
            report(format!("`{name}!` in the code; finish it or take it out"));
        }
        if code.contains(concat!("#[", "ignore")) && !code.contains(NEEDS_SHARED) {
            report("ignored test; make it pass or remove it".to_owned());
        }
    }
}

fn calls_macro(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(start, _)| {
        let before = code.get(..start).and_then(|s| s.chars().next_back());
        let after = code.get(start + name.len()..);
        !before.is_some_and(is_identifier) && after.is_some_and(|s| s.starts_with('!'))
    })
}
