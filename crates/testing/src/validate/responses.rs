//! Refusals of the Responses API.

mod history;
mod input;
mod item;
mod message;
mod options;
mod text;
mod tools;

#[cfg(test)]
mod tests;

use serde_json::Value;

use super::{ProviderRefusal, typed};

/// Parameters of the Chat Completions API, and their names in this API.
const MOVED: [(&str, &str); 5] = [
    ("messages", "input"),
    ("response_format", "text.format"),
    ("max_tokens", "max_output_tokens"),
    ("max_completion_tokens", "max_output_tokens"),
    ("reasoning_effort", "reasoning.effort"),
];

/// Checks a request body of `POST /v1/responses`.
///
/// Three rules apply to the items as a whole: a tool output needs its call before it, and a call
/// its output before the next user message and before the end; a reasoning item needs the item of
/// the model that followed it; no item and no open call occurs twice. With a `previous_response_id`
/// (or a `conversation`) outputs may answer calls that are not in the input, because the server has
/// them.
///
/// In one respect this is less strict than OpenAI: the text of a reasoning item (its `content`) is
/// refused only together with `encrypted_content`, because other servers of this API require it.
///
/// # Errors
///
/// The first refusal that the provider would send, status 400, or 404 for an item that only a store
/// would have.
pub fn responses_request(request: &Value) -> Result<(), ProviderRefusal> {
    check(request, Some(request["store"] != false))
}

/// Checks a request body of `POST /v1/responses/input_tokens`: like [`responses_request`], except
/// for the rules about stored items, because nothing is stored.
///
/// # Errors
///
/// The first refusal that the provider would send.
pub fn responses_count(request: &Value) -> Result<(), ProviderRefusal> {
    check(request, None)
}

/// `stored` is whether the server stores the response; `None` if the request stores nothing either
/// way.
fn check(request: &Value, stored: Option<bool>) -> Result<(), ProviderRefusal> {
    match &request["model"] {
        // A stored prompt may name the model.
        Value::Null if !request["prompt"].is_null() => {}
        model => drop(typed::filled_string(model, "model")?),
    }
    let moved = MOVED.iter().find(|(old, _)| !request[*old].is_null());
    if let Some((old, new)) = moved {
        let message = format!(
            "Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to \
             '{new}'. Try again with the new parameter."
        );
        return Err(ProviderRefusal::invalid_request(message)
            .param(*old)
            .code("unsupported_parameter"));
    }
    input::check(request, stored)?;
    tools::check(request)?;
    text::check(&request["text"])?;
    options::check(request)
}
