//! Messages.

use serde_json::{Value, json};

use super::{Api, model_in_body, stream_in_body, words};
use crate::{
    reply::Reply,
    server::ReceivedRequest,
    validate::{self, ProviderRefusal},
};

pub(super) const MESSAGES: Api = Api {
    serves: |path| path.ends_with("/v1/messages"),
    check: |request| {
        version(request)?;
        validate::messages_request(request.json())
    },
    error,
    has_key,
    answer: None,
    model: model_in_body,
    wants_stream: stream_in_body,
};

pub(super) const COUNT_TOKENS: Api = Api {
    serves: |path| path.ends_with("/v1/messages/count_tokens"),
    check: |request| {
        version(request)?;
        validate::messages_count(request.json())
    },
    answer: Some(count),
    ..MESSAGES
};

/// Messages on Vertex AI: the model is in the path, the version of the API in the body.
pub(super) const VERTEX: Api = Api {
    serves: |path| path.contains(PUBLISHER) && path.ends_with("awPredict"),
    check: |request| validate::messages_request(&plain(request)?),
    model: vertex_model,
    ..MESSAGES
};

pub(super) const VERTEX_COUNT: Api = Api {
    serves: |path| path.ends_with("/models/count-tokens:rawPredict"),
    check: |request| {
        let mut body = request.json().clone();
        vertex_version(&mut body)?;
        validate::messages_count(&body)
    },
    answer: Some(count),
    ..MESSAGES
};

const PUBLISHER: &str = "/publishers/anthropic/models/";

fn vertex_model(request: &ReceivedRequest) -> Option<&str> {
    let (_, model) = request.path().split_once(PUBLISHER)?;
    model.rsplit_once(':').map(|(model, _)| model)
}

/// Returns the body of a request to Vertex AI as one of the Messages API.
fn plain(request: &ReceivedRequest) -> Result<Value, ProviderRefusal> {
    let mut body = request.json().clone();
    vertex_version(&mut body)?;
    if body.get("model").is_some() {
        return Err(ProviderRefusal::invalid_request(
            "model: Extra inputs are not permitted",
        ));
    }
    let model = vertex_model(request).unwrap_or_default();
    if let Some(fields) = body.as_object_mut() {
        fields.insert("model".to_owned(), model.into());
    }
    Ok(body)
}

/// Removes the version of the API from a body, which must have it.
fn vertex_version(body: &mut Value) -> Result<(), ProviderRefusal> {
    let fields = body.as_object_mut();
    match fields.and_then(|fields| fields.remove("anthropic_version")) {
        Some(version) if version == "vertex-2023-10-16" => Ok(()),
        _ => Err(ProviderRefusal::invalid_request(
            "anthropic_version: Field required",
        )),
    }
}

/// Each request names the version of the API.
fn version(request: &ReceivedRequest) -> Result<(), ProviderRefusal> {
    match request.header("anthropic-version") {
        Some(_) => Ok(()),
        // A request of the simulator has no headers.
        None if request.headers().is_empty() => Ok(()),
        None => Err(ProviderRefusal::invalid_request(
            "anthropic-version: header is required",
        )),
    }
}

/// Returns `true` if the key is in `x-api-key` or a bearer token.
fn has_key(request: &ReceivedRequest, key: &str) -> Option<bool> {
    match request.header("x-api-key").filter(|own| !own.is_empty()) {
        Some(own) => Some(own == key),
        None => super::has_bearer(request, key),
    }
}

/// Returns an error in the vendor's format: its type is the code if there is one, otherwise that of the
/// status.
///
/// Source: <https://platform.claude.com/docs/en/api/errors>.
pub(crate) fn error(refusal: &ProviderRefusal) -> Value {
    let of_status = match refusal.status {
        401 => "authentication_error",
        402 => "billing_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        504 => "timeout_error",
        529 => "overloaded_error",
        500.. => "api_error",
        _ => "invalid_request_error",
    };
    let code = refusal.code.as_deref().filter(|code| !code.is_empty());
    let kind = match code {
        Some("invalid_api_key" | "model_not_found") | None => of_status,
        Some(code) => code,
    };
    json!({
        "type": "error",
        "error": {"type": kind, "message": refusal.message},
        "request_id": "req_scripted",
    })
}

/// Fields with texts of the input.
const TEXTS: [&str; 4] = ["content", "text", "thinking", "description"];

/// Counts the words of all texts as tokens.
fn count(request: &ReceivedRequest) -> Reply {
    let request = request.json();
    let parts = ["messages", "system", "tools"];
    let tokens: usize = parts
        .iter()
        .map(|part| words(&request[*part], &TEXTS))
        .sum();
    Reply::json(200, &json!({"input_tokens": tokens}))
}
