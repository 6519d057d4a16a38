//! [`InferenceRunner`] and [`EngineBuilder`]: what a session runs.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_turns::{FinishClass, InferenceResult, Turn, Usage};
use serde::{Deserialize, Serialize};

use crate::{EngineError, ErrorKind, RunContext, StoreError};

/// Runs one inference of a session to its end: one provider call, or a whole tool loop.
#[async_trait]
pub trait InferenceRunner: Send + Sync {
    /// Runs on `turn`. What was produced stays in `turn` on every outcome, also when the future
    /// is dropped.
    ///
    /// # Errors
    ///
    /// When the run failed or was cancelled. Reaching a limit is not an error.
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError>;

    /// Stores the turn as the run left it. Called once after [`run`](Self::run), on every
    /// outcome, and awaited before the run counts as over. Does nothing by default.
    ///
    /// # Errors
    ///
    /// When the turn could not be stored.
    async fn persist(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    /// Stores the turn where nothing can be awaited: the run's task was dropped, as a runtime does
    /// that shuts down. Called in place of [`persist`](Self::persist), or after that was dropped
    /// half-way, on whatever thread drops the task; it may block for as long as the shutdown can
    /// wait.
    ///
    /// # Errors
    ///
    /// When the turn is not stored, which the run's outcome then says. That is the default.
    fn persist_now(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), StoreError> {
        Err(StoreError::shut_down())
    }
}

/// Makes the runner of a session's next inference.
pub trait EngineBuilder: Send + Sync {
    /// Makes a runner for the session.
    ///
    /// # Errors
    ///
    /// When what was configured cannot work; nothing was run.
    fn build(
        &self,
        ctx: &RunContext,
        session_id: &str,
    ) -> Result<Arc<dyn InferenceRunner>, EngineError>;

    /// Adds to the context what every event and hook of the run needs, from its first event on:
    /// sinks, hooks, journal. Adds nothing by default.
    fn prepare(&self, ctx: RunContext) -> RunContext {
        ctx
    }
}

impl<B: EngineBuilder + ?Sized> EngineBuilder for Arc<B> {
    fn build(
        &self,
        ctx: &RunContext,
        session_id: &str,
    ) -> Result<Arc<dyn InferenceRunner>, EngineError> {
        (**self).build(ctx, session_id)
    }

    fn prepare(&self, ctx: RunContext) -> RunContext {
        (**self).prepare(ctx)
    }
}

/// What a run took: all of its provider calls, attempts and discarded ones included, and its
/// tools.
///
/// A session writes it into the turn's metadata under
/// [`keys::RUN_TOTALS`](crate::keys::RUN_TOTALS) before the turn is stored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct RunTotals {
    /// The tokens of all provider calls. Calls for which the provider reported no usage are
    /// counted in [`unreported_calls`](Usage::unreported_calls).
    pub usage: Usage,
    /// The number of provider calls.
    pub provider_calls: u32,
    /// The number of tool calls that were run and answered.
    pub tool_calls: u32,
}

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
            },
            Err(error) => Self::from(error),
        }
    }
}
