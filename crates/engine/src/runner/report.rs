//! [`RunReport`] and [`RunStatus`]: the end of a run.

use std::{fmt, time::Duration};

use geppetto_turns::{FinishClass, InferenceResult, Usage};

use super::WaitingFor;
use crate::{EngineError, ErrorKind};

/// End and totals of a run that did not fail.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RunReport {
    /// Reason for the end of the run.
    pub stop: RunStop,
    /// Result of the last provider call.
    pub result: InferenceResult,
    /// Tokens of all provider calls, including retries.
    pub usage: Usage,
    /// Number of provider calls, including retries.
    pub provider_calls: u32,
    /// Number of answered tool calls.
    pub tool_calls: u32,
}

impl RunReport {
    /// Creates the report of a run with a single provider call.
    #[must_use]
    pub fn single(result: InferenceResult, usage: Usage) -> Self {
        Self {
            stop: RunStop::after(&result),
            result,
            usage,
            provider_calls: 1,
            ..Self::default()
        }
    }
}

/// Reason for the end of a run that did not fail.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RunStop {
    /// The run completed.
    #[default]
    Finished,
    /// The last reply was refused by the model or stopped by a content filter
    /// ([`FinishClass::Refused`](geppetto_turns::FinishClass::Refused)); the partial reply is kept,
    /// and none of its tool calls was run.
    Refused,
    /// A limit was reached; all work so far is kept.
    LimitReached(Limit),
    /// The run waits for input from a person or another program, and ended until it is available;
    /// all work so far is kept.
    Waiting(Box<WaitingFor>),
}

impl RunStop {
    /// Returns the reason for the end of a run that ends with this reply.
    #[must_use]
    pub fn after(result: &InferenceResult) -> Self {
        if result.finish_class == FinishClass::Refused {
            return Self::Refused;
        }
        Self::Finished
    }
}

/// A limit of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Limit {
    /// Maximum number of iterations, each a provider call and its tools.
    Iterations(u32),
    /// Maximum number of tool calls.
    ToolCalls(u32),
    /// Maximum number of consecutive replies with the same tool calls.
    IdenticalCalls(u32),
    /// Maximum number of tokens, prompt and output together.
    Tokens(u64),
    /// Maximum number of tokens of the session, over all its runs.
    SessionTokens(u64),
    /// Maximum number of provider calls of the session, over all its runs.
    SessionProviderCalls(u64),
    /// Wall-clock limit.
    WallClock(Duration),
    /// Maximum duration of a pause, which was not ended in time.
    Pause(Duration),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iterations(n) => write!(f, "limit reached: {n} iterations"),
            Self::ToolCalls(n) => write!(f, "limit reached: {n} tool calls"),
            Self::IdenticalCalls(n) => {
                write!(f, "limit reached: {n} replies with the same tool calls")
            }
            Self::Tokens(n) => write!(f, "limit reached: {n} tokens"),
            Self::SessionTokens(n) => write!(f, "limit reached: {n} tokens in this session"),
            Self::SessionProviderCalls(n) => {
                write!(f, "limit reached: {n} provider calls in this session")
            }
            Self::WallClock(time) => write!(f, "limit reached: {time:?}"),
            Self::Pause(time) => write!(f, "limit reached: a pause of {time:?}"),
        }
    }
}

/// Status of an ended run.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunStatus {
    /// The run completed.
    Finished,
    /// The last reply was refused by the model or stopped by a content filter.
    Refused,
    /// The run reached a limit.
    LimitReached(Limit),
    /// The run waits for input from a person or another program. It occupies no memory: the turn is
    /// stored with the condition ([`keys::WAITING_FOR`](crate::keys::WAITING_FOR)), and a later run
    /// on the turn continues it.
    Waiting(Box<WaitingFor>),
    /// The run was cancelled.
    Cancelled,
    /// The run failed.
    Failed {
        /// Kind of the error.
        kind: ErrorKind,
        /// Message of the error.
        message: String,
    },
}

impl From<&EngineError> for RunStatus {
    fn from(error: &EngineError) -> Self {
        if error.is_cancelled() {
            return Self::Cancelled;
        }
        Self::Failed {
            kind: error.kind(),
            message: error.to_string(),
        }
    }
}

impl From<&Result<RunReport, EngineError>> for RunStatus {
    fn from(outcome: &Result<RunReport, EngineError>) -> Self {
        match outcome {
            Ok(report) => match &report.stop {
                RunStop::Finished => Self::Finished,
                RunStop::Refused => Self::Refused,
                RunStop::LimitReached(limit) => Self::LimitReached(limit.clone()),
                RunStop::Waiting(what) => Self::Waiting(what.clone()),
            },
            Err(error) => Self::from(error),
        }
    }
}
