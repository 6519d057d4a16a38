//! From settings to an inference engine.
//!
//! [`engine_from_settings`] is the only step between a user's configuration and an
//! [`Engine`](geppetto_engine::Engine): it chooses the provider by its API type, pairs the API key with its address,
//! and passes everything else that the settings carry to the engine.
//!
//! ```
//! use geppetto_factory::engine_from_resolved;
//! use geppetto_settings::{App, MemoryPlatform, Resolver};
//!
//! // `OsPlatform`, the default, is the environment and the disk.
//! let platform = MemoryPlatform::new()
//!     .with_variable("OPENAI_API_KEY", "sk-1234")
//!     .with_variable("PINOCCHIO_AI_ENGINE", "gpt-5-mini");
//! let app = App::new("pinocchio");
//! let resolved = Resolver::new(&app).platform(&platform).resolve()?;
//! let engine = engine_from_resolved(&resolved)?; // Arc<dyn Engine>
//! # let _ = engine;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # API types
//!
//! | type | API | address | key |
//! |---|---|---|---|
//! | `openai` | Chat Completions | OpenAI's by default | required by OpenAI's own server |
//! | `openai-responses` | Responses | of its own name, otherwise that of `openai` | as its address |
//! | `open-responses` | Responses | of its own name, otherwise as `openai-responses` | as its address |
//! | `anyscale`, `fireworks` | Chat Completions | required | optional |
//! | `ollama` | Chat Completions | a local server by default | optional |
//! | `gemini` | generateContent | Google's by default | required by Google's own server |
//! | `claude` = `anthropic` | Messages | Anthropic's by default | required by Anthropic's own server |
//! | `demo` (feature `demo`) | a small substitute for a model, in this process | none | none |
//!
//! # What settings become
//!
//! - The time limit (`client.timeout`) limits the wait for the first byte and between two pieces of a response, never
//!   the whole response.
//! - Penalties, the number of choices and the bias of tokens are request fields of Chat Completions. A
//!   setting that the API does not have, or that the model is known to refuse, is not sent; one `info` event per
//!   call names it.
//! - The structured output applies to turns that set none of their own.
//! - The estimated cost of a call is in its result ([`InferenceResult::cost_usd`](geppetto_turns::InferenceResult::cost_usd))
//!   if the price is known: from `model_info.cost`, or from [`models`] at the provider's own address. Gateways
//!   have prices of their own.
//!
//! # Features
//!
//! `openai` (default): Chat Completions and Responses. `anthropic` (default): Messages. `gemini` (default): generateContent. `demo`: the demo provider, for programs that run
//! without a key.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(
    not(any(feature = "openai", feature = "anthropic", feature = "gemini")),
    allow(dead_code, unreachable_patterns, reason = "what providers share")
)]

mod api_type;
mod build;
#[cfg(feature = "anthropic")]
mod claude;
#[cfg(feature = "demo")]
mod demo;
mod error;
mod factory;
#[cfg(feature = "gemini")]
mod gemini;
mod http;
pub mod models;
#[cfg(feature = "openai")]
mod openai;
mod places;
mod standard;

pub use error::{FactoryError, FactoryErrorKind};
pub use factory::{EngineFactory, engine_from_resolved, engine_from_settings};
pub use standard::StandardFactory;
