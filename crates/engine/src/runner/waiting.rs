//! [`WaitingFor`]: the condition that a run waits for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PendingCall;

/// Maximum number of calls in a summary, and of characters of the question about each.
const MOST_ASKED: usize = 5;
const LONGEST_QUESTION: usize = 200;

/// Condition that a run waits for, such as a person's decision about tool calls.
///
/// A waiting run is over for its session, and occupies no memory: the turn is stored with this in
/// its metadata ([`keys::WAITING_FOR`](crate::keys::WAITING_FOR)), possibly for days and across
/// restarts. A later run on the same turn continues it, with the same settings
/// ([`RunSettings`](crate::RunSettings)) and the same idempotency keys. The wait does not count
/// towards the run's time.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WaitingFor {
    /// Requested decision or input, for people.
    pub summary: String,
    /// Tool calls that stay unanswered until then.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<PendingCall>,
    /// Additional data of the application.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

impl WaitingFor {
    /// Creates a condition; `summary` describes the requested decision or input, for people.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// Creates a condition for decisions about tool calls; the summary lists the questions.
    pub fn decisions(calls: impl IntoIterator<Item = PendingCall>) -> Self {
        let calls: Vec<PendingCall> = calls.into_iter().collect();
        let mut asked: Vec<String> = calls
            .iter()
            .take(MOST_ASKED)
            .map(|own| {
                let question: String = own.question.chars().take(LONGEST_QUESTION).collect();
                format!("`{}`: {question}", own.tool_name)
            })
            .collect();
        let more = calls.len().saturating_sub(MOST_ASKED);
        if more > 0 {
            asked.push(format!("{more} more"));
        }
        Self::new(asked.join("; ")).with_calls(calls)
    }

    /// Sets the tool calls that stay unanswered until the decision.
    #[must_use]
    pub fn with_calls(mut self, calls: impl IntoIterator<Item = PendingCall>) -> Self {
        self.calls = calls.into_iter().collect();
        self
    }

    /// Sets additional data of the application.
    #[must_use]
    pub fn with_data(mut self, data: Value) -> Self {
        self.data = data;
        self
    }
}

impl fmt::Display for WaitingFor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waiting: {}", self.summary)
    }
}
