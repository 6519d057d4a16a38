//! [`Api`]: the APIs that the server speaks. A new one is an entry in [`APIS`], and a file.

use serde_json::Value;

use crate::{reply::Reply, server::ReceivedRequest, validate::ProviderRefusal};

pub(crate) mod anthropic;
mod gemini;
mod openai;

/// An API of the server.
#[derive(Debug)]
pub(crate) struct Api {
    /// Returns `true` if requests to this path, without its query, belong to the API.
    pub(crate) serves: fn(&str) -> bool,
    /// Checks the JSON object of a request.
    pub(crate) check: fn(&ReceivedRequest) -> Result<(), ProviderRefusal>,
    /// Returns the body of an error in the format of the API.
    pub(crate) error: fn(&ProviderRefusal) -> Value,
    /// Returns `true` if a request has this key; `None` if it has none.
    pub(crate) has_key: fn(&ReceivedRequest, &str) -> Option<bool>,
    /// Returns the reply to a request that the script does not answer.
    pub(crate) answer: Option<fn(&ReceivedRequest) -> Reply>,
    /// Returns the requested model.
    pub(crate) model: fn(&ReceivedRequest) -> Option<&str>,
    /// Returns `true` if a stream is requested.
    pub(crate) wants_stream: fn(&ReceivedRequest) -> bool,
}

/// The first one that serves a path counts.
const APIS: &[&Api] = &[
    &openai::CHAT,
    &openai::RESPONSES,
    &openai::INPUT_TOKENS,
    &gemini::GENERATE,
    &gemini::COUNT,
    &anthropic::MESSAGES,
    &anthropic::COUNT_TOKENS,
    &anthropic::VERTEX_COUNT,
    &anthropic::VERTEX,
];

impl Api {
    /// Returns the API of a path; `None` if there is none.
    pub(crate) fn of(path: &str) -> Option<&'static Self> {
        APIS.iter().copied().find(|api| (api.serves)(path))
    }

    /// Returns the API of a path, and that of Chat Completions for an unknown path.
    pub(crate) fn or_chat(path: &str) -> &'static Self {
        Self::of(path).unwrap_or(&openai::CHAT)
    }
}

/// Returns `true` if the `authorization` header has this key; `None` if there is no header.
fn has_bearer(request: &ReceivedRequest, key: &str) -> Option<bool> {
    let header = request.header("authorization")?;
    (!header.is_empty()).then(|| header.strip_prefix("Bearer ") == Some(key))
}

/// Returns the model in the body of a request.
fn model_in_body(request: &ReceivedRequest) -> Option<&str> {
    request.json()["model"].as_str()
}

/// Returns `true` if the body of a request asks for a stream.
fn stream_in_body(request: &ReceivedRequest) -> bool {
    request.json()["stream"] == true
}

/// Returns the number of words in all texts of a request: in these fields, at any depth.
fn words(value: &Value, fields: &[&str]) -> usize {
    match value {
        Value::String(text) => text.split_whitespace().count(),
        Value::Array(values) => values.iter().map(|value| words(value, fields)).sum(),
        Value::Object(object) => {
            let written = fields.iter().filter_map(|name| object.get(*name));
            written.map(|value| words(value, fields)).sum()
        }
        _ => 0,
    }
}
