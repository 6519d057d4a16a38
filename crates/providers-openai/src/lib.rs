//! Inference engine for servers that speak the OpenAI wires.
//!
//! [`ChatEngine`] asks any server of the Chat Completions format: OpenAI, Azure, vLLM, llama.cpp,
//! Ollama, DeepSeek, Mistral, OpenRouter, Groq, LM Studio and the many others.
//! [`ResponsesEngine`] asks servers of the Responses format. Each wire has its own types; neither
//! is made from the other.
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
//! - A request is a function of the turn and the settings. As long as a history only grows at its
//!   end, the messages of the old request stand byte for byte at the beginning of the new one's,
//!   so that prompt caches hit.
//! - A whole reply is the fold of a stream of one event: there is one way from bytes to blocks.
//! - Fields, types and finish reasons that are not known are not errors. Text that a strict reader
//!   refuses is read as well as can be, and what was replaced is said. Nothing follows arguments
//!   that are a whole JSON object. A reply that ends before
//!   the server said that it was complete, an error inside a reply, and an event that cannot be
//!   read always are; what arrived before is in the turn.
//! - Nothing is sent again once something was published.
//! - A piece of text costs one allocation, for its event, and at most one typed parse: none on Chat
//!   Completions where it is the last one with another text (`tests/a_delta_allocates_once.rs`).

mod account;
pub mod chat;
pub mod keys;
mod models;
pub mod responses;

pub use chat::{Chat, ChatEngine, ChatEngineBuilder, ChatOptions, Dialect};
/// The key of [`ChatEngineBuilder::api_key`](geppetto_provider::WireEngineBuilder::api_key), so that an
/// application needs no other crate for it.
pub use geppetto_provider::ApiKey;
pub use responses::{Responses, ResponsesEngine, ResponsesEngineBuilder, ResponsesOptions};
