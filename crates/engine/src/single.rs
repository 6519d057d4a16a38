//! [`EngineRunner`]: a runner that calls an engine once, without tools.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use geppetto_turns::{FinishClass, InferenceResult, Turn};
use tokio::time::Instant;

use crate::{
    AnswerRetries, BuiltRun, Engine, EngineBuilder, EngineError, ErrorKind, InferenceRunner, Limit,
    PendingCall, Phase, Resampling, RunContext, RunReport, RunStatus, RunStop, StoreError, keys,
    steps,
};

/// Maximum number of calls that continue a paused reply ([`FinishClass::Paused`]).
const MOST_CONTINUATIONS: u32 = 20;

/// Calls an engine once per run, without tools or storage. A reply that the provider pauses is continued,
/// at most 20 times ([`FinishClass::Paused`]). Tool calls of the reply stay pending. A
/// run on a turn whose tool calls wait for a person fails ([`ErrorKind::Configuration`]), and the
/// calls keep waiting.
///
/// An answer that does not match its schema is retried if configured
/// ([`StructuredOutput::with_retries`](crate::StructuredOutput::with_retries)). A reply that breaks
/// off is retried ([`Resampling`]), and the context's journal and snapshot hook are called, as in a
/// tool loop. This type is both a runner and its own builder:
/// `Session::new(EngineRunner::new(engine))`.
#[derive(Clone)]
pub struct EngineRunner {
    engine: Arc<dyn Engine>,
    resampling: Resampling,
}

impl EngineRunner {
    /// Creates a runner of `engine`.
    pub fn new(engine: impl Engine + 'static) -> Self {
        Self {
            engine: Arc::new(engine),
            resampling: Resampling::default(),
        }
    }

    /// Sets the resampling of a reply that breaks off after output has begun. Two retries by
    /// default.
    #[must_use]
    pub fn with_resampling(mut self, resampling: Resampling) -> Self {
        self.resampling = resampling;
        self
    }

    async fn pass(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        steps::start(ctx, turn).await?;
        check_nothing_waits(turn)?;
        // Tools offered by an earlier run or another program are not offered here.
        turn.data.remove(&keys::TOOL_DEFINITIONS);
        turn.data.remove(&keys::TOOL_CONFIG);
        let calls_before = ctx.provider_calls();
        let report = |result, stop| {
            let mut report = RunReport::single(result, ctx.total_usage());
            report.stop = stop;
            report.provider_calls = ctx.provider_calls().saturating_sub(calls_before);
            report
        };
        let stopped = |limit| report(InferenceResult::default(), RunStop::LimitReached(limit));
        if let Some(limit) = ctx.limit_reached(turn) {
            return Ok(stopped(limit));
        }
        let started = Instant::now();
        let mut retries = AnswerRetries::new();
        let mut continuations = 0;
        loop {
            let (since, from) = (ctx.provider_calls(), turn.blocks.len());
            let result = self.resampling.sample(&*self.engine, ctx, turn).await;
            turn.assign_block_ids(from, || ctx.next_id());
            let shown = steps::snapshot(ctx, turn, Phase::PostInference);
            let result = match result {
                Ok(result) => result,
                Err(error) if steps::is_time_up(ctx, &error) => {
                    let time = ctx.time_limit(started).unwrap_or_default();
                    return shown.map(|()| stopped(Limit::WallClock(time)));
                }
                Err(error) => return Err(error),
            };
            shown?;
            turn.metadata.remove(&keys::WAITING_FOR);
            if result.finish_class == FinishClass::Paused && continuations < MOST_CONTINUATIONS {
                if let Some(limit) = ctx.limit_reached(turn) {
                    return Ok(report(result, RunStop::LimitReached(limit)));
                }
                continuations += 1;
                continue;
            }
            let Some(rejected) = retries.check(ctx, turn, &result) else {
                let stop = RunStop::after(&result);
                return Ok(report(result, stop));
            };
            if let Some(limit) = ctx.limit_reached(turn) {
                return Ok(report(result, RunStop::LimitReached(limit)));
            }
            rejected.ask(ctx, turn, since);
        }
    }
}

/// Checks that no call waits for a person: without tools, such a call would be lost.
fn check_nothing_waits(turn: &Turn) -> Result<(), EngineError> {
    let waiting = PendingCall::of(turn);
    let Some(first) = waiting.first() else {
        return Ok(());
    };
    let message = format!(
        "the tool call `{}` of `{}` waits for a decision, and this run has no tools: build it with \
         the tools that were on offer, or submit a prompt, which goes on without the call",
        first.call_id, first.tool_name
    );
    Err(EngineError::new(ErrorKind::Configuration, message).with_retryable(false))
}

#[async_trait]
impl InferenceRunner for EngineRunner {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let outcome = self.pass(ctx, turn).await;
        steps::end(ctx, turn, outcome).await
    }

    /// There is no store, so nothing can fail.
    fn persist_now(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl EngineBuilder for EngineRunner {
    async fn build(&self, ctx: RunContext) -> Result<BuiltRun, EngineError> {
        Ok(BuiltRun::new(ctx, Arc::new(self.clone())))
    }
}

impl fmt::Debug for EngineRunner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EngineRunner")
            .field("resampling", &self.resampling)
            .finish_non_exhaustive()
    }
}
