//! HTTP transport for model providers: SSE, timeouts, retries with a budget, redaction.
mod body;
mod client;
mod error;
pub mod memory;
mod redact;
mod request;
mod reqwest_transport;
mod response;
mod retry;
mod sse;
mod status;
mod timeouts;
mod transport;

pub use body::{Body, BodySource};
pub use client::{FailedAttempt, HttpClient};
pub use error::{TimeoutPhase, TransportError, TransportErrorKind};
pub use redact::{ApiKey, Redactor, redact_url};
pub use request::Request;
pub use reqwest_transport::ReqwestTransport;
pub use response::Response;
pub use retry::{Retry, RetryBudget, RetryPolicy};
pub use sse::{DEFAULT_MAX_EVENT_BYTES, SseEnd, SseEvent, SseStream};
pub use status::{ErrorDetails, error_for_status, request_id, retry_after};
pub use timeouts::Timeouts;
pub use transport::HttpTransport;
#[cfg(any(test, feature = "mock"))]
pub use transport::MockHttpTransport;
