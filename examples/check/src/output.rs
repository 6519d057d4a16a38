//! [`Output`]: the output of a program, compared with its README.

#![allow(clippy::panic, reason = "a test fails by panicking")]

/// The output of a program, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    /// Stdout; invalid UTF-8 is replaced.
    pub stdout: String,
    /// Stderr; invalid UTF-8 is replaced.
    pub stderr: String,
    /// The exit code; `None` if a signal ended the program.
    pub code: Option<i32>,
}

impl Output {
    /// Asserts that the program succeeded, and printed exactly `expected` to stdout and nothing to
    /// stderr.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn assert_prints(&self, expected: &str) {
        assert_eq!((self.code, self.stderr.as_str()), (Some(0), ""), "{self:?}");
        self.assert_stdout(expected);
    }

    /// Asserts that the program succeeded, and printed exactly what its README says to stdout and
    /// nothing to stderr.
    ///
    /// # Panics
    ///
    /// If it did not, or if the README has no block under "Expected output".
    pub fn assert_prints_what_it_says(&self, readme: &str) {
        self.assert_prints(expected(readme));
    }

    /// Asserts that a program that uses a provider succeeded and printed exactly what its README
    /// says: to stdout and, if the README has a block for it, to stderr after the line that names
    /// the server. Adjacent tool results there may be in any order, because tools run in parallel.
    ///
    /// # Panics
    ///
    /// If it did not, or if the README has no block under "Expected output".
    pub fn assert_answers_as_it_says(&self, readme: &str) {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.assert_stdout(expected(readme));
        if let Some(notes) = expected_notes(readme) {
            // The first line names the server, whose port varies.
            let (_, printed) = self.stderr.split_once('\n').unwrap_or_default();
            assert_eq!(results_in_order(printed), results_in_order(notes));
        }
    }

    /// Asserts that the program failed with `code` and printed exactly `stderr` to stderr.
    ///
    /// # Panics
    ///
    /// If it did not.
    pub fn assert_fails(&self, code: i32, stderr: &str) {
        assert_eq!(
            (self.code, self.stderr.as_str()),
            (Some(code), stderr),
            "{self:?}"
        );
    }

    fn assert_stdout(&self, expected: &str) {
        if self.stdout != expected {
            panic!(
                "expected:\n{expected}\nprinted:\n{}\n{}",
                self.stdout, self.stderr
            );
        }
    }
}

/// The notes with adjacent tool results sorted.
fn results_in_order(notes: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = notes.lines().collect();
    for results in lines.chunk_by_mut(|a, b| a.starts_with("← ") && b.starts_with("← ")) {
        results.sort_unstable();
    }
    lines
}

fn expected(readme: &str) -> &str {
    let Some(expected) = expected_output(readme) else {
        panic!("the README has no block under \"Expected output\"");
    };
    expected
}

/// The first fenced block under the heading "Expected output".
#[must_use]
pub fn expected_output(readme: &str) -> Option<&str> {
    block_after(readme, "# Expected output")
}

/// The first fenced block after the words "On stderr".
#[must_use]
pub fn expected_notes(readme: &str) -> Option<&str> {
    block_after(readme, "On stderr")
}

fn block_after<'a>(readme: &'a str, words: &str) -> Option<&'a str> {
    let (_, after) = readme.split_once(words)?;
    let (_, block) = after.split_once("```text\n")?;
    let (block, _) = block.split_once("```\n")?;
    Some(block)
}

#[cfg(test)]
mod tests;
