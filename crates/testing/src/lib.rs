//! Test kit for applications of the runtime. None of it needs a network, an API key or sleeps.
//!
//! Most tests need three things:
//!
//! | need | type |
//! |---|---|
//! | a model with scripted replies | [`ScriptedEngine`] and [`Script`] |
//! | a provider on a socket, with faults | [`ProviderServer`] and [`Reply`] |
//! | assertions on the events of a run | [`ExpectationSink`] |
//!
//! # A scripted model
//!
//! [`ScriptedEngine`] is an engine without a network. Each inference plays the next [`Script`].
//!
//! ```
//! use geppetto_testing::{Script, ScriptedEngine};
//!
//! let engine = ScriptedEngine::new([
//!     Script::new().tool_call("call_1", "weather", r#"{"city":"Zurich"}"#),
//!     Script::new().text("It is ").text("21 °C.").usage(20, 6),
//! ]);
//! // The application runs with a clone of it; afterwards the engine knows what it was asked.
//! assert_eq!(engine.turns().len(), 0);
//! ```
//!
//! # A scripted provider
//!
//! [`ProviderServer`] is an HTTP server on an ephemeral port of 127.0.0.1 for applications that
//! create their own engine. It sends the replies of the script, streamed or as one body, with the
//! delays and faults of the script; it refuses what the real provider refuses; and it records every
//! request.
//!
//! ```
//! use geppetto_testing::{ProviderServer, Reply};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let server = ProviderServer::start().await?;
//! server.enqueue(Reply::chat().text("Hel").text("lo").finish("stop").usage(3, 2));
//!
//! // The application under test is given `server.base_url()`; here a bare client stands for it.
//! let answer = reqwest::Client::new()
//!     .post(format!("{}/chat/completions", server.base_url()))
//!     .json(&serde_json::json!({
//!         "model": "test-model",
//!         "stream": true,
//!         "messages": [{"role": "user", "content": "Hi"}],
//!     }))
//!     .send()
//!     .await?
//!     .text()
//!     .await?;
//! assert!(answer.ends_with("data: [DONE]\n\n"));
//!
//! let request = server.next_request().await;
//! request.assert_model("test-model");
//! request.assert_last_message_text("Hi");
//! # Ok(())
//! # }
//! ```
//!
//! # Expectations
//!
//! [`ExpectationSink`] checks the events of a run, and their order.
//!
//! ```
//! use geppetto_testing::ExpectationSink;
//!
//! let expected = ExpectationSink::new()
//!     .event("run-started")
//!     .anything_until("text-segment-started")
//!     .text("It is 21 °C.") // in any number of deltas
//!     .anything_until("run-finished");
//! // The application's session gets `expected.sink()`; afterwards `expected.assert_met()` checks it.
//! assert!(expected.check().is_err());
//! ```
//!
//! # Modules
//!
//! - [`engine`]: scripts of replies, and the engine that plays them.
//! - [`reply`]: replies of the server, and the faults that it injects.
//! - [`server`]: the server, the requests that it received, and its behaviour under a paused clock.
//! - [`expect`]: expectations about the events of a run.
//! - [`validate`]: the refusals of the real API, as functions of a request.
//! - `cassette` (feature): interactions with a provider, recorded once and replayed in every run.
//! - `demo` (feature): a small deterministic substitute for a model, for programs that run without
//!   an API key.
//! - `simulate` (feature): runs that are cancelled and disturbed at every point, with checks after
//!   each.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod api;
#[cfg(feature = "cassette")]
#[cfg_attr(docsrs, doc(cfg(feature = "cassette")))]
pub mod cassette;
#[cfg(feature = "demo")]
#[cfg_attr(docsrs, doc(cfg(feature = "demo")))]
pub mod demo;
pub mod engine;
pub mod expect;
mod json;
pub mod reply;
pub mod server;
#[cfg(feature = "simulate")]
#[cfg_attr(docsrs, doc(cfg(feature = "simulate")))]
pub mod simulate;
pub mod validate;

pub use engine::{Script, ScriptedEngine};
pub use expect::{ExpectationError, ExpectationSink};
pub use reply::{At, Gate, Reply};
pub use server::{ProviderServer, ReceivedRequest};
