//! Implementations of the hooks for [`Arc`]. Each method is forwarded, including those with a
//! default.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_turns::{InferenceResult, ToolUse, Turn};

use super::{Persister, Phase, RunJournal, SnapshotHook, StoreError, ToolEffect};
use crate::{EngineError, JoiningInput, PendingCall, RunContext, RunStatus};

impl<H: SnapshotHook + ?Sized> SnapshotHook for Arc<H> {
    fn snapshot(&self, ctx: &RunContext, turn: &Turn, phase: Phase) {
        (**self).snapshot(ctx, turn, phase);
    }
}

#[async_trait]
impl<P: Persister + ?Sized> Persister for Arc<P> {
    async fn persist(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        (**self).persist(turn, status).await
    }

    fn persist_now(&self, turn: &Turn, status: &RunStatus) -> Result<(), StoreError> {
        (**self).persist_now(turn, status)
    }
}

#[async_trait]
impl<J: RunJournal + ?Sized> RunJournal for Arc<J> {
    async fn run_started(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        (**self).run_started(ctx, turn).await
    }

    async fn input_joins(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        (**self).input_joins(ctx, turn, input).await
    }

    async fn before_provider_call(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        (**self).before_provider_call(ctx, turn).await
    }

    async fn after_provider_call(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        (**self).after_provider_call(ctx, turn, result).await
    }

    async fn before_tool(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        (**self).before_tool(ctx, effect).await
    }

    async fn tool_waits(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
        waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        (**self).tool_waits(ctx, effect, waiting).await
    }

    async fn after_tool(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
        answer: &ToolUse,
    ) -> Result<(), EngineError> {
        (**self).after_tool(ctx, effect, answer).await
    }

    async fn run_withdrawn(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        (**self).run_withdrawn(ctx, turn).await
    }

    async fn run_ended(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), EngineError> {
        (**self).run_ended(ctx, turn, status).await
    }
}
