//! [`Wire`]: the formats that the matrix covers. A new one is a variant, and a file with its [`Spec`].

use geppetto_engine::Engine;
use geppetto_transport::HttpClient;
use serde_json::Value;

use crate::cell::Mode;

mod chat;
mod gemini;
mod messages;
mod responses;

/// Format of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Chat,
    Responses,
    Messages,
    Gemini,
}

/// The properties of a wire that the matrix needs.
pub(crate) struct Spec {
    /// Name in the documentation.
    pub(crate) name: &'static str,
    /// Name of a reply in errors.
    pub(crate) format: &'static str,
    /// The engine of the model `test-model`, with a key.
    pub(crate) engine: fn(Setup) -> Box<dyn Engine>,
    /// Payload of each event of the good reply.
    pub(crate) events: fn() -> Vec<String>,
    /// Number of the event with the first delta.
    pub(crate) first_delta: usize,
    /// The good reply as one body.
    pub(crate) single: fn() -> Value,
    /// An error inside a reply: the server is overloaded, "no room".
    pub(crate) reported: fn(Mode) -> Value,
    /// `true` if a text ends only with the reply, after the usage.
    pub(crate) ends_texts_last: bool,
}

/// Settings of an engine.
pub(crate) struct Setup {
    pub(crate) base_url: String,
    pub(crate) key: &'static str,
    pub(crate) is_streamed: bool,
    pub(crate) http: HttpClient,
}

impl Wire {
    pub(crate) const ALL: &[Self] = &[Self::Chat, Self::Responses, Self::Messages, Self::Gemini];

    pub(crate) fn spec(self) -> &'static Spec {
        match self {
            Self::Chat => &chat::SPEC,
            Self::Responses => &responses::SPEC,
            Self::Messages => &messages::SPEC,
            Self::Gemini => &gemini::SPEC,
        }
    }
}
