//! [`AnyBody`]: a scripted body of any format.

use bytes::Bytes;

use super::{ChatBody, ResponsesBody};
use crate::server::ReceivedRequest;

/// Type-erased body of a [`Reply`](super::Reply).
#[derive(Debug, Clone)]
pub struct AnyBody(Kind);

#[derive(Debug, Clone)]
enum Kind {
    Chat(Box<ChatBody>),
    Responses(Box<ResponsesBody>),
    Events(Bytes),
    Bytes { bytes: Bytes, content_type: String },
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

    pub(super) fn events(bytes: Bytes) -> Self {
        Self(Kind::Events(bytes))
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
            Kind::Events(bytes) => Rendered::events(bytes.clone()),
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
    pub(super) fn events(bytes: Bytes) -> Self {
        Self {
            bytes,
            content_type: "text/event-stream; charset=utf-8".to_owned(),
            events: true,
            status: None,
        }
    }
}
