//! Parts of a run that pass their seam: middleware, hooks, sink, journal, persister, ids.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, IdSource, Middleware, Next, Persister, Phase, RunContext, RunJournal,
    RunStatus, SeededIds, SnapshotHook, StoreError, ToolEffect,
};
use geppetto_enginebuilder::Builder;
use geppetto_events::{Event, EventSink};
use geppetto_toolloop::ToolExecutor;
use geppetto_turns::{InferenceResult, ToolUse, Turn};

use super::{Seam, World, executor::SeamExecutor, world::Stored};

impl World {
    /// Creates a builder of runs over `engine` with a component at every seam: a middleware, the
    /// tool executor's hooks, a sink, a persister, a journal, a snapshot hook. They only pass their
    /// seam, so that an application can add its own components.
    pub fn builder(&self, engine: impl Engine + 'static) -> Builder {
        self.builder_with(engine, SeamExecutor::new(self.clone(), None))
    }

    /// Like [`builder`](Self::builder), around the hooks of an application's own executor.
    pub fn builder_with_executor(
        &self,
        engine: impl Engine + 'static,
        executor: impl ToolExecutor + 'static,
    ) -> Builder {
        let executor: Arc<dyn ToolExecutor> = Arc::new(executor);
        self.builder_with(engine, SeamExecutor::new(self.clone(), Some(executor)))
    }

    fn builder_with(&self, engine: impl Engine + 'static, executor: SeamExecutor) -> Builder {
        let part = || Part(self.clone());
        Builder::new(SeamEngine {
            engine,
            world: self.clone(),
        })
        .middleware(part())
        .event_sink(Arc::new(part()))
        .tool_executor(Arc::new(executor))
        .snapshot_hook(Arc::new(part()))
        .journal(Arc::new(part()))
        .persister(Arc::new(self.persister(Duration::ZERO)))
    }

    /// Creates a persister that takes up to `most` and passes its seam.
    pub fn persister(&self, most: Duration) -> impl Persister + use<> {
        SlowPersister {
            world: self.clone(),
            takes: self.delay(most),
        }
    }

    /// Returns the session's id source.
    pub(super) fn ids(&self) -> Arc<dyn IdSource> {
        Arc::new(SeamIds {
            ids: SeededIds::new(self.seed()),
            world: self.clone(),
        })
    }
}

/// A component that only passes its seam.
struct Part(World);

impl Part {
    fn journal(&self) -> Result<(), EngineError> {
        self.0.seam(Seam::Journal)
    }
}

#[async_trait]
impl Middleware for Part {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.0.seam(Seam::Middleware)?;
        let outcome = next.run(ctx, turn).await;
        self.0.seam(Seam::Middleware)?;
        outcome
    }
}

impl EventSink for Part {
    fn publish(&self, _event: &Event) {
        // A sink cannot fail, only panic.
        let _ = self.0.seam(Seam::Sink);
    }
}

impl SnapshotHook for Part {
    fn snapshot(&self, _ctx: &RunContext, _turn: &Turn, _phase: Phase) {
        // A snapshot hook cannot fail, only panic.
        let _ = self.0.seam(Seam::Snapshot);
    }
}

#[async_trait]
impl RunJournal for Part {
    async fn run_started(&self, _ctx: &RunContext, _turn: &Turn) -> Result<(), EngineError> {
        self.journal()
    }

    async fn before_provider_call(&self, _: &RunContext, _: &Turn) -> Result<(), EngineError> {
        self.journal()
    }

    async fn after_provider_call(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        self.journal()
    }

    async fn before_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        self.journal()
    }

    async fn after_tool(
        &self,
        _ctx: &RunContext,
        _effect: &ToolEffect<'_>,
        _answer: &ToolUse,
    ) -> Result<(), EngineError> {
        self.journal()
    }

    async fn run_ended(
        &self,
        _ctx: &RunContext,
        _turn: &Turn,
        _status: &RunStatus,
    ) -> Result<(), EngineError> {
        self.journal()
    }
}

struct SeamEngine<E> {
    engine: E,
    world: World,
}

#[async_trait]
impl<E: Engine> Engine for SeamEngine<E> {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        self.world.seam(Seam::Engine)?;
        self.engine.run_inference(ctx, turn).await
    }
}

struct SeamIds {
    ids: SeededIds,
    world: World,
}

impl IdSource for SeamIds {
    fn next_id(&self) -> String {
        // An id source cannot fail, only panic.
        let _ = self.world.seam(Seam::Ids);
        self.ids.next_id()
    }
}

struct SlowPersister {
    world: World,
    takes: Duration,
}

#[async_trait]
impl Persister for SlowPersister {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        let failed = |error: EngineError| StoreError::new(error.to_string());
        self.world.seam(Seam::Persister).map_err(failed)?;
        if !self.takes.is_zero() {
            tokio::time::sleep(self.takes).await;
        }
        let stored = Stored {
            turn: turn.clone(),
            status: status.clone(),
            first: !self.world.is_second(),
        };
        self.world.seen().stored.push(stored);
        Ok(())
    }
}
