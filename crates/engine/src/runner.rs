//! [`InferenceRunner`] and [`EngineBuilder`]: what a session runs.

use std::{fmt, ops::AddAssign, sync::Arc, time::Duration};

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

/// Makes what a session's next run consists of.
#[async_trait]
pub trait EngineBuilder: Send + Sync {
    /// Makes the runner of a run, and the context that it runs in. Called once per run, before the
    /// run's first event and before its prompt is in the session's history; awaited on the task of
    /// the caller that submits the prompt, or on the run's own task if the prompt was queued.
    ///
    /// `ctx` has the ids of session, run and turn, the run's cancellation token and the options
    /// that were given to this run alone: extensions, sinks, deadline, settings. The builder adds
    /// what every run of its has: sinks, hooks, journal, tools.
    ///
    /// The future is dropped if the run is cancelled meanwhile.
    ///
    /// # Errors
    ///
    /// If what was configured cannot work. Nothing was run, and the session's history is as it was.
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError>;
}

#[async_trait]
impl<B: EngineBuilder + ?Sized> EngineBuilder for Arc<B> {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        (**self).build(ctx).await
    }
}

/// A run that is ready to start, made by [`EngineBuilder::build`].
#[derive(Clone)]
#[non_exhaustive]
pub struct BuiltRun {
    /// The context that the runner is given.
    pub ctx: RunContext,
    /// The runner.
    pub runner: Arc<dyn InferenceRunner>,
}

impl BuiltRun {
    /// A run of `runner` in `ctx`.
    pub fn new(ctx: RunContext, runner: Arc<dyn InferenceRunner>) -> Self {
        Self { ctx, runner }
    }

    /// Runs on `turn`, for programs without a session. Does not store the turn.
    ///
    /// # Errors
    ///
    /// As [`InferenceRunner::run`].
    pub async fn run(&self, turn: &mut Turn) -> Result<RunReport, EngineError> {
        self.runner.run(&self.ctx, turn).await
    }
}

impl fmt::Debug for BuiltRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BuiltRun")
            .field("ctx", &self.ctx)
            .finish_non_exhaustive()
    }
}

/// Limits of all runs of a session together.
///
/// They are checked before each provider call: the call during which a limit is passed is still
/// completed. A run that meets a limit ends with [`RunStop::LimitReached`], and all work is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Limits {
    /// The maximum number of tokens, prompt and output of all calls together. No limit by default.
    ///
    /// A reply whose provider does not report its tokens is counted with an estimate, one token
    /// for four bytes of prompt and output.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_total_tokens: Option<u64>,
    /// The maximum number of provider calls, attempts and calls of sub-agents included. No limit by
    /// default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_provider_calls: Option<u64>,
}

impl Limits {
    /// No limits.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the maximum number of tokens.
    #[must_use]
    pub fn with_max_total_tokens(mut self, tokens: u64) -> Self {
        self.max_total_tokens = Some(tokens);
        self
    }

    /// Sets the maximum number of provider calls.
    #[must_use]
    pub fn with_max_provider_calls(mut self, calls: u64) -> Self {
        self.max_provider_calls = Some(calls);
        self
    }
}

/// What all runs of a session took together, sub-agents included.
///
/// A session writes it into the metadata of each turn under
/// [`keys::SESSION_TOTALS`](crate::keys::SESSION_TOTALS), so that its [`Limits`] hold after it was
/// restored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct SessionTotals {
    /// The tokens of all provider calls.
    pub usage: Usage,
    /// The tokens of calls whose provider reported no usage, as far as a limit made an estimate
    /// necessary.
    #[serde(skip_serializing_if = "is_zero")]
    pub estimated_tokens: u64,
    /// The number of provider calls, attempts included.
    pub provider_calls: u64,
    /// The number of tool calls that were run.
    pub tool_calls: u64,
}

impl SessionTotals {
    /// All tokens, estimated ones included.
    #[must_use]
    pub fn total_tokens(&self) -> u64 {
        self.usage
            .total_tokens()
            .saturating_add(self.estimated_tokens)
    }
}

impl From<&RunTotals> for SessionTotals {
    fn from(run: &RunTotals) -> Self {
        Self {
            usage: run.usage.clone(),
            estimated_tokens: 0,
            provider_calls: u64::from(run.provider_calls),
            tool_calls: u64::from(run.tool_calls),
        }
    }
}

impl AddAssign<&Self> for SessionTotals {
    fn add_assign(&mut self, other: &Self) {
        self.usage += &other.usage;
        self.estimated_tokens = self.estimated_tokens.saturating_add(other.estimated_tokens);
        self.provider_calls = self.provider_calls.saturating_add(other.provider_calls);
        self.tool_calls = self.tool_calls.saturating_add(other.tool_calls);
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde wants"
)]
fn is_zero(number: &u64) -> bool {
    *number == 0
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
