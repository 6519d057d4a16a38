//! Functions are short. Reads the layout that rustfmt guarantees instead of parsing Rust.

use super::finding::Finding;
use super::tree::{SourceFile, Tree};

#[cfg(test)]
mod tests;

/// Functions over this many lines, signature included, are pointed out.
const NOTABLE: usize = 60;

/// What may stand before `fn`.
const QUALIFIERS: &[&str] = &["pub", "async", "const", "unsafe", "extern", "default"];

/// Measures the functions of the Rust files, tests and benches aside.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let sources = tree.rust().filter(|file| !file.is_test());
    sources.flat_map(long_functions).collect()
}

fn long_functions(file: &SourceFile) -> Vec<Finding> {
    let lines: Vec<_> = file.lines().collect();
    let mut findings = Vec::new();
    for (start, line) in &lines {
        let Some(name) = function_name(line) else {
            continue;
        };
        let rest = lines.iter().skip(start - 1).copied();
        let length = function_end(rest).map_or(0, |end| end + 1 - start);
        if length > NOTABLE {
            let message = format!(
                "{name} has {length} lines, over {NOTABLE}; see whether a part has a name of its own"
            );
            findings.push(Finding::warning(message).at(&file.path).line(*start));
        }
    }
    findings
}

/// The name of the function whose signature starts on this line.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("fn ")?;
    let qualifies = |word: &str| {
        QUALIFIERS.contains(&word) || word.starts_with("pub(") || word.starts_with('"')
    };
    let starts = before.is_empty() || before.ends_with(' ');
    if !starts || !before.split_whitespace().all(qualifies) {
        return None;
    }
    after.split(['(', '<']).next()
}

/// The line of the closing brace: the first one that is indented as the signature is.
///
/// `None` for a function without a body.
fn function_end<'a>(mut lines: impl Iterator<Item = (usize, &'a str)>) -> Option<usize> {
    let (first_number, first) = lines.next()?;
    let indent: String = first.chars().take_while(|c| *c == ' ').collect();
    let mut current = Some((first_number, first));
    while let Some((number, line)) = current {
        if line.ends_with('{') {
            let close = format!("{indent}}}");
            return lines.find(|(_, line)| *line == close).map(|(n, _)| n);
        }
        if line.ends_with('}') {
            return Some(number);
        }
        if line.ends_with(';') {
            return None;
        }
        current = lines.next();
    }
    None
}
