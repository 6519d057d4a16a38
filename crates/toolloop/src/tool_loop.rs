//! [`ToolLoop`]: the model is asked, its tools are run, and it is asked again, to the end.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_engine::{Engine, EngineError, InferenceRunner, RunContext, RunReport, ToolConfig};
use geppetto_turns::Turn;

use crate::{DefaultExecutor, Resampling, StepController, ToolExecutor, ToolRegistry};

mod history;
mod run;
mod setup;

use run::LoopRun;

/// Asks the model, runs the tools that it asks for, and asks it again with their answers, until
/// it asks for none.
///
/// Each round is: snapshot `pre_inference`, provider call, snapshot `post_inference`, limits,
/// pause, tools, snapshot `post_tools`, pause. Snapshot `final` comes at the end of every run. The
/// context's [`RunJournal`](geppetto_engine::RunJournal) is awaited at each step.
///
/// A run comes to its end, to a limit or to calls that wait for a person (an `Ok` report), or fails
/// or is cancelled (an error). In all cases, and when the future is dropped half-way, the turn
/// holds all that was said and done, and every tool call in it has its answer: results of tools
/// that finished, "cancelled" for those that ran, "not run" for those that did not start.
///
/// Calls that [wait for a person](crate::Rejection::wait) have no answer. A run on such a turn begins
/// with them: those about which the context has [decisions](RunContext::with_decisions), and the
/// others, whose hooks are asked again. If calls still wait, the run ends before the model is asked.
/// Calls that waited and have not started when a run is cancelled, fails or comes to a limit wait on.
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
    /// A loop over `engine` and the tools of `registry`.
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

    /// Sets how tools are offered and run; the default where this is not called. What a turn's data
    /// say is replaced: they document the run that wrote them, and order nothing.
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

    /// Sets how often a reply that broke off is asked for again.
    #[must_use]
    pub fn with_resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    /// The tools.
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
