//! Routing of requests: access, paths, validation, script.

use serde_json::{Value, json};

use super::{
    ReceivedRequest,
    shared::{Rules, Shared},
};
use crate::{
    reply::Reply,
    validate::{self, ProviderRefusal},
};

/// Returns the reply to this request: a refusal, or that of the script.
pub(super) fn reply_to(request: &ReceivedRequest, shared: &Shared) -> Reply {
    let rules = shared.script().rules.clone();
    if let Err(refusal) = check_key(request, &rules) {
        return refusal.into();
    }
    if request.method() == "GET" && request.path().ends_with("/v1/models") {
        return model_list(rules.models.as_deref().unwrap_or_default());
    }
    if !rules.accept_anything
        && let Err(refusal) = check(request, &rules)
    {
        return refusal.into();
    }
    if !rules.accept_anything && api_of(request.path()) == Some(Api::InputTokens) {
        return input_tokens(request.json());
    }
    scripted(request, shared)
}

/// APIs of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Api {
    Chat,
    Responses,
    InputTokens,
}

fn api_of(path: &str) -> Option<Api> {
    let ends = |end: &str| path.ends_with(end);
    match path {
        _ if ends("/chat/completions") => Some(Api::Chat),
        _ if ends("/responses") => Some(Api::Responses),
        _ if ends("/responses/input_tokens") => Some(Api::InputTokens),
        _ => None,
    }
}

fn check_key(request: &ReceivedRequest, rules: &Rules) -> Result<(), ProviderRefusal> {
    let Some(key) = &rules.key else {
        return Ok(());
    };
    let refusal = match request.header("authorization") {
        None | Some("") => ProviderRefusal::invalid_request(
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        ),
        Some(sent) if sent.strip_prefix("Bearer ") == Some(key.0.as_str()) => return Ok(()),
        Some(_) => ProviderRefusal::invalid_request(
            "Incorrect API key provided. You can find your API key at \
             https://platform.openai.com/account/api-keys.",
        )
        .code("invalid_api_key"),
    };
    Err(refusal.status(401))
}

/// Checks path, method, body and model.
fn check(request: &ReceivedRequest, rules: &Rules) -> Result<(), ProviderRefusal> {
    let (method, path) = (request.method(), request.path());
    let Some(api) = api_of(path) else {
        let message = format!("Invalid URL ({method} {path})");
        return Err(ProviderRefusal::invalid_request(message).status(404));
    };
    if method != "POST" {
        let message = format!("Not allowed to {method} on {path}.");
        return Err(ProviderRefusal::invalid_request(message).status(405));
    }
    if !request.json().is_object() {
        return Err(ProviderRefusal::invalid_request(
            "We could not parse the JSON body of your request. The OpenAI API expects a JSON \
             payload, but what was sent was not valid JSON.",
        ));
    }
    match api {
        Api::Chat => validate::chat_request(request.json())?,
        Api::Responses => validate::responses_request(request.json())?,
        Api::InputTokens => validate::responses_count(request.json())?,
    }
    check_model(request.model().unwrap_or_default(), rules)
}

fn check_model(model: &str, rules: &Rules) -> Result<(), ProviderRefusal> {
    match &rules.models {
        Some(models) if !models.iter().any(|known| known == model) => {
            let message =
                format!("The model `{model}` does not exist or you do not have access to it.");
            Err(ProviderRefusal::new(404, "model_not_found", message))
        }
        _ => Ok(()),
    }
}

fn model_list(models: &[String]) -> Reply {
    let data: Vec<Value> = models
        .iter()
        .map(|id| json!({"id": id, "object": "model", "created": 0, "owned_by": "geppetto"}))
        .collect();
    Reply::json(200, &json!({"object": "list", "data": data}))
}

/// Counts the words of all texts as tokens.
fn input_tokens(request: &Value) -> Reply {
    let tokens = words(&request["input"]) + words(&request["instructions"]);
    Reply::json(
        200,
        &json!({"object": "response.input_tokens", "input_tokens": tokens}),
    )
}

fn words(value: &Value) -> usize {
    match value {
        Value::String(text) => text.split_whitespace().count(),
        Value::Array(values) => values.iter().map(words).sum(),
        Value::Object(fields) => {
            let written = ["content", "text", "output", "arguments", "refusal"];
            let written = written.iter().filter_map(|name| fields.get(*name));
            written.map(words).sum()
        }
        _ => 0,
    }
}

fn scripted(request: &ReceivedRequest, shared: &Shared) -> Reply {
    let (queued, fallback) = {
        let mut script = shared.script();
        (script.queue.pop_front(), script.fallback.clone())
    };
    match (queued, fallback) {
        (Some(reply), _) => reply,
        (None, Some(fallback)) => (fallback.0)(request),
        (None, None) => Reply::error(
            400,
            "script_exhausted",
            "the scripted provider server has no reply left: enqueue one, or set a fallback",
        ),
    }
}
