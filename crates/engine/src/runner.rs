//! [`InferenceRunner`] and [`EngineBuilder`]: what a session runs.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_turns::Turn;

use crate::{EngineError, RunContext, StoreError};

mod report;
mod totals;
mod waiting;

pub use report::{Limit, RunReport, RunStatus, RunStop};
pub use totals::{Limits, RunTotals, SessionTotals};
pub use waiting::WaitingFor;

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
    /// The future is dropped if the run is cancelled or its deadline passes meanwhile.
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
