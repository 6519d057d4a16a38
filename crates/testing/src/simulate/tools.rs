//! Observed tools.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::ToolDefinition;
use geppetto_toolloop::{
    RegistryError, Tool, ToolContext, ToolError, ToolOutput, ToolRegistry, ToolTraits,
};
use serde_json::Value;

use super::{Cut, Seam, World};

/// One attempt at a tool call, as observed by the tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToolCallLog {
    pub(super) call_id: String,
    pub(super) key: String,
    /// `true` if it started after the run was cancelled.
    pub(super) after_cancel: bool,
    pub(super) end: ToolEnd,
}

/// End of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ToolEnd {
    /// None: it is running, was dropped, or panicked.
    Open,
    Result(String),
    Error(String),
}

impl World {
    /// Returns the same tools, observed: their executions are compared with the history.
    ///
    /// # Errors
    ///
    /// None in practice: the tools were already registered once.
    pub fn tools(&self, registry: &ToolRegistry) -> Result<ToolRegistry, RegistryError> {
        self.seen().watches_tools = true;
        let mut watched = ToolRegistry::new();
        for tool in registry.names().filter_map(|name| registry.get(name)) {
            watched.register(Watched {
                tool: Arc::clone(tool),
                world: self.clone(),
            })?;
        }
        Ok(watched)
    }

    fn tool_begins(&self, ctx: &ToolContext) -> usize {
        // A runtime that is shutting down continues until it is dropped, and no run can detect it
        // before: a tool whose task is already queued may start. After the drop, none can.
        let shuts_down = matches!(self.cut(), Cut::Shutdown(_));
        let mut seen = self.seen();
        let log = ToolCallLog {
            call_id: ctx.call_id.clone(),
            key: ctx.idempotency_key.clone(),
            after_cancel: seen.cancelled.is_some() && !shuts_down && !self.is_second(),
            end: ToolEnd::Open,
        };
        seen.tools.push(log);
        seen.tools.len() - 1
    }

    fn tool_ends(&self, index: usize, end: ToolEnd) {
        if let Some(log) = self.seen().tools.get_mut(index) {
            log.end = end;
        }
    }
}

struct Watched {
    tool: Arc<dyn Tool>,
    world: World,
}

#[async_trait]
impl Tool for Watched {
    fn definition(&self) -> &ToolDefinition {
        self.tool.definition()
    }

    fn traits(&self) -> ToolTraits {
        self.tool.traits()
    }

    fn secret_args(&self) -> &[String] {
        self.tool.secret_args()
    }

    async fn call(&self, ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError> {
        let index = self.world.tool_begins(&ctx);
        let outcome = match self.world.seam(Seam::Tool) {
            Ok(()) => self.tool.call(ctx, args).await,
            Err(error) => Err(ToolError::new(error.to_string())),
        };
        let end = match &outcome {
            Ok(output) => ToolEnd::Result(output.text.clone()),
            Err(error) => ToolEnd::Error(error.to_string()),
        };
        self.world.tool_ends(index, end);
        outcome
    }
}
