//! [`InferenceRunner`] and [`EngineBuilder`]: the contract between sessions and runners.

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

/// Runs one inference of a session to its end: a single provider call, or a tool loop.
#[async_trait]
pub trait InferenceRunner: Send + Sync {
    /// Runs on `turn`. Called once per run, on the task of the run; must not block the thread.
    /// Output stays in `turn` on every outcome, even if the future is dropped.
    ///
    /// # Errors
    ///
    /// If the run failed or was cancelled. Reaching a limit is not an error.
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError>;

    /// Stores the turn after the run. Called once after [`run`](Self::run), on every outcome, and
    /// awaited before the run counts as over. Does nothing by default.
    ///
    /// # Errors
    ///
    /// If the turn could not be stored.
    async fn persist(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), StoreError> {
        Ok(())
    }

    /// Stores the turn synchronously, because the run's task was dropped, for example by a runtime
    /// that is shutting down. Called in place of [`persist`](Self::persist), or after its future
    /// was dropped midway, on the thread that drops the task; may block for as long as the shutdown
    /// can wait.
    ///
    /// # Errors
    ///
    /// If the turn is not stored; the run's outcome reports it. The default implementation always
    /// returns an error.
    fn persist_now(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), StoreError> {
        Err(StoreError::shut_down())
    }
}

/// Builds the runs of a session.
#[async_trait]
pub trait EngineBuilder: Send + Sync {
    /// Builds the runner of a run, and the context that it runs in. Called once per run, before the
    /// run's first event and before its prompt is in the session's history; awaited on the task
    /// that submits the prompt, or on the run's own task if the prompt was queued.
    ///
    /// `ctx` has the ids of session, run and turn, the run's cancellation token and the options of
    /// this run: extensions, sinks, deadline, settings. The builder adds the settings of every run:
    /// sinks, hooks, journal, tools.
    ///
    /// The future is dropped if the run is cancelled or its deadline passes in the meantime.
    ///
    /// # Errors
    ///
    /// If the configuration is invalid. Nothing was run, and the session's history is unchanged.
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError>;
}

#[async_trait]
impl<B: EngineBuilder + ?Sized> EngineBuilder for Arc<B> {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        (**self).build(ctx).await
    }
}

/// A run that is ready to start, returned by [`EngineBuilder::build`].
#[derive(Clone)]
#[non_exhaustive]
pub struct BuiltRun {
    /// Context of the runner.
    pub ctx: RunContext,
    /// The runner.
    pub runner: Arc<dyn InferenceRunner>,
}

impl BuiltRun {
    /// Creates a run of `runner` in `ctx`.
    pub fn new(ctx: RunContext, runner: Arc<dyn InferenceRunner>) -> Self {
        Self { ctx, runner }
    }

    /// Runs on `turn`, for programs without a session. Does not store the turn.
    ///
    /// # Errors
    ///
    /// The errors of [`InferenceRunner::run`].
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
