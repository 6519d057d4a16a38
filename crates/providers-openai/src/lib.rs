//! Inference engine for servers that speak the OpenAI wires.
//!
//! [`ResponsesEngine`] asks servers of the Responses format.
//!
//! ```no_run
//! use geppetto_engine::{Engine, EngineError, RunContext};
//! use geppetto_providers_openai::ResponsesEngine;
//! use geppetto_transport::ApiKey;
//! use geppetto_turns::Turn;
//!
//! async fn ask() -> Result<String, EngineError> {
//!     let engine = ResponsesEngine::builder("gpt-5-mini")
//!         .api_key(ApiKey::from_env("OPENAI_API_KEY")?)
//!         .build()?;
//!     let mut turn = Turn::builder().system("Be terse.").user("Weather in Zurich?").build();
//!     let result = engine.run_inference(&RunContext::new(), &mut turn).await?;
//!     println!("{}: {:?}", result.model, result.usage);
//!     Ok(turn.assistant_text())
//! }
//! ```

pub mod responses;

pub use responses::{ResponsesEngine, ResponsesEngineBuilder, ResponsesOptions};
