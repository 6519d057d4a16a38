//! The most common names: `use geppetto::prelude::*;`.

pub use geppetto_engine::{
    Decision, Engine, EngineError, ErrorKind, Fallback, InferenceConfig, Limits, Middleware, Next,
    RunContext, StructuredOutput, ToolChoice, ToolConfig, async_trait, middleware::SystemPrompt,
};
pub use geppetto_enginebuilder::Builder;
pub use geppetto_events::{Event, EventKind, EventSink, sink_fn};
#[cfg(feature = "host")]
pub use geppetto_host::{CutRuns, Host, HostedSession, NewSession};
#[cfg(any(feature = "openai", feature = "anthropic", feature = "gemini"))]
pub use geppetto_provider::ApiKey;
#[cfg(feature = "anthropic")]
pub use geppetto_providers_anthropic::{MessagesEngine, MessagesOptions};
#[cfg(feature = "gemini")]
pub use geppetto_providers_gemini::{GeminiEngine, GeminiOptions};
#[cfg(feature = "openai")]
pub use geppetto_providers_openai::{
    ChatEngine, ChatOptions, Dialect, ResponsesEngine, ResponsesOptions,
};
pub use geppetto_session::{BusyPolicy, ExecutionHandle, Prompt, RunError, Session, SessionError};
#[cfg(feature = "tools")]
pub use geppetto_toolloop::{
    Rejection, Tool, ToolError, ToolExecutor, ToolRegistry, raw_tool_fn, tool_fn,
};
pub use geppetto_turns::{Block, Turn};
