//! [`Runner`]: what the builder makes.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    EngineBuilder, EngineError, InferenceRunner, Persister, RunContext, RunReport, RunStatus,
    StoreError,
};
use geppetto_turns::Turn;

use crate::Builder;

/// Runs a single pass or a tool loop, and stores the turn.
pub(crate) struct Runner {
    inner: Arc<dyn InferenceRunner>,
    builder: Builder,
    persister: Option<Arc<dyn Persister>>,
}

impl Runner {
    pub(crate) fn new(
        inner: Arc<dyn InferenceRunner>,
        builder: Builder,
        persister: Option<Arc<dyn Persister>>,
    ) -> Self {
        Self {
            inner,
            builder,
            persister,
        }
    }
}

#[async_trait]
impl InferenceRunner for Runner {
    async fn run(&self, ctx: &RunContext, turn: &mut Turn) -> Result<RunReport, EngineError> {
        // A session has prepared the context before its first event; without a session, this is
        // the place. Preparing twice changes nothing.
        let ctx = self.builder.prepare(ctx.clone());
        self.inner.run(&ctx, turn).await
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
