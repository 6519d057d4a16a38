//! Chat Completions and Responses.

use serde_json::json;

use super::{Api, has_bearer, model_in_body, stream_in_body, words};
use crate::{
    reply::Reply,
    server::ReceivedRequest,
    validate::{self, ProviderRefusal},
};

pub(super) const CHAT: Api = Api {
    serves: |path| path.ends_with("/chat/completions"),
    check: |request| validate::chat_request(request.json()),
    error: ProviderRefusal::to_json,
    has_key: has_bearer,
    answer: None,
    model: model_in_body,
    wants_stream: stream_in_body,
};

pub(super) const RESPONSES: Api = Api {
    serves: |path| path.ends_with("/responses"),
    check: |request| validate::responses_request(request.json()),
    ..CHAT
};

pub(super) const INPUT_TOKENS: Api = Api {
    serves: |path| path.ends_with("/responses/input_tokens"),
    check: |request| validate::responses_count(request.json()),
    answer: Some(input_tokens),
    ..CHAT
};

/// Fields with texts of the input.
const TEXTS: [&str; 5] = ["content", "text", "output", "arguments", "refusal"];

/// Counts the words of all texts as tokens.
fn input_tokens(request: &ReceivedRequest) -> Reply {
    let request = request.json();
    let tokens = words(&request["input"], &TEXTS) + words(&request["instructions"], &TEXTS);
    Reply::json(
        200,
        &json!({"object": "response.input_tokens", "input_tokens": tokens}),
    )
}
