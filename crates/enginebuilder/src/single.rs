//! [`SinglePass`]: one reply, without tools.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, InferenceRunner, Limit, Phase, RunContext, RunReport, RunStatus, RunStop,
};
use geppetto_toolloop::Resampling;
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
            journal.run_started(ctx, turn).await?;
        }
        let started = Instant::now();
        let result = self.resampling.sample(&*self.engine, ctx, turn).await;
        ctx.snapshot(turn, Phase::PostInference);
        match result {
            Ok(result) => Ok(report(ctx, result, RunStop::Finished)),
            Err(error) => match ctx.deadline() {
                Some(deadline) if !error.is_cancelled() && deadline <= Instant::now() => {
                    let limit = Limit::WallClock(deadline.saturating_duration_since(started));
                    let result = InferenceResult::default();
                    Ok(report(ctx, result, RunStop::LimitReached(limit)))
                }
                _ => Err(error),
            },
        }
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
        ctx.snapshot(turn, Phase::Final);
        if let Some(journal) = ctx.journal() {
            let status = RunStatus::from(&outcome);
            journal.run_ended(ctx, turn, &status).await?;
        }
        outcome
    }
}
