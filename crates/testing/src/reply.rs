//! [`Reply`]: what the scripted server answers, and what goes wrong on the way.
//!
//! A reply is a body, a status with headers, and a delivery. The body of a reply of the chat or the
//! Responses API is a description (text, reasoning, tool calls, usage): the server streams it when the request says
//! `"stream": true` and sends it as one JSON object otherwise, so one script serves both. The
//! delivery says how the bytes travel: pace, sizes of the writes, stalls, and how it breaks off.
//!
//! ```
//! use std::time::Duration;
//! use geppetto_testing::{At, Reply};
//!
//! // Two parallel tool calls, typed at a human pace.
//! let calls = Reply::chat()
//!     .reasoning("Two cities, two look-ups.")
//!     .tool_call("call_1", "lookup_weather", r#"{"city":"Zurich"}"#)
//!     .tool_call("call_2", "lookup_weather", r#"{"city":"Geneva"}"#)
//!     .usage(20, 12)
//!     .pace(Duration::from_millis(15));
//!
//! // The same in the Responses API, with a summary of the reasoning.
//! let responses = Reply::responses()
//!     .summary_words("Two cities, two look-ups.")
//!     .tool_call("call_1", "lookup_weather", r#"{"city":"Zurich"}"#)
//!     .tool_call("call_2", "lookup_weather", r#"{"city":"Geneva"}"#)
//!     .usage(20, 12);
//!
//! // A stream that breaks in the middle of a sentence.
//! let broken = Reply::chat().text("The answer ").text("is").reset_at(At::Event(2));
//!
//! // A rate limit that says when to come back.
//! let limited = Reply::error(429, "rate_limit_exceeded", "Rate limit reached")
//!     .header("retry-after", "2");
//! # let _ = (calls, responses, broken, limited);
//! ```
//!
//! Positions in the body ([`At`]) count bytes of the body as sent, before HTTP chunks are framed
//! around them and after events were added, doubled or left out; or they count whole events. The
//! first event of a streamed chat reply (number 0) is the one that names the role, the last is
//! `[DONE]`. A streamed Responses reply begins with `response.created` and `response.in_progress`.

mod any;
mod chat;
mod delivery;
mod gate;
mod plan;
mod responses;

use bytes::Bytes;
use serde_json::Value;

pub use any::AnyBody;
pub use chat::{ChatBody, ReasoningDialect};
pub use delivery::At;
pub use gate::Gate;
pub use responses::ResponsesBody;

pub(crate) use any::Rendered;
pub(crate) use delivery::{Broken, Delivery, Framing, KeepAlive, Stop};
pub(crate) use plan::{Ending, Plan, Step};

use crate::validate::ProviderRefusal;

/// One answer of the scripted server: a body, a status with headers, and the way it is delivered.
///
/// Made by the constructors below; `B` is the kind of body and decides which further methods there
/// are ([`ChatBody`] and [`ResponsesBody`] have text and tool calls). Wherever the server takes a reply it takes any of
/// them. Status 200 unless set otherwise.
#[derive(Debug, Clone)]
#[must_use]
pub struct Reply<B = AnyBody> {
    pub(crate) body: B,
    pub(crate) status: u16,
    pub(crate) delivery: Delivery,
}

impl<B> Reply<B> {
    fn with_body(body: B) -> Self {
        Self {
            body,
            status: 200,
            delivery: Delivery::default(),
        }
    }

    /// Sets the HTTP status.
    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    /// Adds a header, such as `retry-after`. A header that the server would send itself
    /// (`content-type`, `x-request-id`) is replaced.
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.delivery.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the `content-type` header, whatever the body is.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        self.header("content-type", content_type)
    }
}

impl Reply {
    /// A reply of the Chat Completions API, to be described with [`text`](Reply::text),
    /// [`reasoning`](Reply::reasoning), [`tool_call`](Reply::tool_call) and the others.
    pub fn chat() -> Reply<ChatBody> {
        Reply::with_body(ChatBody::default())
    }

    /// A reply of the Responses API, to be described with [`text`](Reply::text),
    /// [`summary`](Reply::summary), [`tool_call`](Reply::tool_call) and the others.
    pub fn responses() -> Reply<ResponsesBody> {
        Reply::with_body(ResponsesBody::default())
    }

    /// An event stream of exactly these bytes, whatever the request says: a recorded reply, or one
    /// that no builder would make.
    pub fn sse_raw(bytes: impl Into<Bytes>) -> Self {
        Reply::with_body(AnyBody::events(bytes.into()))
    }

    /// A body of exactly these bytes with this content type.
    pub fn raw(status: u16, content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Reply::with_body(AnyBody::bytes(bytes.into(), content_type.into())).status(status)
    }

    /// A JSON body.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::raw(status, "application/json", value.to_string())
    }

    /// An error in the provider's shape, `{"error": {"message", "type", "param", "code"}}`; the
    /// type follows from the status and the code.
    pub fn error(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        ProviderRefusal::new(status, code, message).into()
    }

    /// A page of HTML, as proxies and gateways answer in front of a provider.
    pub fn html(status: u16, html: impl Into<String>) -> Self {
        Self::raw(status, "text/html; charset=utf-8", html.into())
    }

    /// A body of plain text.
    pub fn plain(status: u16, text: impl Into<String>) -> Self {
        Self::raw(status, "text/plain; charset=utf-8", text.into())
    }
}

impl From<ProviderRefusal> for Reply {
    fn from(refusal: ProviderRefusal) -> Self {
        Self::json(refusal.status, &refusal.to_json())
    }
}

impl From<Reply<ChatBody>> for Reply {
    fn from(reply: Reply<ChatBody>) -> Self {
        Self {
            body: AnyBody::chat(reply.body),
            status: reply.status,
            delivery: reply.delivery,
        }
    }
}

impl From<Reply<ResponsesBody>> for Reply {
    fn from(reply: Reply<ResponsesBody>) -> Self {
        Self {
            body: AnyBody::responses(reply.body),
            status: reply.status,
            delivery: reply.delivery,
        }
    }
}
