//! Inference engine for servers with Anthropic's Messages API: Anthropic, and the servers and gateways
//! that speak it (llama.cpp, `LiteLLM`, `DeepSeek`, Moonshot, Z.AI and others).
//!
//! ```no_run
//! use geppetto_engine::{Engine, EngineError, RunContext};
//! use geppetto_providers_anthropic::{ApiKey, Cache, MessagesEngine, MessagesOptions};
//! use geppetto_turns::Turn;
//!
//! async fn ask() -> Result<String, EngineError> {
//!     let engine = MessagesEngine::builder("claude-sonnet-4-5")
//!         .api_key(ApiKey::from_env("ANTHROPIC_API_KEY")?)
//!         .options(MessagesOptions::new().with_cache(Cache::FiveMinutes))
//!         .build()?;
//!     let mut turn = Turn::builder().system("Be terse.").user("Weather in Zurich?").build();
//!     let result = engine.run_inference(&RunContext::new(), &mut turn).await?;
//!     println!("{}: {:?}", result.model, result.usage);
//!     Ok(turn.assistant_text())
//! }
//! ```
//!
//! A base URL may be written with or without the version: `https://api.anthropic.com`,
//! `https://api.anthropic.com/v1`, `http://127.0.0.1:8080`.
//!
//! With a base URL of Vertex AI ([`vertex_url`]), the model is in the address and the version of the API in the body;
//! the key is an access token, best from a token source. Models have their names there
//! (`claude-sonnet-4-5@20250929`).
//!
//! | item | purpose |
//! |---|---|
//! | [`MessagesEngine`], [`MessagesEngineBuilder`] | the engine and its settings |
//! | [`MessagesOptions`] | settings specific to this API |
//! | [`keys`] | keys of turns and blocks of this wire |
//!
//! # Settings
//!
//! Settings in the data of the turn (`geppetto_engine::keys`) take precedence over the engine's
//! defaults. [`keys::CLAUDE_INFERENCE_CONFIG`] is an object of request fields that are passed through
//! unchanged and replace those of the same name; null omits a field. Settings that do not exist in this
//! API (`seed`), and those that the model is known to refuse, are omitted; one `info` event,
//! `settings were not sent`, names them.
//!
//! - *Output limit.* The API requires one. By default 32,000 tokens, or the limit of the model if that is
//!   lower; 8,192 for models of other vendors.
//! - *Thinking.* `thinking_type` is `enabled`, `adaptive` or `disabled`; a `thinking_budget` or a
//!   `reasoning_effort` enables it. Models that decide themselves how much to think get
//!   `adaptive` and the effort; older ones a budget that follows from the effort. Thinking is off in a
//!   call that must use a tool, because the API does not accept both.
//! - *Structured output.* The schema is sent to models that enforce it, without the keywords that the API
//!   refuses, which become notes in descriptions; for others it is described in the instructions.
//!
//! # History
//!
//! Thinking is sent back with its signature to the model that wrote it; thinking of other models, and
//! of other providers, is omitted. If the server refuses a signature, the call is repeated once without
//! any, and an `info` event reports that. Calls and results of the provider's own tools are blocks of kind
//! [`keys::BLOCK_KIND`], which are sent back unchanged to the same server. Their progress is published as
//! [`ServerTool`](geppetto_events::kind::ServerTool) events. Event types without a type in this crate are
//! published as custom events named `anthropic.` followed by the API's name.
//!
//! # Invariants
//!
//! - A request is a pure function of the turn and the settings. As long as a history only grows at its
//!   end, the messages of the previous request are a prefix of the new one's, except for the marks
//!   of the cache.
//! - A single body is folded like a stream.
//! - A reply that ends before its stop reason is an error, never a success; the output so far is in the turn.

mod address;
mod fold;
pub mod keys;
mod messages;
mod options;
mod refused;
mod request;
mod settings;

pub use fold::MessagesFold;
/// Key for [`MessagesEngineBuilder::api_key`](geppetto_provider::WireEngineBuilder::api_key),
/// re-exported so that an application needs no other crate for it.
pub use geppetto_provider::ApiKey;
/// Base URL of Vertex AI, re-exported so that an application needs no other crate for it.
pub use geppetto_provider::rules::vertex_url;
pub use messages::{Messages, MessagesEngine, MessagesEngineBuilder};
pub use options::{Cache, MessagesOptions};
