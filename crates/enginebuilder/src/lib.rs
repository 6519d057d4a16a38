//! Composes what a session runs: an engine, optionally with middleware, tools, event sinks, hooks
//! and storage.
//!
//! ```
//! use geppetto_engine::middleware::SystemPrompt;
//! use geppetto_enginebuilder::Builder;
//! use geppetto_session::Session;
//! use geppetto_testing::{Script, ScriptedEngine};
//! use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
//!
//! #[derive(serde::Deserialize, schemars::JsonSchema)]
//! struct Lookup { city: String }
//!
//! async fn lookup(args: Lookup) -> Result<String, ToolError> {
//!     Ok(format!("21 °C in {}", args.city))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! // Stands for a provider's engine.
//! let engine = ScriptedEngine::new([
//!     Script::new().tool_call("call_1", "lookup", r#"{"city":"Zurich"}"#),
//!     Script::new().text("It is 21 °C in Zurich."),
//! ]);
//! let tools = ToolRegistry::new().with(tool_fn("lookup", "The weather in a city", lookup))?;
//! let builder = Builder::new(engine)
//!     .middleware(SystemPrompt::new("You are terse."))
//!     .tools(tools); // present: a tool loop; absent: a single pass
//!
//! let turn = Session::new(builder).submit("Weather in Zurich?").await?.wait().await?;
//! assert_eq!(turn.tool_answer("call_1").unwrap().output(), "21 °C in Zurich");
//! assert_eq!(turn.assistant_text(), "It is 21 °C in Zurich.");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod builder;
mod runner;
mod tools;

pub use builder::Builder;
