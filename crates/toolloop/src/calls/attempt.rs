//! [`Attempt`]: one attempt at a tool call.

use std::{pin::pin, sync::Arc, time::Duration};

use geppetto_engine::{Extensions, RunContext, TOOL_CANCEL_GRACE};
use serde_json::Value;
use tokio::time::timeout;
use tracing::Instrument as _;

use super::{
    slot::Slot,
    task::{Place, ToolTask},
};
use crate::{Tool, ToolContext, ToolError, ToolFailure, ToolOutput, ToolTraits};

/// One attempt at a tool call.
pub(super) struct Attempt {
    pub(super) tool: Arc<dyn Tool>,
    pub(super) traits: ToolTraits,
    pub(super) limit: Duration,
    /// Number of the attempt, starting at 1.
    pub(super) number: u32,
}

type Returned = Option<Result<ToolOutput, ToolError>>;

impl Attempt {
    /// Runs the tool. Returns `None` if the calls were stopped before it started.
    ///
    /// At its time limit the tool is notified. A result within the grace period counts, and so does
    /// an error, including its declaration about retries. Then the tool is dropped.
    pub(super) async fn run(
        &self,
        ctx: &RunContext,
        slot: &Arc<Slot>,
        args: Value,
    ) -> Option<Result<ToolOutput, ToolFailure>> {
        let ctx = self.context(ctx, slot);
        // Work that the tool left behind sees that its call is over.
        let told = ctx.run.cancellation().clone().drop_guard();
        let run = ctx.run.clone();
        let mut task = pin!(self.spawn(ctx, slot, args));
        let Some(outcome) = run.within(self.limit, task.as_mut()).await else {
            drop(told);
            return Some(match timeout(TOOL_CANCEL_GRACE, task).await {
                Ok(Ok(Some(returned))) => self.late(returned),
                Ok(Err(message)) => Err(ToolFailure::Panicked(message)),
                Ok(Ok(None)) | Err(_) => Err(ToolFailure::TimedOut(self.limit)),
            });
        };
        match outcome {
            Ok(Some(Ok(output))) => Some(Ok(output)),
            Ok(Some(Err(error))) => Some(Err(ToolFailure::Error(error))),
            Ok(None) => None,
            Err(message) => Some(Err(ToolFailure::Panicked(message))),
        }
    }

    /// Returns the outcome of a tool that returned during the grace period.
    fn late(&self, returned: Result<ToolOutput, ToolError>) -> Result<ToolOutput, ToolFailure> {
        match returned {
            Ok(output) => Ok(output),
            Err(error) => {
                let when = ToolFailure::TimedOut(self.limit);
                Err(ToolFailure::Error(error.after(&when)))
            }
        }
    }

    fn context(&self, ctx: &RunContext, slot: &Slot) -> ToolContext {
        let call = &slot.call;
        let name = match self.number {
            1 => call.id.clone(),
            number => format!("{}/attempt-{number}", call.id),
        };
        ToolContext {
            run: ctx.for_tool_call(&name, slot.key(), &slot.correlation),
            call_id: call.id.clone(),
            tool_name: call.name.clone(),
            idempotency_key: slot.key().to_owned(),
            attempt: self.number,
            resumed: slot.resumed.clone(),
            state: Extensions::default(),
        }
    }

    fn spawn(&self, ctx: ToolContext, slot: &Arc<Slot>, args: Value) -> ToolTask<Returned> {
        let span = tracing::info_span!(
            "execute_tool",
            gen_ai.operation.name = "execute_tool",
            gen_ai.tool.name = slot.call.name,
            gen_ai.tool.call.id = slot.call.id,
            attempt = self.number,
        );
        let (tool, slot) = (Arc::clone(&self.tool), Arc::clone(slot));
        let run = ctx.run.clone();
        let work = async move {
            // The cancellation may happen between the start of the task and its first poll.
            if ctx.run.is_cancelled() {
                return None;
            }
            slot.run();
            // The call is made inside the future, because a tool may panic before it returns one.
            Some(tool.call(ctx, args).await)
        };
        let place = match self.traits.blocking {
            true => Place::Blocking,
            false => Place::Worker,
        };
        ToolTask::spawn(place, run.scope(work.instrument(span)))
    }
}
