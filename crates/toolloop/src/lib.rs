//! Tools and the tool loop: typed tools, registry, executor, limits, step control.
//!
//! A [`Tool`] is a name, a description, a schema and an async function. A [`ToolLoop`] asks the
//! model, runs the tools that it asks for, and asks again, until the model asks for none. However
//! a run ends (to its end, at a limit, cancelled, failed, dropped half-way), every tool call in
//! the turn has exactly one answer, and its events are complete.
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use geppetto_engine::{
//!     Engine, EngineError, Finish, InferenceRunner, ResponseWriter, RunContext,
//! };
//! use geppetto_toolloop::{
//!     ToolError, ToolLoop, ToolRegistry,
//!     schemars::{self, JsonSchema},
//!     tool_fn,
//! };
//! use geppetto_turns::{FinishClass, InferenceResult, Turn};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize, JsonSchema)]
//! struct WeatherArgs {
//!     /// The city's name.
//!     city: String,
//! }
//!
//! /// Stands in for a provider: asks for the weather, then says it.
//! struct Forecaster;
//!
//! #[async_trait]
//! impl Engine for Forecaster {
//!     async fn run_inference(
//!         &self,
//!         ctx: &RunContext,
//!         turn: &mut Turn,
//!     ) -> Result<InferenceResult, EngineError> {
//!         let answer = turn.tool_answer("call_1").map(|answer| answer.output());
//!         let mut reply = ResponseWriter::start(ctx, turn, "demo", "demo-1");
//!         Ok(match answer {
//!             None => {
//!                 let call = reply.open_tool_call("call_1", "lookup_weather");
//!                 reply.push(call, r#"{"city": "Zurich"}"#);
//!                 reply.finish(Finish::new(FinishClass::ToolCallsPending))
//!             }
//!             Some(weather) => {
//!                 let text = reply.open_text();
//!                 reply.push(text, &format!("It is {weather}."));
//!                 reply.finish(Finish::completed())
//!             }
//!         })
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build()?.block_on(async {
//! let mut tools = ToolRegistry::new();
//! tools.register(tool_fn(
//!     "lookup_weather",
//!     "Weather for a city",
//!     |args: WeatherArgs| async move { Ok::<_, ToolError>(format!("21 C in {}", args.city)) },
//! ))?;
//! let tool_loop = ToolLoop::new(Arc::new(Forecaster), tools);
//!
//! let mut turn = Turn::builder().user("Weather in Zurich?").build();
//! let report = tool_loop.run(&RunContext::new(), &mut turn).await?;
//! assert_eq!(turn.assistant_text(), "It is 21 C in Zurich.");
//! assert_eq!((report.provider_calls, report.tool_calls), (2, 1));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What tools can rely on
//!
//! - Arguments are checked against the tool's schema before it runs. Enforced are `type` (also
//!   lists of types, and OpenAPI's `nullable`), `enum`, `const`, `properties`, `required`,
//!   `additionalProperties`, `items`, `prefixItems`, `minItems`, `maxItems`, `minLength`,
//!   `maxLength`, `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `anyOf`, `oneOf`,
//!   `allOf`, `not`, boolean schemas, and `$ref` into the schema itself. All other keywords, such
//!   as `pattern` and `format`, are hints to the model.
//! - One tool's panic, timeout or error is the answer to its own call and disturbs no other,
//!   unless [`ToolErrorHandling::Abort`](geppetto_engine::ToolErrorHandling) says that a failed
//!   tool ends the run. Calls that are unknown, malformed or rejected never end it: the model can
//!   mend them.
//! - Nothing is run twice, unless [`ToolErrorHandling::Retry`](geppetto_engine::ToolErrorHandling)
//!   says so and it is safe ([`ToolFailure::may_be_repeated`]).
//! - When the run is cancelled, tools see it, have [`TOOL_CANCEL_GRACE`] to return, and are then
//!   dropped. No tool starts after a cancel.
//!
//! # Events
//!
//! Every call that is taken up has `tool-execution-started` (with masked input),
//! `tool-result-ready` and `tool-call-finished`; so have those that are unknown, malformed or
//! rejected. A call that is not taken up, because the run ended before, has the last two.

mod arguments;
mod calls;
mod executor;
mod isolate;
mod registry;
mod sampling;
mod step;
mod stop;
mod tool;
mod tool_loop;

pub use executor::{DefaultExecutor, FailedAttempt, MASK, Rejection, ToolExecutor};
pub use registry::{RegistryError, ToolRegistry};
pub use sampling::{Resampling, snapshot};
pub use schemars;
pub use step::{AtDeadline, DEFAULT_PAUSE, PausePhase, PendingPause, StepController};
pub use stop::TOOL_CANCEL_GRACE;
pub use tool::{
    DEFAULT_OUTPUT_LIMIT, Extension, FnTool, FromToolContext, IntoToolError, IntoToolOutput,
    NoArgs, State, Tool, ToolContext, ToolError, ToolFailure, ToolFn, ToolOutput, ToolTraits,
    raw_tool_fn, tool_fn,
};
pub use tool_loop::ToolLoop;
