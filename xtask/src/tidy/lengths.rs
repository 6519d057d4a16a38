//! Source files are small: one concern each, readable in one sitting.

use super::finding::Finding;
use super::tree::Tree;

#[cfg(test)]
mod tests;

/// Maximum length of a source file, in lines.
const MOST: usize = 700;
/// Files longer than this are reported as a warning.
const NOTABLE: usize = 400;
/// Maximum of the median length.
const MEDIAN: usize = 150;

/// Measures the Rust files except tests and benches.
pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut lengths = Vec::new();
    for file in tree.rust().filter(|file| !file.is_test()) {
        let lines = file.lines().count();
        lengths.push(lines);
        if lines > MOST {
            let message = format!("{lines} lines, at most {MOST} are allowed; split by concern");
            findings.push(Finding::error(message).at(&file.path));
        } else if lines > NOTABLE {
            let message = format!("{lines} lines, over {NOTABLE}; see whether it does two things");
            findings.push(Finding::warning(message).at(&file.path));
        }
    }
    let median = median(&mut lengths);
    if median > MEDIAN {
        let message = format!(
            "the median source file has {median} lines, at most {MEDIAN} are allowed; split the \
             longest files"
        );
        findings.push(Finding::error(message));
    }
    findings
}

/// Returns the median; of an even number of values, the lower of the two in the middle.
fn median(values: &mut [usize]) -> usize {
    values.sort_unstable();
    let middle = values.len().saturating_sub(1) / 2;
    values.get(middle).copied().unwrap_or(0)
}
