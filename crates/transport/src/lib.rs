//! HTTP transport for model providers: SSE, timeouts, retries with a budget, redaction.
//!
//! The provider-independent part of an engine: sending a request with time limits, retrying it
//! within a budget, converting a failure into an [`EngineError`](geppetto_engine::EngineError), and
//! reading the reply as server-sent events. Wire formats are out of scope.
//!
//! ```no_run
//! use geppetto_engine::EngineError;
//! use geppetto_transport::{ApiKey, HttpClient, ReqwestTransport, Request};
//!
//! async fn stream(prompt_as_json: String) -> Result<(), EngineError> {
//!     let client = HttpClient::new(ReqwestTransport::new()?);
//!     let request = Request::post("https://api.openai.com/v1/chat/completions")
//!         .with_bearer(&ApiKey::from_env("OPENAI_API_KEY")?)?
//!         .with_json(prompt_as_json);
//!
//!     let mut events = client.open(&request).await?.into_sse();
//!     while let Some(event) = events.next().await? {
//!         println!("{}: {}", event.event, event.data);
//!     }
//!     assert!(!events.ended_mid_event(), "the reply was cut off");
//!     Ok(())
//! }
//! ```
//!
//! In tests the network is a value. With tokio's paused clock, delays and stalls are exact and take
//! no real time:
//!
//! ```
//! use geppetto_transport::{HttpClient, Request, memory::{MemoryTransport, Reply}};
//! use http::StatusCode;
//!
//! # #[tokio::main(flavor = "current_thread", start_paused = true)]
//! # async fn main() -> Result<(), geppetto_engine::EngineError> {
//! let client = HttpClient::new(MemoryTransport::new([
//!     Reply::new(StatusCode::SERVICE_UNAVAILABLE).chunk("busy"),
//!     Reply::ok().chunk("data: hel").chunk("lo\n\n"),
//! ]));
//! let mut events = client.open(&Request::post("http://model.test/")).await?.into_sse();
//! assert_eq!(events.next().await?.map(|event| event.data), Some("hello"));
//! # Ok(())
//! # }
//! ```
//!
//! # The layers
//!
//! | | |
//! |---|---|
//! | [`HttpTransport`] | one request, one reply; the only access to the network |
//! | [`HttpClient`] | time limits, status check, retries, redaction |
//! | [`Body`], [`SseStream`], [`JsonLines`] | the reply, by chunk, event or line |
//! | [`RetryPolicy`], [`Retry`], [`RetryBudget`] | retries of failed attempts |
//! | [`error_for_status`], [`error_in_reply`], [`ErrorDetails`] | classification of server errors |
//! | [`ApiKey`], [`Redactor`], [`redact_url`] | redaction of secrets |
//! | [`TokenSource`] | keys that expire and are renewed |
//!
//! # Invariants
//!
//! - Every wait is cancel safe: dropping a future cancels the request and loses no data already
//!   read. Cancellation is a `select!` around it; there is no other mechanism.
//! - Every wait is bounded by default, see [`Timeouts`]. All time is tokio's.
//! - Output is never retracted: the client retries an attempt only before its reply has begun.
//! - No secret of a request appears in `Debug`, `Display`, errors, their sources or logs.
//! - Reading an event allocates its payload once, and its type if the server sends one; waiting for
//!   a chunk allocates nothing and starts no timer.
//! - No global state is changed: no default crypto provider, no process-wide proxy or pool.
//!
//! # Feature
//!
//! `mock` adds `MockHttpTransport` (from `mockall`) for tests of applications.

#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod client;
mod error;
mod json_lines;
pub mod memory;
mod redact;
mod request;
mod reqwest_transport;
mod response;
mod retry;
mod sse;
mod status;
mod timeouts;
mod token;
mod transport;

pub use body::{Body, BodySource};
pub use client::{FailedAttempt, HttpClient};
pub use error::{TimeoutPhase, TransportError, TransportErrorKind};
pub use json_lines::{JsonLine, JsonLines};
pub use redact::{ApiKey, Redactor, redact_url};
pub use request::Request;
pub use reqwest_transport::{ReqwestTransport, ReqwestTransportBuilder};
pub use response::Response;
pub use retry::{Retry, RetryBudget, RetryPolicy};
pub use sse::{DEFAULT_MAX_EVENT_BYTES, SseEnd, SseEvent, SseStream};
pub use status::{ErrorDetails, error_for_status, error_in_reply, request_id, retry_after};
pub use timeouts::Timeouts;
pub use token::TokenSource;
pub use transport::HttpTransport;
#[cfg(any(test, feature = "mock"))]
pub use transport::MockHttpTransport;
