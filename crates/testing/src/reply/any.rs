//! [`AnyBody`]: a scripted body of any format.

use bytes::Bytes;
use serde_json::Value;

use super::{ChatBody, GeminiBody, MessagesBody, ResponsesBody};
use crate::{api::Api, server::ReceivedRequest, validate::ProviderRefusal};

/// Type-erased body of a [`Reply`](super::Reply).
#[derive(Debug, Clone)]
pub struct AnyBody(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Chat(Box<ChatBody>),
    Responses(Box<ResponsesBody>),
    Gemini(Box<GeminiBody>),
    Messages(Box<MessagesBody>),
    Events(Bytes),
    /// An error in the format of the API that is asked.
    Error(Box<ProviderRefusal>),
    Bytes {
        bytes: Bytes,
        content_type: String,
    },
}

/// A body rendered for one request: bytes and their type.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) bytes: Bytes,
    pub(crate) content_type: String,
    /// `true` if the bytes are an event stream, so that positions can count events.
    pub(crate) events: bool,
    /// Status required by the body, such as that of an error sent unstreamed.
    pub(crate) status: Option<u16>,
}

impl AnyBody {
    pub(super) fn chat(body: ChatBody) -> Self {
        Self(Kind::Chat(Box::new(body)))
    }

    pub(super) fn responses(body: ResponsesBody) -> Self {
        Self(Kind::Responses(Box::new(body)))
    }

    pub(super) fn gemini(body: GeminiBody) -> Self {
        Self(Kind::Gemini(Box::new(body)))
    }

    pub(super) fn messages(body: MessagesBody) -> Self {
        Self(Kind::Messages(Box::new(body)))
    }

    pub(super) fn events(bytes: Bytes) -> Self {
        Self(Kind::Events(bytes))
    }

    pub(super) fn error(refusal: ProviderRefusal) -> Self {
        Self(Kind::Error(Box::new(refusal)))
    }

    pub(super) fn bytes(bytes: Bytes, content_type: String) -> Self {
        Self(Kind::Bytes {
            bytes,
            content_type,
        })
    }

    pub(crate) fn render(&self, request: &ReceivedRequest) -> Rendered {
        match &self.0 {
            Kind::Chat(body) => body.render(request),
            Kind::Responses(body) => body.render(request),
            Kind::Gemini(body) => body.render(request),
            Kind::Messages(body) => body.render(request),
            Kind::Events(bytes) => Rendered::events(bytes.clone()),
            Kind::Error(refusal) => {
                let error = (Api::or_chat(request.path()).error)(refusal);
                Rendered::json(&error)
            }
            Kind::Bytes {
                bytes,
                content_type,
            } => Rendered {
                bytes: bytes.clone(),
                content_type: content_type.clone(),
                events: false,
                status: None,
            },
        }
    }
}

impl Rendered {
    pub(super) fn json(value: &Value) -> Self {
        Self {
            bytes: value.to_string().into(),
            content_type: "application/json".to_owned(),
            events: false,
            status: None,
        }
    }

    pub(super) fn events(bytes: Bytes) -> Self {
        Self {
            bytes,
            content_type: "text/event-stream; charset=utf-8".to_owned(),
            events: true,
            status: None,
        }
    }
}
