//! Inference engine for Google's `generateContent` API.
//!
//! [`GeminiEngine`] calls the Gemini Developer API, Vertex AI, and gateways in the same format.
//!
//! ```no_run
//! use geppetto_engine::{Engine, EngineError, RunContext};
//! use geppetto_providers_gemini::{ApiKey, GeminiEngine, GeminiOptions};
//! use geppetto_turns::Turn;
//!
//! async fn ask() -> Result<String, EngineError> {
//!     let engine = GeminiEngine::builder("gemini-2.5-flash")
//!         .api_key(ApiKey::from_env("GEMINI_API_KEY")?)
//!         .options(GeminiOptions::new().with_include_thoughts(true))
//!         .build()?;
//!     let mut turn = Turn::builder().system("Be terse.").user("Weather in Zurich?").build();
//!     let result = engine.run_inference(&RunContext::new(), &mut turn).await?;
//!     println!("{}: {:?}", result.model, result.usage);
//!     Ok(turn.assistant_text())
//! }
//! ```
//!
//! # Addresses
//!
//! | server | base URL | key |
//! |---|---|---|
//! | Gemini Developer API | the default | an API key, in `x-goog-api-key` |
//! | Vertex AI | [`vertex_url`] | a token source, or a token as key: `authorization: Bearer` |
//! | Vertex AI in express mode | `https://aiplatform.googleapis.com` | an API key |
//! | a gateway | its URL, with or without `/v1beta` | as [`GeminiOptions::bearer`] says |
//!
//! # Settings
//!
//! Settings in the data of the turn (`geppetto_engine::keys`) take precedence over the engine's
//! defaults. [`keys::GEMINI_INFERENCE_CONFIG`] is an object of request fields in the API's format
//! (`safetySettings`, `cachedContent`, `generationConfig`, `tools`, ...): objects are merged field by
//! field with those of the engine, tools are added to them, other fields replace them; null omits a
//! field.
//!
//! `reasoning_effort` is the thinking level of models since Gemini 3, and a budget of tokens for
//! Gemini 2.5; `thinking_budget` is a budget for both. `reasoning_summary`, unless it is `none`,
//! requests summaries of the thoughts ([`GeminiOptions::include_thoughts`]). A setting that the API
//! or the model does not have is not sent, and one `info` event, `settings were not sent`, names it.
//!
//! # Blocks
//!
//! Thoughts are reasoning blocks. Thought signatures are in the metadata of their blocks
//! ([`keys::THOUGHT_SIGNATURE`]) and are sent back in their place, to the server and the model that
//! created them. Parts of built-in tools and generated media are blocks of kind
//! [`keys::PART_KIND`]; they are sent back unchanged to the same server.
//!
//! A call without an id has one in the turn, which is not sent. A call of another model has no
//! signature; Gemini 3 receives the documented placeholder.
//!
//! # Invariants
//!
//! - A request is a pure function of the turn and the settings. As long as a history only grows at
//!   its end, the contents of the previous request are a byte-for-byte prefix of the new one's.
//! - A single body is the fold of a stream of one chunk.
//! - A stream without a finish reason is truncated. A prompt that the server blocks is an error of
//!   kind `ContentFiltered`; a blocked reply has the class `Refused`, and its calls are not run.
//! - Unknown fields, parts and finish reasons are not errors.

mod address;
mod fold;
mod gemini;
pub mod keys;
mod models;
mod options;
mod refused;
mod request;
mod thinking;
mod wire;

pub use fold::GeminiFold;
pub use gemini::{Gemini, GeminiEngine, GeminiEngineBuilder};
/// Key for [`GeminiEngineBuilder::api_key`](geppetto_provider::WireEngineBuilder::api_key),
/// re-exported so that an application needs no other crate for it.
pub use geppetto_provider::ApiKey;
/// Base URL of Vertex AI, re-exported so that an application needs no other crate for it.
pub use geppetto_provider::rules::vertex_url;
pub use options::{GeminiOptions, SafetySetting};
