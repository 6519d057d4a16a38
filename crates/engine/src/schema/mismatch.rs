//! [`Mismatch`] and [`Problem`]: validation errors.

use std::{error::Error, fmt};

/// Maximum number of problems in an error message.
const MAX_PROBLEMS: usize = 8;

/// A value that does not match a schema.
///
/// [`Display`](fmt::Display) names at most 8 problems, phrased so that a model can act on them.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    pub(super) problems: Vec<Problem>,
}

/// One problem of a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Path from the root `$`: `$.cities[2].name`.
    pub path: String,
    /// Description: `missing`, `must be string, not number`, ...
    pub message: String,
}

impl Problem {
    pub(super) fn new(path: &str, message: &str) -> Self {
        Self {
            path: path.to_owned(),
            message: message.to_owned(),
        }
    }
}

impl Mismatch {
    /// Returns all problems; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Formats the first problems on one line, with `root` in place of `$` in their paths.
    #[must_use]
    pub fn describe(&self, root: &str) -> String {
        let first = self.problems.iter().take(MAX_PROBLEMS);
        let mut lines: Vec<String> = first
            .map(|problem| {
                let path = problem.path.strip_prefix('$').unwrap_or(&problem.path);
                format!("{root}{path}: {}", problem.message)
            })
            .collect();
        let more = self.problems.len().saturating_sub(MAX_PROBLEMS);
        if more > 0 {
            lines.push(format!("and {more} more"));
        }
        lines.join("; ")
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.describe("$"))
    }
}

impl Error for Mismatch {}
