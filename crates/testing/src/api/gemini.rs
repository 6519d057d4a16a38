//! generateContent.

use serde_json::{Value, json};

use super::{Api, has_bearer, words};
use crate::{
    reply::Reply,
    server::ReceivedRequest,
    validate::{self, ProviderRefusal},
};

pub(super) const GENERATE: Api = Api {
    serves: |path| method(path).is_some_and(|method| method.ends_with("enerateContent")),
    check: |request| validate::generate_content(model(request).unwrap_or_default(), request.json()),
    error,
    has_key,
    answer: None,
    model,
    wants_stream: |request| method(request.path()) == Some("streamGenerateContent"),
};

pub(super) const COUNT: Api = Api {
    serves: |path| method(path) == Some("countTokens"),
    check: |request| {
        let model = model(request).unwrap_or_default();
        validate::generate_content(model, counted(request))
    },
    answer: Some(|request| {
        let tokens = words(&counted(request)["contents"], &TEXTS);
        Reply::json(200, &json!({"totalTokens": tokens}))
    }),
    ..GENERATE
};

/// Fields with texts of the contents.
const TEXTS: [&str; 6] = [
    "parts",
    "text",
    "functionCall",
    "functionResponse",
    "args",
    "response",
];

/// Returns the method at the end of a path: `/v1beta/models/MODEL:METHOD`.
fn method(path: &str) -> Option<&str> {
    path.rsplit_once(':').map(|(_, method)| method)
}

fn model(request: &ReceivedRequest) -> Option<&str> {
    let (path, _) = request.path().rsplit_once(':')?;
    let (_, model) = path.rsplit_once("/models/")?;
    Some(model)
}

/// Returns the request whose tokens are counted.
fn counted(request: &ReceivedRequest) -> &Value {
    let json = request.json();
    json.get("generateContentRequest").unwrap_or(json)
}

/// Returns `true` if a request has this key, in a header or in its query.
fn has_key(request: &ReceivedRequest, key: &str) -> Option<bool> {
    let query = request
        .query()
        .split('&')
        .find_map(|field| field.strip_prefix("key="));
    let own = request.header("x-goog-api-key").or(query);
    own.map_or_else(|| has_bearer(request, key), |own| Some(own == key))
}

/// Returns the body of an error.
///
/// Source: <https://cloud.google.com/apis/design/errors>.
fn error(refusal: &ProviderRefusal) -> Value {
    let status = match refusal.status {
        401 => "UNAUTHENTICATED",
        403 => "PERMISSION_DENIED",
        404 => "NOT_FOUND",
        429 => "RESOURCE_EXHAUSTED",
        499 => "CANCELLED",
        500 => "INTERNAL",
        503 => "UNAVAILABLE",
        504 => "DEADLINE_EXCEEDED",
        _ => "INVALID_ARGUMENT",
    };
    let mut error = json!({"code": refusal.status, "message": refusal.message, "status": status});
    let reason = refusal.code.as_deref().filter(|code| !code.is_empty());
    if let (Some(reason), Some(fields)) = (reason, error.as_object_mut()) {
        let info = json!({"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason});
        fields.insert("details".to_owned(), json!([info]));
    }
    json!({ "error": error })
}
