//! Input: a text, or a list of items.

use serde_json::Value;

use super::{
    super::{ProviderRefusal, typed},
    history, item,
};

/// Parameters that locate the rest of the conversation.
const ELSEWHERE: [&str; 3] = ["previous_response_id", "conversation", "prompt"];

pub(super) fn check(request: &Value, stored: Option<bool>) -> Result<(), ProviderRefusal> {
    let elsewhere = ELSEWHERE.iter().any(|name| !request[*name].is_null());
    previous(&request["previous_response_id"])?;
    let items = match &request["input"] {
        Value::String(_) => return Ok(()),
        Value::Null if elsewhere => return Ok(()),
        Value::Array(items) if items.is_empty() && elsewhere => return Ok(()),
        Value::Array(items) if !items.is_empty() => items,
        Value::Array(_) | Value::Null => {
            return Err(ProviderRefusal::invalid_request(
                "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' \
                 must be provided.",
            )
            .param("input")
            .code("missing_required_parameter"));
        }
        other => {
            let expected = "one of a string or array of input items";
            return Err(typed::wrong_type("input", expected, other));
        }
    };
    for (index, item) in items.iter().enumerate() {
        item::check(item, &format!("input[{index}]"))?;
    }
    history::check(items, request, stored)
}

fn previous(id: &Value) -> Result<(), ProviderRefusal> {
    let param = "previous_response_id";
    match id {
        Value::Null => Ok(()),
        id => item::id(typed::string(id, param)?, param, "resp"),
    }
}
