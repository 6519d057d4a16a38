//! Accepted and refused requests; the messages of refusals where they are known.

mod history;
mod items;
mod options;
mod recorded;
mod tools;

use serde_json::{Value, json};

use super::responses_request;

/// Returns a valid request with this field set.
fn with(field: &str, value: Value) -> Value {
    let mut request = json!({
        "model": "m",
        "input": "Hi",
        "tools": [{"type": "function", "name": "lookup", "strict": false}],
    });
    request[field] = value;
    request
}

/// Returns a request of these items.
fn input(items: Value) -> Value {
    with("input", items)
}

fn user() -> Value {
    json!({"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hi"}]})
}

fn said() -> Value {
    json!({
        "type": "message",
        "role": "assistant",
        "content": [{"type": "output_text", "text": "Hello"}],
    })
}

fn call(call_id: &str) -> Value {
    json!({"type": "function_call", "call_id": call_id, "name": "lookup", "arguments": "{}"})
}

fn output(call_id: &str) -> Value {
    json!({"type": "function_call_output", "call_id": call_id, "output": "21 C"})
}

/// Returns the same item with an id.
fn named(mut item: Value, id: &str) -> Value {
    item["id"] = json!(id);
    item
}

fn reasoning(id: &str) -> Value {
    json!({"type": "reasoning", "id": id, "summary": [], "encrypted_content": "gAAA"})
}

#[track_caller]
fn accepts(request: &Value) {
    assert_eq!(responses_request(request), Ok(()), "{request:#}");
}

/// Asserts a refusal with status 400, this message (or prefix of it), parameter and code.
#[track_caller]
fn refuses<'a>(
    request: &Value,
    message: &str,
    param: impl Into<Option<&'a str>>,
    code: impl Into<Option<&'a str>>,
) {
    let refusal = responses_request(request).expect_err(&format!("{request:#}"));
    assert!(refusal.message.starts_with(message), "{}", refusal.message);
    assert_eq!(
        (refusal.status, refusal.kind.as_str()),
        (400, "invalid_request_error")
    );
    assert_eq!(refusal.param.as_deref(), param.into(), "{refusal}");
    assert_eq!(refusal.code.as_deref(), code.into(), "{refusal}");
}

#[test]
fn the_model_is_required() {
    let missing = "missing_required_parameter";
    refuses(
        &with("model", Value::Null),
        "Missing required parameter: 'model'.",
        "model",
        missing,
    );
    refuses(
        &with("model", json!("")),
        "Invalid 'model': empty string.",
        "model",
        "empty_string",
    );
}

#[test]
fn an_input_is_required_unless_the_conversation_is_elsewhere() {
    for nothing in [Value::Null, json!([])] {
        let mut request = input(nothing);
        refuses(
            &request,
            "One of \"input\" or \"previous_response_id\"",
            "input",
            "missing_required_parameter",
        );
        request["previous_response_id"] = json!("resp_1");
        accepts(&request);
    }
    refuses(
        &input(json!(7)),
        "Invalid type for 'input': expected one of a string or array of input items, but got an \
         integer instead.",
        "input",
        "invalid_type",
    );
}

#[test]
fn parameters_of_the_chat_api_are_told_their_new_name() {
    for (old, new) in super::MOVED {
        refuses(
            &with(old, json!(1)),
            &format!(
                "Unsupported parameter: '{old}'. In the Responses API, this parameter has moved \
                 to '{new}'."
            ),
            old,
            "unsupported_parameter",
        );
    }
    accepts(&with("a_field_of_another_server", json!(1)));
}
