//! [`Tool`]: something that a model may ask for.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::ToolDefinition;
use serde_json::Value;

mod context;
mod error;
mod function;
mod output;
mod schema;

pub use context::ToolContext;
pub use error::{ToolError, ToolFailure};
pub use function::{FnTool, NoArgs, ToolFn, raw_tool_fn, tool_fn};
pub use output::ToolOutput;
pub(crate) use output::cut;

/// How many bytes of a tool's output the model gets by default: 64 KiB.
pub const DEFAULT_OUTPUT_LIMIT: usize = 64 * 1024;

/// Something that a model may ask for: a definition, traits, and an async function.
///
/// [`tool_fn`] makes one from a closure.
///
/// A tool runs on its run's own task: it shares the thread with the other tools of the same model
/// output, and it is stopped by dropping its future, at once, when its time is up or its run is
/// abandoned. Work that computes for long, or blocks, belongs on
/// [`spawn_blocking`](tokio::task::spawn_blocking).
#[async_trait]
pub trait Tool: Send + Sync {
    /// How the model is told of the tool.
    fn definition(&self) -> &ToolDefinition;

    /// How the tool may be run. Read once, when it is registered.
    fn traits(&self) -> ToolTraits {
        ToolTraits::default()
    }

    /// The names of arguments that must not be seen in events, at any depth. Read when the tool is
    /// registered, and at each call.
    ///
    /// Events then show the arguments of the tool's calls once they are whole, with these masked,
    /// and not as the model writes them. The history keeps them, because the model has to see what
    /// it wrote.
    fn secret_args(&self) -> &[String] {
        &[]
    }

    /// Runs the tool. `args` is a JSON object that fits the definition's schema.
    ///
    /// # Errors
    ///
    /// When the tool failed; the model gets the message.
    async fn call(&self, ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError>;
}

#[async_trait]
impl<T: Tool + ?Sized> Tool for Arc<T> {
    fn definition(&self) -> &ToolDefinition {
        (**self).definition()
    }

    fn traits(&self) -> ToolTraits {
        (**self).traits()
    }

    fn secret_args(&self) -> &[String] {
        (**self).secret_args()
    }

    async fn call(&self, ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError> {
        (**self).call(ctx, args).await
    }
}

/// How a tool may be run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolTraits {
    /// Whether the tool runs alone: while it runs, no other tool of the same run does. False by
    /// default.
    pub exclusive: bool,
    /// How long one attempt may take; where absent,
    /// [`ToolConfig::execution_timeout`](geppetto_engine::ToolConfig) says.
    pub timeout: Option<Duration>,
    /// Whether running the tool twice has the effect of running it once, so that it may be tried
    /// again whatever happened. False by default.
    pub idempotent: bool,
    /// How many bytes of output the model gets; what is beyond is cut, visibly.
    /// [`DEFAULT_OUTPUT_LIMIT`] by default.
    pub output_limit: usize,
}

impl Default for ToolTraits {
    fn default() -> Self {
        Self {
            exclusive: false,
            timeout: None,
            idempotent: false,
            output_limit: DEFAULT_OUTPUT_LIMIT,
        }
    }
}
