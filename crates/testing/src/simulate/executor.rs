//! [`SeamExecutor`]: hooks of tool calls, each with a seam.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{RunContext, ToolConfig};
use geppetto_events::kind::{ToolExecutionStarted, ToolResultReady};
use geppetto_toolloop::{DefaultExecutor, FailedToolAttempt, Rejection, Tool, ToolExecutor};
use geppetto_turns::{Args, ToolCall};

use super::{Seam, World};

/// Hooks that pass their seam, around an application's own or the default ones.
pub(super) struct SeamExecutor {
    world: World,
    inner: Arc<dyn ToolExecutor>,
}

impl SeamExecutor {
    pub(super) fn new(world: World, inner: Option<Arc<dyn ToolExecutor>>) -> Self {
        Self {
            world,
            inner: inner.unwrap_or_else(|| Arc::new(DefaultExecutor)),
        }
    }

    /// For hooks that can reject a call.
    fn asked(&self) -> Result<(), Rejection> {
        let passed = self.world.seam(Seam::Admission);
        passed.map_err(|error| Rejection::new(error.to_string()))
    }

    /// For hooks that cannot fail, only panic.
    fn told(&self) {
        let _ = self.world.seam(Seam::Hook);
    }
}

#[async_trait]
impl ToolExecutor for SeamExecutor {
    async fn pre_execute(&self, ctx: &RunContext, call: &ToolCall) -> Result<Args, Rejection> {
        self.asked()?;
        self.inner.pre_execute(ctx, call).await
    }

    async fn is_allowed(
        &self,
        ctx: &RunContext,
        call: &ToolCall,
        tool: &dyn Tool,
    ) -> Result<(), Rejection> {
        self.asked()?;
        self.inner.is_allowed(ctx, call, tool).await
    }

    fn mask_arguments(&self, call: &ToolCall, tool: Option<&dyn Tool>) -> String {
        self.told();
        self.inner.mask_arguments(call, tool)
    }

    fn publish_start(&self, ctx: &RunContext, event: &mut ToolExecutionStarted) {
        self.told();
        self.inner.publish_start(ctx, event);
    }

    fn publish_result(&self, ctx: &RunContext, event: &mut ToolResultReady) {
        self.told();
        self.inner.publish_result(ctx, event);
    }

    fn should_retry(&self, attempt: &FailedToolAttempt<'_>) -> Option<Duration> {
        self.told();
        self.inner.should_retry(attempt)
    }

    fn max_parallel(&self, config: &ToolConfig) -> usize {
        self.told();
        self.inner.max_parallel(config)
    }
}
