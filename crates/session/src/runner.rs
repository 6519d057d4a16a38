//! [`EngineRunner`]: the simplest thing that a session can run.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineBuilder, EngineError, InferenceRunner, Phase, RunContext, RunReport, RunStatus,
    StoreError,
};
use geppetto_turns::Turn;

/// Runs an engine once an inference: no middleware, no tools, no storage. For more there is the
/// engine builder's own crate.
#[derive(Clone)]
pub struct EngineRunner {
    engine: Arc<dyn Engine>,
}

impl EngineRunner {
    /// A runner of `engine`.
    pub fn new(engine: impl Engine + 'static) -> Self {
        Self {
            engine: Arc::new(engine),
        }
    }
}

#[async_trait]
impl InferenceRunner for EngineRunner {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        let result = self.engine.run_inference(ctx, turn).await;
        ctx.snapshot(turn, Phase::Final);
        Ok(RunReport::single(result?, ctx.total_usage()))
    }

    /// There is no store.
    fn persist_now(&self, _: &RunContext, _: &Turn, _: &RunStatus) -> Result<(), StoreError> {
        Ok(())
    }
}

impl EngineBuilder for EngineRunner {
    fn build(
        &self,
        _ctx: &RunContext,
        _session_id: &str,
    ) -> Result<Arc<dyn InferenceRunner>, EngineError> {
        Ok(Arc::new(self.clone()))
    }
}

impl std::fmt::Debug for EngineRunner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EngineRunner").finish_non_exhaustive()
    }
}
