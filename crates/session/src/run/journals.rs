//! [`Journals`]: two journals of one run.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    EngineError, JoiningInput, PendingCall, Recorder, RunContext, RunJournal, RunStatus, ToolEffect,
};
use geppetto_turns::{InferenceResult, ToolUse, Turn};

#[cfg(test)]
mod tests;

/// Adds the recorder of a session to the journal of a run.
pub(super) fn journaled(ctx: RunContext, recorder: Arc<dyn Recorder>) -> RunContext {
    let first: Arc<dyn RunJournal> = recorder;
    let Some(second) = ctx.journal().cloned() else {
        return ctx.with_journal(first);
    };
    ctx.with_journal(Arc::new(Journals { first, second }))
}

/// Two journals, called in this order. A step of which the first one fails is not told to the second.
struct Journals {
    first: Arc<dyn RunJournal>,
    second: Arc<dyn RunJournal>,
}

#[async_trait]
impl RunJournal for Journals {
    async fn run_started(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.first.run_started(ctx, turn).await?;
        self.second.run_started(ctx, turn).await
    }

    async fn input_joins(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        input: &[JoiningInput],
    ) -> Result<(), EngineError> {
        self.first.input_joins(ctx, turn, input).await?;
        self.second.input_joins(ctx, turn, input).await
    }

    async fn before_provider_call(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.first.before_provider_call(ctx, turn).await?;
        self.second.before_provider_call(ctx, turn).await
    }

    async fn after_provider_call(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        result: Result<&InferenceResult, &EngineError>,
    ) -> Result<(), EngineError> {
        self.first.after_provider_call(ctx, turn, result).await?;
        self.second.after_provider_call(ctx, turn, result).await
    }

    async fn before_tool(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
    ) -> Result<(), EngineError> {
        self.first.before_tool(ctx, effect).await?;
        self.second.before_tool(ctx, effect).await
    }

    async fn tool_waits(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
        waiting: &PendingCall,
    ) -> Result<(), EngineError> {
        self.first.tool_waits(ctx, effect, waiting).await?;
        self.second.tool_waits(ctx, effect, waiting).await
    }

    async fn after_tool(
        &self,
        ctx: &RunContext,
        effect: &ToolEffect<'_>,
        answer: &ToolUse,
    ) -> Result<(), EngineError> {
        self.first.after_tool(ctx, effect, answer).await?;
        self.second.after_tool(ctx, effect, answer).await
    }

    async fn run_withdrawn(&self, ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
        self.first.run_withdrawn(ctx, turn).await?;
        self.second.run_withdrawn(ctx, turn).await
    }

    async fn run_ended(
        &self,
        ctx: &RunContext,
        turn: &Turn,
        status: &RunStatus,
    ) -> Result<(), EngineError> {
        self.first.run_ended(ctx, turn, status).await?;
        self.second.run_ended(ctx, turn, status).await
    }
}
