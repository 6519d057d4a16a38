//! [`SinglePass`]: one reply, without tools.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, InferenceRunner, Limit, Phase, RunContext, RunReport,
    RunStatus, RunStop, isolate, keys,
};
use geppetto_toolloop::{Resampling, snapshot};
use geppetto_turns::{InferenceResult, Turn};
use tokio::time::Instant;

/// Asks once, and again where the reply breaks off. Tool calls stay pending.
pub(crate) struct SinglePass {
    engine: Arc<dyn Engine>,
    resampling: Resampling,
}

impl SinglePass {
    pub(crate) fn new(engine: Arc<dyn Engine>, resampling: Resampling) -> Self {
        Self { engine, resampling }
    }

    async fn pass(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        if let Some(journal) = ctx.journal() {
            isolate::journaled(journal.run_started(ctx, turn)).await?;
        }
        // What an earlier run or another program offered is not on offer here.
        turn.data.remove(&keys::TOOL_DEFINITIONS);
        turn.data.remove(&keys::TOOL_CONFIG);
        let started = Instant::now();
        let from = turn.blocks.len();
        let result = self.resampling.sample(&*self.engine, ctx, turn).await;
        turn.assign_block_ids(from, || ctx.next_id());
        let shown = snapshot(ctx, turn, Phase::PostInference);
        let report = match result {
            Ok(result) => {
                let stop = RunStop::after(&result);
                report(ctx, result, stop)
            }
            Err(error) => match ctx.deadline() {
                Some(deadline)
                    if error.kind() == ErrorKind::Timeout && deadline <= Instant::now() =>
                {
                    let limit = Limit::WallClock(ctx.time_limit(started).unwrap_or_default());
                    let result = InferenceResult::default();
                    report(ctx, result, RunStop::LimitReached(limit))
                }
                _ => return Err(error),
            },
        };
        shown.map(|()| report)
    }
}

fn report(ctx: &RunContext, result: InferenceResult, stop: RunStop) -> RunReport {
    let mut report = RunReport::single(result, ctx.total_usage());
    report.stop = stop;
    report.provider_calls = ctx.provider_calls();
    report
}

#[async_trait]
impl InferenceRunner for SinglePass {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let outcome = self.pass(ctx, turn).await;
        let shown = snapshot(ctx, turn, Phase::Final);
        let outcome = outcome.and_then(|report| shown.map(|()| report));
        let Some(journal) = ctx.journal() else {
            return outcome;
        };
        let status = RunStatus::from(&outcome);
        let told = isolate::journaled(journal.run_ended(ctx, turn, &status)).await;
        // The first thing that went wrong is why the run ended.
        outcome.and_then(|report| told.map(|()| report))
    }
}
