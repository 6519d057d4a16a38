//! [`ToolLoop`]: calls the model and runs its tools in turn until the model has answered.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceRunner, RunContext, RunReport, ToolConfig};
use geppetto_turns::Turn;

use crate::{DefaultExecutor, Resampling, StepController, ToolExecutor, ToolRegistry};

mod history;
mod run;
mod setup;

use run::LoopRun;

/// Calls the model, runs the tools it requests, and calls it again with their answers, until it
/// requests none.
///
/// Each round is: snapshot `pre_inference`, provider call, snapshot `post_inference`, limits,
/// pause, tools, snapshot `post_tools`, pause. Every run ends with the snapshot `final`. The
/// context's [`RunJournal`](geppetto_engine::RunJournal) is awaited at each step.
///
/// A run completes, reaches a limit or ends with calls that wait for a person (an `Ok` report), or
/// fails or is cancelled (an error). In all cases, including when the future is dropped midway, the
/// turn contains all output so far, and every tool call in it has an answer: the results of tools
/// that finished, "cancelled" for those that were running, "not run" for those that had not
/// started.
///
/// Calls that [wait for a person](crate::Rejection::wait) have no answer. A run on such a turn
/// starts with them: with those that the context has [decisions](RunContext::with_decisions) about,
/// and with the others, whose hooks are called again. If calls still wait, the run ends before the
/// model is called. If a run is cancelled, fails or reaches a limit, the waiting calls that have
/// not started keep waiting.
#[derive(Clone)]
pub struct ToolLoop {
    engine: Arc<dyn Engine>,
    registry: ToolRegistry,
    config: Option<ToolConfig>,
    executor: Arc<dyn ToolExecutor>,
    steps: Option<StepController>,
    resampling: Resampling,
}

impl ToolLoop {
    /// Creates a loop over `engine` and the tools of `registry`.
    pub fn new(engine: Arc<dyn Engine>, registry: ToolRegistry) -> Self {
        Self {
            engine,
            registry,
            config: None,
            executor: Arc::new(DefaultExecutor),
            steps: None,
            resampling: Resampling::default(),
        }
    }

    /// Sets the tool configuration; [`ToolConfig::default`] if not called. A configuration in the
    /// data of the turn is replaced and has no effect: it documents the run that wrote it.
    #[must_use]
    pub fn with_config(mut self, config: ToolConfig) -> Self {
        self.config = Some(config);
        self
    }

    /// Sets the hooks of each call.
    #[must_use]
    pub fn with_executor(mut self, executor: impl ToolExecutor + 'static) -> Self {
        self.executor = Arc::new(executor);
        self
    }

    /// Sets the step controller, which can pause runs between their steps.
    #[must_use]
    pub fn with_step_control(mut self, controller: StepController) -> Self {
        self.steps = Some(controller);
        self
    }

    /// Sets the number of retries after a reply breaks off.
    #[must_use]
    pub fn with_resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    /// Returns the tools.
    #[must_use]
    pub fn registry(&self) -> &ToolRegistry {
        &self.registry
    }
}

#[async_trait]
impl InferenceRunner for ToolLoop {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let mut run = LoopRun::new(self, ctx, turn);
        let outcome = run.go().await;
        run.end(outcome).await
    }
}

impl fmt::Debug for ToolLoop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolLoop")
            .field("registry", &self.registry)
            .field("config", &self.config)
            .field("steps", &self.steps)
            .field("resampling", &self.resampling)
            .finish_non_exhaustive()
    }
}
