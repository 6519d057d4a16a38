//! No file contains anything that looks like a key, or a path of a particular machine.

use super::finding::Finding;
use super::text::is_identifier;
use super::tree::Tree;

#[cfg(test)]
mod tests;

/// The prefix of a key, and the minimum number of consecutive letters and digits.
const KEYS: &[(&str, usize)] = &[
    ("sk-", 20),
    ("gsk_", 20),
    ("xai-", 20),
    ("ghp_", 30),
    ("github_pat_", 20),
    ("AKIA", 16),
    ("AIza", 30),
];

/// Top folders that identify a machine or a person.
const PRIVATE_FOLDERS: &[&str] = &["work", "root", "home", "Users"];

/// Checks every line of every text file. A finding never repeats the secret.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        for (number, line) in file.lines() {
            let mut report = |message: String| {
                findings.push(Finding::error(message).at(&file.path).line(number));
            };
            if let Some((prefix, _)) = KEYS.iter().find(|(prefix, n)| has_key(line, prefix, *n)) {
                report(format!(
                    "looks like a key (`{prefix}...`); revoke it if it is one, else make it \
                     shorter or build it when it is needed"
                ));
            }
            if let Some(folder) = PRIVATE_FOLDERS.iter().find(|folder| has_root(line, folder)) {
                report(format!(
                    "absolute path under the top folder `{folder}`; write it relative to the \
                     repository, or take it from the environment"
                ));
            }
        }
    }
    findings
}

/// Returns `true` if a word starts with `prefix` and has a run of at least `least` letters and
/// digits.
///
/// Keys may have named parts before the random one, such as `proj-`.
fn has_key(line: &str, prefix: &str, least: usize) -> bool {
    line.match_indices(prefix).any(|(start, _)| {
        let before = line.get(..start).and_then(|s| s.chars().next_back());
        let rest = line.get(start + prefix.len()..).unwrap_or_default();
        let word = rest.split(|c: char| !is_identifier(c) && c != '-').next();
        let mut runs = word.unwrap_or_default().split(['-', '_']);
        !before.is_some_and(|c| is_identifier(c) || c == '-') && runs.any(|r| r.len() >= least)
    })
}

/// Returns `true` if the line contains a path that starts at this top folder.
fn has_root(line: &str, folder: &str) -> bool {
    let root = format!("/{folder}/");
    line.match_indices(&root).any(|(start, _)| {
        let before = line.get(..start).and_then(|s| s.chars().next_back());
        // Otherwise it is the middle of a longer path, such as `../work/` or `example.com/home/`.
        !before.is_some_and(|c| is_identifier(c) || matches!(c, '.' | '-' | '/' | '}' | '*' | '~'))
    })
}
