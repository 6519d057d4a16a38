//! Tools and the tool loop: typed tools, registry, executor, limits and step control.
//!
//! A [`Tool`] has a name, a description, a schema and an async function; [`tool_fn`] creates one
//! from a function. An application adds its tools to a [`ToolRegistry`] and passes it to
//! `geppetto_enginebuilder::Builder::tools`. A run of the session is then a tool loop: the model is
//! called, the tools it requests run, and the model is called again, until it requests none.
//!
//! ```
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_testing::{Script, ScriptedEngine};
//! use geppetto_toolloop::{
//!     ToolRegistry,
//!     schemars::{self, JsonSchema},
//!     tool_fn,
//! };
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct Weather {
//!     /// The city's name.
//!     city: String,
//! }
//!
//! async fn weather(args: Weather) -> String {
//!     format!("21 °C in {}", args.city)
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let tools = ToolRegistry::new().with(tool_fn("weather", "The weather in a city", weather))?;
//!
//! // In place of a provider's engine.
//! let engine = ScriptedEngine::new([
//!     Script::new().tool_call("call_1", "weather", r#"{"city": "Zurich"}"#),
//!     Script::new().text("It is 21 °C."),
//! ]);
//! let session = Session::new(Builder::new(engine).tools(tools));
//!
//! let turn = session.submit("Weather in Zurich?").await?.wait().await?;
//! assert_eq!(turn.assistant_text(), "It is 21 °C.");
//! let answer = turn.tool_answer("call_1").ok_or("the call is answered")?;
//! assert_eq!(answer.output(), "21 °C in Zurich");
//! # Ok(())
//! # }
//! ```
//!
//! However a run ends (completed, at a limit, cancelled, failed, dropped), every tool call in the
//! turn has exactly one answer, and its events are complete. [`ToolLoop`] is the loop itself, for
//! programs without a session.
//!
//! # Guarantees
//!
//! - Arguments are validated against the tool's schema before it runs. Enforced keywords are `type`
//!   (also lists of types, and OpenAPI's `nullable`), `enum`, `const`, `properties`, `required`,
//!   `additionalProperties`, `items`, `prefixItems`, `minItems`, `maxItems`, `minLength`,
//!   `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`, `oneOf`,
//!   `allOf`, `not`, boolean schemas, and `$ref` within the schema itself. All other keywords, such
//!   as `pattern` and `format`, are hints to the model.
//! - A panic, timeout or error of a tool becomes the answer to its own call and does not affect
//!   other calls, unless a failed tool is configured to end the run
//!   ([`ToolErrorHandling::Abort`](geppetto_engine::ToolErrorHandling)). Unknown, malformed or
//!   rejected calls never end it: the model can correct them.
//! - No tool is retried, unless [`ToolErrorHandling::Retry`](geppetto_engine::ToolErrorHandling) is
//!   set and the retry is safe ([`ToolFailure::may_be_repeated`]).
//! - When the run is cancelled, running tools are notified, have [`TOOL_CANCEL_GRACE`] to return,
//!   and are then dropped. No tool starts after a cancellation.
//!
//! # Events
//!
//! Every processed call publishes `tool-execution-started` (with masked input), `tool-result-ready`
//! and `tool-call-finished`, even if it is unknown, malformed or rejected. A call that is not
//! processed, because the run ended first, publishes the last two. A call that waits for a person
//! publishes `tool-call-waiting`; in the run that resumes it, `tool-call-resumed` comes first.

mod arguments;
mod calls;
mod executor;
mod isolate;
mod registry;
mod step;
mod tool;
mod tool_loop;

pub use executor::{DefaultExecutor, FailedToolAttempt, MASK, Rejection, ToolExecutor};
pub use geppetto_engine::{Resampling, TOOL_CANCEL_GRACE};
pub use registry::{RegistryError, ToolRegistry};
pub use schemars;
pub use step::{AtDeadline, DEFAULT_PAUSE, PausePhase, PendingPause, StepController};
pub use tool::{
    DEFAULT_OUTPUT_LIMIT, Extension, ExternalTool, FnTool, FromToolContext, IntoToolError,
    IntoToolOutput, NoArgs, ResumedCall, State, Tool, ToolContext, ToolError, ToolFailure, ToolFn,
    ToolOutput, ToolTraits, raw_tool_fn, tool_fn,
};
pub use tool_loop::ToolLoop;
