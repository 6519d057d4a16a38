//! [`Reply`]: a scripted reply of the server, including failures during its transmission.
//!
//! A reply is a body, a status with headers, and a delivery. The body of a Chat Completions or
//! Responses reply is a description (text, reasoning, tool calls, usage): the server streams it if
//! the request has `"stream": true` and sends it as one JSON object otherwise, so one script serves
//! both. The delivery determines the transmission: pace, sizes of the writes, stalls, and faults.
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
//! Positions in the body ([`At`]) count bytes of the body as sent, without HTTP chunk framing and
//! after events were added, duplicated or omitted; or they count complete events. The first event
//! of a streamed chat reply (number 0) contains the role, the last one is `[DONE]`. A streamed
//! Responses reply starts with `response.created` and `response.in_progress`.

mod any;
mod chat;
mod delivery;
mod gate;
mod gemini;
mod messages;
mod plan;
mod responses;

use bytes::Bytes;
use serde_json::Value;

pub use any::AnyBody;
pub use chat::{ChatBody, ReasoningDialect};
pub use delivery::At;
pub use gate::Gate;
pub use gemini::GeminiBody;
pub use messages::MessagesBody;
pub use responses::ResponsesBody;

pub(crate) use any::Rendered;
pub(crate) use delivery::{Broken, Delivery, Framing, KeepAlive, Stop};
pub(crate) use plan::{Ending, Plan, Step};

use crate::validate::ProviderRefusal;

/// A reply of the scripted server: a body, a status with headers, and a delivery.
///
/// Created by the constructors below; `B` is the kind of body and determines the available methods
/// ([`ChatBody`], [`ResponsesBody`] and [`MessagesBody`] have text and tool calls). The server accepts replies of any
/// kind. Status 200 unless set otherwise.
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

    /// Adds a header, such as `retry-after`. Replaces a header that the server would send itself
    /// (`content-type`, `x-request-id`).
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.delivery.headers.push((name.into(), value.into()));
        self
    }

    /// Sets the `content-type` header, for any body.
    pub fn content_type(self, content_type: impl Into<String>) -> Self {
        self.header("content-type", content_type)
    }
}

impl Reply {
    /// Creates a reply of the Chat Completions API, to be described with [`text`](Reply::text),
    /// [`reasoning`](Reply::reasoning), [`tool_call`](Reply::tool_call) and the other methods.
    pub fn chat() -> Reply<ChatBody> {
        Reply::with_body(ChatBody::default())
    }

    /// Creates a reply of the Responses API, to be described with [`text`](Reply::text),
    /// [`summary`](Reply::summary), [`tool_call`](Reply::tool_call) and the other methods.
    pub fn responses() -> Reply<ResponsesBody> {
        Reply::with_body(ResponsesBody::default())
    }

    /// Creates a reply of Google's generateContent API, to be described with [`text`](Reply::text),
    /// [`thought`](Reply::thought), [`function_call`](Reply::function_call) and the other methods.
    pub fn gemini() -> Reply<GeminiBody> {
        Reply::with_body(GeminiBody::default())
    }

    /// Creates a reply of Anthropic's Messages API, to be described with [`text`](Reply::text),
    /// [`thinking`](Reply::thinking), [`tool_call`](Reply::tool_call) and the other methods.
    pub fn messages() -> Reply<MessagesBody> {
        Reply::with_body(MessagesBody::default())
    }

    /// Creates an event stream of exactly these bytes, for any request: a recorded reply, or one
    /// that the builders cannot express.
    pub fn sse_raw(bytes: impl Into<Bytes>) -> Self {
        Reply::with_body(AnyBody::events(bytes.into()))
    }

    /// Creates a body of exactly these bytes with this content type.
    pub fn raw(status: u16, content_type: impl Into<String>, bytes: impl Into<Bytes>) -> Self {
        Reply::with_body(AnyBody::bytes(bytes.into(), content_type.into())).status(status)
    }

    /// Creates a JSON body.
    pub fn json(status: u16, value: &Value) -> Self {
        Self::raw(status, "application/json", value.to_string())
    }

    /// Creates an error in the format of the API that is asked, for OpenAI's
    /// `{"error": {"message", "type", "param", "code"}}`; the type is derived from the status and
    /// the code.
    pub fn error(status: u16, code: impl Into<String>, message: impl Into<String>) -> Self {
        ProviderRefusal::new(status, code, message).into()
    }

    /// Creates an HTML page, as sent by proxies and gateways in front of a provider.
    pub fn html(status: u16, html: impl Into<String>) -> Self {
        Self::raw(status, "text/html; charset=utf-8", html.into())
    }

    /// Creates a plain text body.
    pub fn plain(status: u16, text: impl Into<String>) -> Self {
        Self::raw(status, "text/plain; charset=utf-8", text.into())
    }
}

impl From<ProviderRefusal> for Reply {
    fn from(refusal: ProviderRefusal) -> Self {
        let status = refusal.status;
        Reply::with_body(AnyBody::error(refusal)).status(status)
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

impl From<Reply<GeminiBody>> for Reply {
    fn from(reply: Reply<GeminiBody>) -> Self {
        Self {
            body: AnyBody::gemini(reply.body),
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

impl From<Reply<MessagesBody>> for Reply {
    fn from(reply: Reply<MessagesBody>) -> Self {
        Self {
            body: AnyBody::messages(reply.body),
            status: reply.status,
            delivery: reply.delivery,
        }
    }
}
