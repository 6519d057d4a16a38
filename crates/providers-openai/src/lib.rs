//! Inference engines for servers with OpenAI's wire formats.
//!
//! [`ChatEngine`] calls any server in the Chat Completions format: OpenAI, Azure, vLLM, llama.cpp,
//! Ollama, DeepSeek, Mistral, OpenRouter, Groq, LM Studio and many others. [`ResponsesEngine`]
//! calls servers in the Responses format. Each wire has its own types; neither is converted from
//! the other.
//!
//! ```no_run
//! use geppetto_engine::{Engine, EngineError, RunContext};
//! use geppetto_providers_openai::{ApiKey, ChatEngine};
//! use geppetto_turns::Turn;
//!
//! async fn ask() -> Result<String, EngineError> {
//!     let engine = ChatEngine::builder("gpt-5-mini")
//!         .api_key(ApiKey::from_env("OPENAI_API_KEY")?)
//!         .build()?;
//!     let mut turn = Turn::builder().system("Be terse.").user("Weather in Zurich?").build();
//!     let result = engine.run_inference(&RunContext::new(), &mut turn).await?;
//!     println!("{}: {:?}", result.model, result.usage);
//!     Ok(turn.assistant_text())
//! }
//! ```
//!
//! A local server needs no key: `ChatEngine::builder("qwen3").base_url("http://127.0.0.1:8080/v1")`.
//!
//! # Invariants
//!
//! - A request is a pure function of the turn and the settings. As long as a history only grows at
//!   its end, the messages of the previous request are a byte-for-byte prefix of the new one's, so
//!   that prompt caches hit.
//! - A single body is the fold of a stream of one event: there is one implementation from bytes to
//!   blocks.
//! - Unknown fields, types and finish reasons are not errors. Text that a strict parser rejects is
//!   read as far as possible, and replacements are reported. Text after arguments that are a
//!   complete JSON object does not belong to them. Always errors are a reply that ends before its
//!   completion marker, an error within a reply, and an event that cannot be parsed; the output so
//!   far is in the turn.
//! - Nothing is sent again once output was published.
//! - A text delta costs one allocation, for its event, and at most one typed parse: none on Chat
//!   Completions if it equals the previous event except for its text
//!   (`tests/a_delta_allocates_once.rs`).

mod account;
pub mod chat;
pub mod keys;
mod models;
mod refused;
pub mod responses;

pub use chat::{Chat, ChatEngine, ChatEngineBuilder, ChatOptions, Dialect};
/// Key for [`ChatEngineBuilder::api_key`](geppetto_provider::WireEngineBuilder::api_key),
/// re-exported so that an application needs no other crate for it.
pub use geppetto_provider::ApiKey;
pub use responses::{Responses, ResponsesEngine, ResponsesEngineBuilder, ResponsesOptions};
