//! [`Watched`]: an engine builder whose runs are counted, interrupted and observed.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use async_trait::async_trait;
use geppetto_engine::{
    BuiltRun, EngineBuilder, EngineError, InferenceRunner, RunContext, RunReport, RunStatus,
    StoreError,
};
use geppetto_events::{Event, EventSink, MemorySink};
use geppetto_turns::Turn;
use tokio::time::Instant;

use super::{Seam, World, observation::Recorder, world::Stored};

/// An engine builder whose runs are counted, cut and observed.
pub(super) struct Watched {
    pub(super) builder: Arc<dyn EngineBuilder>,
    pub(super) world: World,
    /// Receives every event of every run.
    pub(super) events: Arc<MemorySink>,
    pub(super) recorder: Recorder,
}

#[async_trait]
impl EngineBuilder for Watched {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        self.world.seam(Seam::Builder)?;
        let BuiltRun { ctx, runner, .. } = self.builder.build(ctx).await?;
        let events: Arc<dyn EventSink> = self.events.clone();
        let cutting: Arc<dyn EventSink> = Arc::new(CuttingSink(self.world.clone()));
        let ctx = self.recorder.watch(ctx.with_event_sinks([events, cutting]));
        let world = self.world.clone();
        Ok(BuiltRun::new(
            ctx,
            Arc::new(WatchedRunner { runner, world }),
        ))
    }
}

/// Cancels within an event.
struct CuttingSink(World);

impl EventSink for CuttingSink {
    fn publish(&self, _event: &Event) {
        self.0.event();
    }
}

struct WatchedRunner {
    runner: Arc<dyn InferenceRunner>,
    world: World,
}

#[async_trait]
impl InferenceRunner for WatchedRunner {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        Counted {
            future: self.runner.run(ctx, turn),
            world: &self.world,
        }
        .await
    }

    async fn persist(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), StoreError> {
        let stored = Stored {
            turn: turn.clone(),
            status: status.clone(),
            first: !self.world.is_second(),
        };
        self.world.seen().persisted.push(stored);
        let begun = Instant::now();
        let outcome = Counted {
            future: self.runner.persist(ctx, turn, status),
            world: &self.world,
        }
        .await;
        self.world.seen().storing += begun.elapsed();
        outcome
    }
}

/// Counts the polls and the waits of a future, and cuts there.
struct Counted<'a, F> {
    future: F,
    world: &'a World,
}

impl<F: Future + Unpin> Future for Counted<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        self.world.before_poll();
        let polled = pin!(&mut self.future).poll(cx);
        if polled.is_pending() {
            self.world.waits();
        }
        polled
    }
}
