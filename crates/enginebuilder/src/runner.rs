//! [`Stored`]: a runner that stores its turns.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, InferenceRunner, Persister, RunContext, RunReport, RunStatus, StoreError,
};
use geppetto_turns::Turn;

/// A runner that stores its turns if there is a persister.
pub(crate) struct Stored {
    runner: Arc<dyn InferenceRunner>,
    persister: Option<Arc<dyn Persister>>,
}

impl Stored {
    pub(crate) fn new(
        runner: Arc<dyn InferenceRunner>,
        persister: Option<Arc<dyn Persister>>,
    ) -> Self {
        Self { runner, persister }
    }
}

#[async_trait]
impl InferenceRunner for Stored {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        self.runner.run(ctx, turn).await
    }

    async fn persist(
        &self,
        _ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), StoreError> {
        match &self.persister {
            None => Ok(()),
            Some(persister) => persister.persist(turn, status).await,
        }
    }

    fn persist_now(
        &self,
        _ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), StoreError> {
        match &self.persister {
            None => Ok(()),
            Some(persister) => persister.persist_now(turn, status),
        }
    }
}
