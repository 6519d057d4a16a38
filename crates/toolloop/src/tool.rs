//! [`Tool`]: a function that a model can call.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use geppetto_engine::{Extensions, ToolDefinition};
use serde_json::Value;

mod context;
mod error;
pub(crate) mod external;
mod extract;
mod function;
mod output;

pub use context::{ResumedCall, ToolContext};
pub use error::{IntoToolError, ToolError, ToolFailure};
pub use external::ExternalTool;
pub use extract::{Extension, FromToolContext, State};
pub use function::{FnTool, NoArgs, ToolFn, raw_tool_fn, tool_fn};
pub(crate) use output::cut;
pub use output::{IntoToolOutput, ToolOutput};

/// Default limit of a tool's output, in bytes: 64 KiB.
pub const DEFAULT_OUTPUT_LIMIT: usize = 64 * 1024;

/// A function that a model may call: a definition, options, and an async function.
///
/// [`tool_fn`] creates one from an async function or closure.
///
/// A tool runs on a separate task. When its time is up or its run ends, it is notified first
/// ([`ToolContext::cancelled`]), has [`TOOL_CANCEL_GRACE`](crate::TOOL_CANCEL_GRACE) to return, and
/// is then dropped. A tool that blocks its thread cannot be dropped: its call is answered anyway,
/// and the tool's later result is ignored. On a multi-thread runtime it delays neither its run nor
/// timers. A tool that declares that it blocks ([`ToolTraits::blocking`]) runs on the blocking pool
/// and delays nothing on any runtime.
#[async_trait]
pub trait Tool: Send + Sync {
    /// Returns the description for the model: name, description and input schema.
    fn definition(&self) -> &ToolDefinition;

    /// Returns the tool's options. Read once, when the tool is registered.
    fn traits(&self) -> ToolTraits {
        ToolTraits::default()
    }

    /// Returns the names of arguments, at any depth, that events must not show. Read when the tool
    /// is registered and at each call.
    ///
    /// Events then show the arguments of the tool's calls only once they are complete, with these
    /// masked, rather than as the model streams them. The history keeps them, because the model has
    /// to see its own call.
    fn secret_args(&self) -> &[String] {
        &[]
    }

    /// Called once, before the tool is registered, with the state of the registry. Ignores it by
    /// default.
    ///
    /// # Errors
    ///
    /// If state required by the tool is missing: the name of its type.
    fn bind_state(&mut self, _state: &Extensions) -> Result<(), &'static str> {
        Ok(())
    }

    /// Runs the tool. `args` is a JSON object that is valid for the schema of the definition.
    ///
    /// # Errors
    ///
    /// If the tool failed. The model receives the message.
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

    /// A shared tool keeps the state that it already has.
    fn bind_state(&mut self, state: &Extensions) -> Result<(), &'static str> {
        Self::get_mut(self).map_or(Ok(()), |tool| tool.bind_state(state))
    }

    async fn call(&self, ctx: ToolContext, args: Value) -> Result<ToolOutput, ToolError> {
        (**self).call(ctx, args).await
    }
}

/// Options of a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolTraits {
    /// Run the tool alone: no other tool of the same run at the same time. `false` by default.
    pub exclusive: bool,
    /// Time limit of one attempt. [`ToolConfig::execution_timeout`](geppetto_engine::ToolConfig) by
    /// default.
    pub timeout: Option<Duration>,
    /// Running the tool twice has the same effect as running it once, so it may be retried after
    /// any failure. `false` by default.
    pub idempotent: bool,
    /// `true` if the same call returns something else later, such as the state of a job. Replies that
    /// call only such tools do not count towards
    /// [`max_identical_calls`](geppetto_engine::ToolConfig::max_identical_calls). `false` by default.
    pub polling: bool,
    /// `true` if the tool blocks its thread, by long computation or by waiting without `await`. It
    /// then runs on the runtime's blocking pool. `false` by default.
    pub blocking: bool,
    /// `true` if the tool is executed outside of this process, such as by the client that requested
    /// the run. Its calls [wait](crate::Rejection::wait) for their result
    /// ([`Decision::Answer`](geppetto_engine::Decision::Answer)): neither hooks nor
    /// [`Tool::call`] run, and the arguments are not validated, which is up to the program that
    /// executes the tool. `false` by default.
    pub external: bool,
    /// Maximum size of the output passed to the model, in bytes; longer output is truncated to this size, and a note
    /// with both sizes follows. [`DEFAULT_OUTPUT_LIMIT`] by default.
    pub output_limit: usize,
}

impl Default for ToolTraits {
    fn default() -> Self {
        Self {
            exclusive: false,
            timeout: None,
            idempotent: false,
            polling: false,
            blocking: false,
            external: false,
            output_limit: DEFAULT_OUTPUT_LIMIT,
        }
    }
}
