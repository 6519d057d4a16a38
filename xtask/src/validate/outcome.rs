//! [`Outcome`]: the outcome of an item.

use std::path::PathBuf;

use serde::Serialize;

/// Whether a property holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Passed,
    Failed,
    /// It was not checked.
    Skipped,
}

/// The outcome of an item, with its evidence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outcome {
    pub(super) state: State,
    /// One line: a count, or the first problem and its location.
    pub(super) evidence: String,
    /// The full output.
    pub(super) log: Option<PathBuf>,
}

impl Outcome {
    pub(super) fn passed(evidence: impl Into<String>) -> Self {
        Self::new(State::Passed, evidence)
    }

    pub(super) fn failed(evidence: impl Into<String>) -> Self {
        Self::new(State::Failed, evidence)
    }

    pub(super) fn skipped(reason: impl Into<String>) -> Self {
        Self::new(State::Skipped, reason)
    }

    /// Sets the location of the full output.
    #[must_use]
    pub(super) fn with_log(mut self, log: PathBuf) -> Self {
        self.log = Some(log);
        self
    }

    fn new(state: State, evidence: impl Into<String>) -> Self {
        Self {
            state,
            evidence: evidence.into(),
            log: None,
        }
    }
}
