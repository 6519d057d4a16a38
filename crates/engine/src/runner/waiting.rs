//! [`WaitingFor`]: what a run waits for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::PendingCall;

/// The most calls, and the most characters of the question about each, that stand in a summary.
const MOST_ASKED: usize = 5;
const LONGEST_QUESTION: usize = 200;

/// What a run waits for, such as a person's answer to tool calls that need one.
///
/// A run that waits is over for its session, and takes no memory: the turn is stored with this in
/// its metadata ([`keys::WAITING_FOR`](crate::keys::WAITING_FOR)), for days if need be, and over
/// restarts. A later run on the same turn continues it, with the same settings
/// ([`RunSettings`](crate::RunSettings)) and the same idempotency keys. The time of the wait is
/// not the run's.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct WaitingFor {
    /// What is to be decided or given, for people.
    pub summary: String,
    /// The tool calls that have no answer until it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<PendingCall>,
    /// What the application that asks keeps beside it.
    #[serde(skip_serializing_if = "Value::is_null")]
    pub data: Value,
}

impl WaitingFor {
    /// Something to be decided or given; `summary` says what, for people.
    pub fn new(summary: impl Into<String>) -> Self {
        Self {
            summary: summary.into(),
            ..Self::default()
        }
    }

    /// Decisions about tool calls; the summary is what people are asked about each.
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

    /// Sets the tool calls that have no answer until it is decided.
    #[must_use]
    pub fn with_calls(mut self, calls: impl IntoIterator<Item = PendingCall>) -> Self {
        self.calls = calls.into_iter().collect();
        self
    }

    /// Sets what the application keeps beside it.
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
