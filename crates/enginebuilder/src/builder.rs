//! [`Builder`].

use std::{fmt, sync::Arc, time::Duration};

use geppetto_engine::{
    ConfigError, Engine, EngineBuilder, EngineError, InferenceRunner, Middleware, Persister,
    RunContext, RunJournal, SnapshotHook, Stack, ToolConfig,
};
use geppetto_events::EventSink;
use geppetto_toolloop::{Resampling, StepController, ToolExecutor, ToolLoop, ToolRegistry};

use crate::{runner::Runner, single::SinglePass};

/// Says what a session runs; see the crate's front page.
///
/// Cheap to clone. One builder may serve many sessions.
#[derive(Clone)]
#[must_use = "a builder does nothing until a session runs it"]
pub struct Builder {
    engine: Arc<dyn Engine>,
    middlewares: Vec<Arc<dyn Middleware>>,
    sinks: Vec<Arc<dyn EventSink>>,
    tools: Option<ToolRegistry>,
    tool_config: Option<ToolConfig>,
    executor: Option<Arc<dyn ToolExecutor>>,
    step_control: Option<StepController>,
    snapshot_hook: Option<Arc<dyn SnapshotHook>>,
    journal: Option<Arc<dyn RunJournal>>,
    persister: Option<Arc<dyn Persister>>,
    max_duration: Option<Duration>,
    resampling: Resampling,
}

impl Builder {
    /// Starts with an engine: one pass, no middleware, no sinks, no storage.
    pub fn new(engine: impl Engine + 'static) -> Self {
        Self {
            engine: Arc::new(engine),
            middlewares: Vec::new(),
            sinks: Vec::new(),
            tools: None,
            tool_config: None,
            executor: None,
            step_control: None,
            snapshot_hook: None,
            journal: None,
            persister: None,
            max_duration: None,
            resampling: Resampling::default(),
        }
    }

    /// Wraps each provider call. The first middleware is the outermost.
    pub fn middleware(mut self, middleware: impl Middleware + 'static) -> Self {
        self.middlewares.push(Arc::new(middleware));
        self
    }

    /// Adds a sink: it is told of every event of every run, from `run-started` on.
    pub fn event_sink(mut self, sink: Arc<dyn EventSink>) -> Self {
        self.sinks.push(sink);
        self
    }

    /// Gives the model tools: runs become tool loops.
    pub fn tools(mut self, tools: ToolRegistry) -> Self {
        self.tools = Some(tools);
        self
    }

    /// Sets how tools are offered and run. By default what the turn says, else
    /// [`ToolConfig::default`].
    pub fn tool_config(mut self, config: ToolConfig) -> Self {
        self.tool_config = Some(config);
        self
    }

    /// Replaces who runs tools, for hooks around them.
    pub fn tool_executor(mut self, executor: Arc<dyn ToolExecutor>) -> Self {
        self.executor = Some(executor);
        self
    }

    /// Sets who may pause runs after inference and after tools.
    pub fn step_control(mut self, control: StepController) -> Self {
        self.step_control = Some(control);
        self
    }

    /// Sets who is shown the turn at each phase of a run.
    pub fn snapshot_hook(mut self, hook: Arc<dyn SnapshotHook>) -> Self {
        self.snapshot_hook = Some(hook);
        self
    }

    /// Sets the journal that a run's barriers wait for.
    pub fn journal(mut self, journal: Arc<dyn RunJournal>) -> Self {
        self.journal = Some(journal);
        self
    }

    /// Sets who stores the turn at the end of every run, whatever its outcome.
    pub fn persister(mut self, persister: Arc<dyn Persister>) -> Self {
        self.persister = Some(persister);
        self
    }

    /// Limits how long a run may take; not to 0, which no run could keep. No limit by default.
    pub fn max_duration(mut self, limit: Duration) -> Self {
        self.max_duration = Some(limit);
        self
    }

    /// Sets how a reply that broke off after output had begun is asked for again. Twice by
    /// default.
    pub fn resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    fn engine(&self) -> Arc<dyn Engine> {
        if self.middlewares.is_empty() {
            return Arc::clone(&self.engine);
        }
        Arc::new(Stack::new(
            Arc::clone(&self.engine),
            self.middlewares.iter().cloned(),
        ))
    }
}

impl EngineBuilder for Builder {
    fn build(
        &self,
        _ctx: &RunContext,
        _session_id: &str,
    ) -> Result<Arc<dyn InferenceRunner>, EngineError> {
        if let Some(config) = &self.tool_config {
            config.validate()?;
        }
        if self.max_duration.is_some_and(|limit| limit.is_zero()) {
            let message = "is 0; allowed is more than that";
            return Err(ConfigError::new("max_duration", message).into());
        }
        let inner: Arc<dyn InferenceRunner> = match &self.tools {
            None => Arc::new(SinglePass::new(self.engine(), self.resampling)),
            Some(tools) => {
                let mut tool_loop =
                    ToolLoop::new(self.engine(), tools.clone()).with_resampling(self.resampling);
                if let Some(config) = &self.tool_config {
                    tool_loop = tool_loop.with_config(config.clone());
                }
                if let Some(executor) = &self.executor {
                    tool_loop = tool_loop.with_executor(Arc::clone(executor));
                }
                if let Some(control) = &self.step_control {
                    tool_loop = tool_loop.with_step_control(control.clone());
                }
                Arc::new(tool_loop)
            }
        };
        Ok(Arc::new(Runner::new(
            inner,
            self.clone(),
            self.persister.clone(),
        )))
    }

    fn prepare(&self, ctx: RunContext) -> RunContext {
        let mut ctx = ctx.with_event_sinks(self.sinks.iter().cloned());
        if let Some(hook) = &self.snapshot_hook {
            ctx = ctx.with_snapshot_hook(Arc::clone(hook));
        }
        if let Some(journal) = &self.journal {
            ctx = ctx.with_journal(Arc::clone(journal));
        }
        if let Some(tools) = &self.tools {
            ctx = ctx.with_tools(Arc::new(tools.clone()));
        }
        if let Some(limit) = self.max_duration {
            ctx = ctx.with_time_limit(limit);
        }
        ctx
    }
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("middlewares", &self.middlewares.len())
            .field("sinks", &self.sinks.len())
            .field("tools", &self.tools.as_ref().map(ToolRegistry::len))
            .finish_non_exhaustive()
    }
}
