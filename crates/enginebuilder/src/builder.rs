//! [`Builder`]: configuration of the runs of a session.

use std::{any::Any, fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, ClientTools, ConfigError, Engine, EngineBuilder, EngineError, EngineRunner,
    Extensions, InferenceRunner, Middleware, Persister, Resampling, RunContext, RunJournal,
    SnapshotHook, Stack, ToolConfig,
};
use geppetto_events::EventSink;
use geppetto_toolloop::{StepController, ToolExecutor, ToolLoop, ToolRegistry};

use crate::{runner::Stored, tools::Tools};

/// Wraps `value` in an `Arc<dyn Trait>`, unless it is one already.
///
/// A sink shared by several parts of a run is identified by its address, so a second `Arc` around
/// it would make it a different sink.
fn shared<T: 'static, S: ?Sized + 'static>(value: T, wrap: fn(T) -> Arc<S>) -> Arc<S> {
    let any: &dyn Any = &value;
    if let Some(shared) = any.downcast_ref::<Arc<S>>() {
        return Arc::clone(shared);
    }
    wrap(value)
}

/// Configures what a session runs; see the crate documentation.
///
/// Cheap to clone. One builder can serve many sessions.
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
    extensions: Extensions,
}

impl Builder {
    /// Creates a builder that calls an engine once per prompt, without middleware, tools, sinks or
    /// storage.
    pub fn new(engine: impl Engine + 'static) -> Self {
        Self {
            engine: shared(engine, |engine| Arc::new(engine)),
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
            extensions: Extensions::default(),
        }
    }

    /// Adds a middleware around each provider call. The first one added is the outermost.
    pub fn middleware(mut self, middleware: impl Middleware + 'static) -> Self {
        self.middlewares
            .push(shared(middleware, |middleware| Arc::new(middleware)));
        self
    }

    /// Adds several middlewares, for example a chain that is assembled at run time. The first one
    /// is the outermost, inside those that were added before.
    pub fn middlewares<M: Middleware + 'static>(
        mut self,
        middlewares: impl IntoIterator<Item = M>,
    ) -> Self {
        for middleware in middlewares {
            self = self.middleware(middleware);
        }
        self
    }

    /// Adds a sink, which receives every event of every run. To keep a handle on it, pass a clone
    /// of an [`Arc`].
    pub fn event_sink(mut self, sink: impl EventSink + 'static) -> Self {
        self.sinks.push(shared(sink, |sink| Arc::new(sink)));
        self
    }

    /// Attaches a value to every run, such as the identity of the caller. Middleware and tools look
    /// it up by its type: [`RunContext::extension`], or
    /// [`Extension<T>`](geppetto_toolloop::Extension) as an argument of a tool. It replaces a value
    /// of the same type.
    ///
    /// The model never sees extensions, and they are not stored.
    pub fn extension<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.extensions = self.extensions.with(value);
        self
    }

    /// Sets the tools that the model may call. Runs become tool loops.
    pub fn tools(mut self, tools: ToolRegistry) -> Self {
        self.tools = Some(tools);
        self
    }

    /// Sets the tool configuration. [`ToolConfig::default`] by default; a configuration in the data
    /// of the turn has no effect.
    pub fn tool_config(mut self, config: ToolConfig) -> Self {
        self.tool_config = Some(config);
        self
    }

    /// Sets the executor, with hooks around each tool call.
    pub fn tool_executor(mut self, executor: impl ToolExecutor + 'static) -> Self {
        self.executor = Some(shared(executor, |executor| Arc::new(executor)));
        self
    }

    /// Sets the step controller, which can pause runs after inference and after tools.
    pub fn step_control(mut self, control: StepController) -> Self {
        self.step_control = Some(control);
        self
    }

    /// Sets the snapshot hook, which observes the turn at each phase of a run.
    pub fn snapshot_hook(mut self, hook: impl SnapshotHook + 'static) -> Self {
        self.snapshot_hook = Some(shared(hook, |hook| Arc::new(hook)));
        self
    }

    /// Sets the journal, whose barriers a run waits for.
    pub fn journal(mut self, journal: impl RunJournal + 'static) -> Self {
        self.journal = Some(shared(journal, |journal| Arc::new(journal)));
        self
    }

    /// Sets the persister, which stores the turn at the end of every run, whatever its outcome.
    pub fn persister(mut self, persister: impl Persister + 'static) -> Self {
        self.persister = Some(shared(persister, |persister| Arc::new(persister)));
        self
    }

    /// Sets the maximum duration of a run; must be greater than zero. No limit by default.
    pub fn max_duration(mut self, limit: Duration) -> Self {
        self.max_duration = Some(limit);
        self
    }

    /// Sets the resampling of a reply that breaks off after output has begun. Two retries by
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

impl Builder {
    fn check(&self) -> Result<(), ConfigError> {
        if let Some(config) = &self.tool_config {
            config.validate()?;
        }
        if self.max_duration.is_some_and(|limit| limit.is_zero()) {
            let message = "is 0; allowed is more than that";
            return Err(ConfigError::new("max_duration", message));
        }
        Ok(())
    }

    fn runner(&self, tools: &Tools) -> Arc<dyn InferenceRunner> {
        let Some(registry) = &tools.registry else {
            let runner = EngineRunner::new(self.engine()).with_resampling(self.resampling);
            return Arc::new(runner);
        };
        let mut tool_loop =
            ToolLoop::new(self.engine(), registry.clone()).with_resampling(self.resampling);
        if let Some(config) = &tools.config {
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

    /// Adds the settings of every run. Options of the individual run are kept.
    fn equip(&self, ctx: RunContext, tools: &Tools) -> RunContext {
        let mut ctx = ctx
            .with_event_sinks(self.sinks.iter().cloned())
            .with_default_extensions(&self.extensions);
        if let Some(hook) = &self.snapshot_hook {
            ctx = ctx.with_snapshot_hook(Arc::clone(hook));
        }
        if let Some(journal) = &self.journal {
            ctx = ctx.with_journal(Arc::clone(journal));
        }
        if let Some(registry) = &tools.registry {
            ctx = ctx.with_tools(Arc::new(registry.clone()));
        }
        if let Some(limit) = self.max_duration {
            ctx = ctx.with_time_limit(limit);
        }
        ctx
    }
}

#[async_trait]
impl EngineBuilder for Builder {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        self.check()?;
        // A client's tools are known to the run alone, whatever extensions the builder has.
        let client = ctx.extension::<ClientTools>();
        let tools = Tools::of(self.tools.as_ref(), self.tool_config.as_ref(), client)?;
        let runner = Stored::new(self.runner(&tools), self.persister.clone());
        Ok(BuiltRun::new(self.equip(ctx, &tools), Arc::new(runner)))
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
