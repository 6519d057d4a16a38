//! [`WaitingFor`]: what a run waits for.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

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
    /// The ids of the tool calls that have no answer until it is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_call_ids: Vec<String>,
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

    /// Sets the tool calls that have no answer until it is decided.
    #[must_use]
    pub fn with_tool_calls<S: Into<String>>(mut self, ids: impl IntoIterator<Item = S>) -> Self {
        self.tool_call_ids = ids.into_iter().map(Into::into).collect();
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
