//! Test kit for applications of the runtime: scripted engine, scripted provider server, expectations.
//!
//! # The scripted provider server
//!
//! [`ProviderServer`] is a real HTTP server on an ephemeral port of 127.0.0.1 that answers as a
//! model provider would: with the replies that the test wrote down, streamed or whole, at the pace
//! and with the faults that the test asks for. It refuses what the real provider refuses, and it
//! keeps every request for the test to look at.
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
//! - [`reply`]: what the server answers, and every way in which that can go wrong on the wire.
//! - [`server`]: the server, the requests it received, and how it behaves under a paused clock.
//! - [`validate`]: what the real API refuses, as a function from a request to its refusal.
//! - [`engine`]: an engine that says what a test wrote down, without any network.
//! - [`expect`]: what the events of a run should be.
//! - `cassette`, with the feature of that name: interactions recorded once and replayed in every run.
//! - `simulate`, with the feature of that name: sessions whose runs are cut everywhere, and looked at.
//! - `demo`, with the feature of that name: a small deterministic stand-in for a model, for examples that run
//!   without a key.

#![cfg_attr(docsrs, feature(doc_cfg))]

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
pub mod simulate;
pub mod validate;

pub use engine::{Script, ScriptedEngine};
pub use expect::{ExpectationError, ExpectationSink};
pub use reply::{At, Gate, Reply};
pub use server::{ProviderServer, ReceivedRequest};
