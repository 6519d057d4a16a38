//! [`RunRecord`]: how far a run got.

use std::collections::BTreeMap;

use geppetto_engine::{Decision, RunStatus, RunTotals};
use serde::{Deserialize, Serialize};

/// How far the last run of a session got. A run that is not [ended](RunPhase::Ended) in a session
/// without a running process was cut off.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunRecord {
    /// Id of the run.
    pub run: String,
    /// Index of the turn that it runs on.
    pub turn: u64,
    /// Last step that was recorded.
    pub phase: RunPhase,
    /// Totals of the run at that step.
    pub totals: RunTotals,
    /// Sequence number of the last event at that step.
    pub seq: u64,
    /// Ids of the runs that it continues, because their processes ended; the latest one last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub continues: Vec<String>,
    /// People's decisions that it started with, by call id, until the model is called. They are part
    /// of the run, and not of its turn, which may come from a client.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub decisions: BTreeMap<String, Decision>,
    /// The last reply, if it broke off. It is in the turn until the provider is asked again, and is
    /// discarded once that call has output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub broken: Option<BrokenReply>,
}

/// A reply that broke off.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct BrokenReply {
    /// Index of its first block in the turn.
    pub from: u64,
    /// Sequence number of the last event before it.
    pub after: u64,
    /// `true` if the run was cancelled.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub cancelled: bool,
}

impl BrokenReply {
    /// Creates the mark of a reply that broke off without a cancellation.
    #[must_use]
    pub fn new(from: u64, after: u64) -> Self {
        Self {
            from,
            after,
            cancelled: false,
        }
    }
}

/// Step of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum RunPhase {
    /// The prompt is recorded, and no provider was called.
    Started,
    /// A provider call is in flight.
    Calling,
    /// The last provider call ended; its output is in the turn. Tools may run.
    Replied,
    /// The run ended.
    Ended(RunEnd),
}

/// End of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RunEnd {
    /// Status.
    pub status: EndStatus,
    /// Description for people: the limit, what the run waits for, or the error; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// Kind of the error in `snake_case`, if the run failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error_kind: Option<String>,
}

/// Status of an ended run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EndStatus {
    /// The run completed.
    Finished,
    /// The model refused, or a content filter stopped the reply.
    Refused,
    /// A limit was reached.
    LimitReached,
    /// The run waits for a person.
    Waiting,
    /// The run was cancelled.
    Cancelled,
    /// The run failed.
    Failed,
    /// The process ended during the run, and a later one ended it.
    Interrupted,
}

impl RunRecord {
    /// Creates the record of a run that starts on turn `turn`.
    pub fn new(run: impl Into<String>, turn: u64) -> Self {
        Self {
            run: run.into(),
            turn,
            phase: RunPhase::Started,
            totals: RunTotals::default(),
            seq: 0,
            continues: Vec::new(),
            decisions: BTreeMap::new(),
            broken: None,
        }
    }

    /// Sets the step.
    #[must_use]
    pub fn at(mut self, phase: RunPhase) -> Self {
        self.phase = phase;
        self
    }

    /// Returns `true` if this is the run with an id, or continues it.
    #[must_use]
    pub fn is(&self, run: &str) -> bool {
        self.run == run || self.continues.iter().any(|own| own == run)
    }

    /// Returns the last reply, if it broke off and is in the turn.
    pub(crate) fn kept_reply(&self) -> Option<&BrokenReply> {
        self.broken
            .as_ref()
            .filter(|_| self.phase == RunPhase::Replied)
    }

    /// Returns `true` if the run ended.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        matches!(self.phase, RunPhase::Ended(_))
    }
}

impl RunEnd {
    /// Creates an end without a message.
    #[must_use]
    pub fn new(status: EndStatus) -> Self {
        Self {
            status,
            message: String::new(),
            error_kind: None,
        }
    }

    /// Sets the message.
    #[must_use]
    pub fn because(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }
}

impl From<&RunStatus> for RunEnd {
    fn from(status: &RunStatus) -> Self {
        match status {
            RunStatus::Finished => Self::new(EndStatus::Finished),
            RunStatus::Refused => Self::new(EndStatus::Refused),
            RunStatus::LimitReached(limit) => {
                Self::new(EndStatus::LimitReached).because(limit.to_string())
            }
            RunStatus::Waiting(what) => Self::new(EndStatus::Waiting).because(what.to_string()),
            RunStatus::Cancelled => Self::new(EndStatus::Cancelled),
            RunStatus::Failed { kind, message } => Self {
                status: EndStatus::Failed,
                message: message.clone(),
                error_kind: Some(kind.as_str().to_owned()),
            },
            other => Self::new(EndStatus::Failed).because(format!("{other:?}")),
        }
    }
}
