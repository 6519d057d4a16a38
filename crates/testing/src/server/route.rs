//! Routing of requests: access, paths, validation, script.

use serde_json::{Value, json};

use super::{
    ReceivedRequest,
    shared::{Rules, Shared},
};
use crate::{api::Api, reply::Reply, validate::ProviderRefusal};

/// Returns the reply to this request: a refusal, or that of the script.
pub(super) fn reply_to(request: &ReceivedRequest, shared: &Shared) -> Reply {
    let rules = shared.script().rules.clone();
    if let Err(refusal) = check_key(request, &rules) {
        return refusal.into();
    }
    if request.method() == "GET" && request.path().ends_with("/v1/models") {
        return model_list(rules.models.as_deref().unwrap_or_default());
    }
    if rules.accept_anything {
        return scripted(request, shared);
    }
    if let Err(refusal) = check(request, &rules) {
        return refusal.into();
    }
    match Api::of(request.path()).and_then(|api| api.answer) {
        Some(answer) => answer(request),
        None => scripted(request, shared),
    }
}

fn check_key(request: &ReceivedRequest, rules: &Rules) -> Result<(), ProviderRefusal> {
    let Some(key) = &rules.key else {
        return Ok(());
    };
    let has_key = (Api::or_chat(request.path()).has_key)(request, &key.0);
    let refusal = match has_key {
        Some(true) => return Ok(()),
        None => ProviderRefusal::invalid_request(
            "You didn't provide an API key. You need to provide your API key in an Authorization \
             header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
        ),
        Some(false) => ProviderRefusal::invalid_request(
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
    let Some(api) = Api::of(path) else {
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
    (api.check)(request)?;
    check_model((api.model)(request).unwrap_or_default(), rules)
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
