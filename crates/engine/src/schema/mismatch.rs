//! [`Mismatch`] and [`Problem`].

use std::{error::Error, fmt};

/// The most problems that an error names.
const MAX_PROBLEMS: usize = 8;

/// A value that does not fit a schema.
///
/// [`Display`](fmt::Display) names at most 8 problems, in words that a model can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mismatch {
    pub(super) problems: Vec<Problem>,
}

/// One thing that is wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Problem {
    /// Where, as a path from the root `$`: `$.cities[2].name`.
    pub path: String,
    /// What is wrong: `missing`, `must be string, not number`, ...
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
    /// All problems; at least one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The first problems in one line, with `root` in place of `$` in their paths.
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
