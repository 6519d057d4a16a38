//! [`ExternalTool`]: a tool that is executed outside of this process.

use async_trait::async_trait;
use geppetto_engine::ToolDefinition;
use serde_json::Value;

use super::{Tool, ToolContext, ToolError, ToolOutput, ToolTraits};

/// Text of the wait of a call.
pub(crate) const QUESTION: &str = "the client executes this tool and returns its result";

/// A tool that is executed outside of this process ([`ToolTraits::external`]), such as by the
/// client that requested the run.
#[derive(Debug, Clone)]
pub struct ExternalTool(ToolDefinition);

impl ExternalTool {
    /// Creates the tool from its definition.
    #[must_use]
    pub fn new(definition: ToolDefinition) -> Self {
        Self(definition)
    }
}

#[async_trait]
impl Tool for ExternalTool {
    fn definition(&self) -> &ToolDefinition {
        &self.0
    }

    fn traits(&self) -> ToolTraits {
        ToolTraits {
            external: true,
            output_limit: usize::MAX,
            ..ToolTraits::default()
        }
    }

    /// Waits. The loop does not call it.
    async fn call(&self, _: ToolContext, _: Value) -> Result<ToolOutput, ToolError> {
        Err(ToolError::wait(QUESTION))
    }
}
