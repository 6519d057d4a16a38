//! Contracts of the inference runtime.
//!
//! An [`Engine`] produces the next reply of a conversation. Everything else that it needs comes
//! with the [`RunContext`]: cancellation, event sinks, ids, deadline. [`Middleware`] wraps engines;
//! an [`EngineBuilder`] builds an [`InferenceRunner`] for a session. This crate is independent of
//! providers, tools and HTTP.
//!
//! ```
//! use async_trait::async_trait;
//! use geppetto_engine::{Engine, EngineError, Finish, ResponseWriter, RunContext};
//! use geppetto_turns::{InferenceResult, Turn};
//!
//! /// Says what it was told.
//! struct Echo;
//!
//! #[async_trait]
//! impl Engine for Echo {
//!     async fn run_inference(
//!         &self,
//!         ctx: &RunContext,
//!         turn: &mut Turn,
//!     ) -> Result<InferenceResult, EngineError> {
//!         let heard = turn.blocks.last().and_then(|b| b.text()).unwrap_or_default().to_owned();
//!         // The writer makes blocks and events at once, and keeps both whole on every outcome.
//!         let mut reply = ResponseWriter::start(ctx, turn, "echo", "echo-1");
//!         let text = reply.open_text();
//!         for word in heard.split_inclusive(' ') {
//!             reply.push(text, word);
//!         }
//!         Ok(reply.finish(Finish::completed()))
//!     }
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let mut turn = Turn::builder().user("hello there").build();
//! let result = Echo.run_inference(&RunContext::new(), &mut turn).await?;
//! assert_eq!(turn.assistant_text(), "hello there");
//! assert_eq!(result.finish_class.as_str(), "completed");
//! # Ok::<(), EngineError>(())
//! # }).unwrap();
//! ```

mod answer;
mod client_tools;
mod config;
mod context;
mod engine;
mod error;
mod fallback;
mod hooks;
pub mod isolate;
pub mod middleware;
mod on_wake;
mod pending;
mod response;
mod run;
mod runner;
mod sampling;
pub mod schema;
mod single;
pub mod steps;

pub use async_trait::async_trait;

pub use answer::{AnswerRetries, AnswerRetry, RejectedAnswer};
pub use client_tools::ClientTools;
pub use config::{
    ConfigError, InferenceConfig, OutputMode, RetryConfig, RunSettings, StructuredOutput,
    ToolChoice, ToolConfig, ToolDefinition, ToolErrorHandling, keys,
};
pub use context::{
    Attempts, Cancelled, Extensions, IdSource, InputFate, InputSource, IsolatedIds, JoiningInput,
    RandomIds, RunContext, SeededIds, SetAside,
};
pub use engine::Engine;
pub use error::{EngineError, ErrorKind, RetryLimit};
pub use fallback::{Fallback, FallbackPolicy};
pub use hooks::{
    JOURNAL_TIMEOUT, Persister, Phase, Recorder, RunJournal, SnapshotHook, StoreError, ToolCatalog,
    ToolEffect,
};
pub use middleware::{Middleware, Next, Stack};
pub use on_wake::OnWake;
pub use pending::{Decision, NOT_DECIDED, PendingCall};
pub use response::{
    Completed, Finish, ItemId, ReplyLog, RequestedCall, ResponseWriter, Slot, ToolOffer,
};
pub use run::{ContinuesRuns, ReplacesTurn, RunGuard, run_end};
pub use runner::{
    BuiltRun, EngineBuilder, InferenceRunner, Limit, Limits, RunReport, RunStatus, RunStop,
    RunTotals, SessionTotals, WaitingFor,
};
pub use sampling::Resampling;
pub use single::EngineRunner;
pub use steps::TOOL_CANCEL_GRACE;
