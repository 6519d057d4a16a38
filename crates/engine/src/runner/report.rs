//! [`RunReport`] and [`RunStatus`]: how a run ended.

use std::{fmt, time::Duration};

use geppetto_turns::{FinishClass, InferenceResult, Usage};

use super::WaitingFor;
use crate::{EngineError, ErrorKind};

/// How a run that did not fail ended, and what it took.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct RunReport {
    /// How the run ended: by itself or at a limit.
    pub stop: RunStop,
    /// The result of the last provider call.
    pub result: InferenceResult,
    /// The tokens of all provider calls and their attempts.
    pub usage: Usage,
    /// How many provider calls were made, attempts included.
    pub provider_calls: u32,
    /// How many tool calls were answered.
    pub tool_calls: u32,
}

impl RunReport {
    /// The report of a run that was one provider call.
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

/// How a run ended: by itself or at a limit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum RunStop {
    /// The run came to its end.
    #[default]
    Finished,
    /// The last reply was refused by the model or stopped by a content filter
    /// ([`FinishClass::Refused`](geppetto_turns::FinishClass::Refused)); what arrived is kept, and
    /// no tool that it called was run.
    Refused,
    /// A limit was reached; all work that was done is kept.
    LimitReached(Limit),
    /// The run waits for something that only a person or another program can give, and ended
    /// until it comes; all work that was done is kept.
    Waiting(Box<WaitingFor>),
}

impl RunStop {
    /// How a run ends that ends with this reply.
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
    /// The maximum number of iterations, each a provider call and its tools.
    Iterations(u32),
    /// The maximum number of tool calls.
    ToolCalls(u32),
    /// The maximum number of tokens, prompt and output together.
    Tokens(u64),
    /// The maximum number of tokens of the session, all of its runs together.
    SessionTokens(u64),
    /// The maximum number of provider calls of the session, all of its runs together.
    SessionProviderCalls(u64),
    /// The wall-clock limit.
    WallClock(Duration),
    /// The maximum duration of a pause: it was not ended in time.
    Pause(Duration),
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Iterations(n) => write!(f, "limit reached: {n} iterations"),
            Self::ToolCalls(n) => write!(f, "limit reached: {n} tool calls"),
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

/// How a run ended, for persisters.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum RunStatus {
    /// It came to its end.
    Finished,
    /// Its last reply was refused by the model or stopped by a content filter.
    Refused,
    /// It reached a limit.
    LimitReached(Limit),
    /// It waits for something that only a person or another program can give. Nothing of it is in
    /// memory: the turn is stored with what it waits for
    /// ([`keys::WAITING_FOR`](crate::keys::WAITING_FOR)), and a later run on the turn continues.
    Waiting(Box<WaitingFor>),
    /// It was cancelled.
    Cancelled,
    /// It failed.
    Failed {
        /// What kind of error it was.
        kind: ErrorKind,
        /// What happened.
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
