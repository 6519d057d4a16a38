use serde_json::{Value, json};

use super::{messages_count, messages_request};

/// A valid request with a call of a tool and its result.
fn request() -> Value {
    json!({
        "model": "claude-sonnet-4-5",
        "max_tokens": 4096,
        "tools": [{"name": "look", "description": "Looks", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "Look"},
            {"role": "assistant", "content": [
                {"type": "text", "text": "Let me see."},
                {"type": "tool_use", "id": "toolu_1", "name": "look", "input": {}},
            ]},
            {"role": "user", "content": [
                {"type": "tool_result", "tool_use_id": "toolu_1", "content": "A tree."},
                {"type": "text", "text": "What is it?"},
            ]},
        ],
    })
}

/// Returns the refusal of the request with a value in place of another one, or `None`.
fn refusal(pointer: &str, value: Value) -> Option<String> {
    let mut request = request();
    match request.pointer_mut(pointer) {
        Some(place) => *place = value,
        None => request[pointer.trim_start_matches('/')] = value,
    }
    messages_request(&request).err().map(|error| {
        assert_eq!((error.status, &*error.kind), (400, "invalid_request_error"));
        error.message
    })
}

#[test]
fn a_conversation_with_a_tool_is_accepted() {
    assert_eq!(messages_request(&request()), Ok(()));
}

#[test]
fn what_the_api_refuses_is_refused() {
    let cases = [
        ("/messages", json!([]), "at least one message"),
        (
            "/messages/0/role",
            json!("assistant"),
            "first message must use the \"user\" role",
        ),
        ("/messages/0/role", json!("system"), "top-level `system`"),
        (
            "/messages/0/role",
            json!("tool"),
            "Input should be 'user' or 'assistant'",
        ),
        ("/messages/0/content", json!(""), "non-empty content"),
        (
            "/messages/2/content",
            json!("So?"),
            "ids were found without `tool_result` blocks",
        ),
        (
            "/messages/2/content/0/tool_use_id",
            json!("toolu_2"),
            "were found without",
        ),
        ("/tools", json!([]), "must define tools"),
        ("/max_tokens", json!(0), "max_tokens"),
        ("/temperature", json!(1.5), "temperature"),
        ("/stop_sequences", json!(["\n"]), "non-whitespace"),
        ("/metadata", json!({"user": "ann"}), "metadata"),
        ("/service_tier", json!("flex"), "service_tier"),
        (
            "/thinking",
            json!({"type": "enabled", "budget_tokens": 100}),
            "1024",
        ),
        (
            "/thinking",
            json!({"type": "enabled", "budget_tokens": 5000}),
            "must be greater than",
        ),
        (
            "/response_format",
            json!({"type": "json_object"}),
            "response_format",
        ),
    ];
    for (pointer, value, words) in cases {
        let message = refusal(pointer, value.clone());
        let is_named = message.as_deref().is_some_and(|text| text.contains(words));
        assert!(is_named, "{pointer} = {value}: {message:?}");
    }
}

#[test]
fn a_result_comes_first_and_once() {
    let result = json!({"type": "tool_result", "tool_use_id": "toolu_1", "content": "A tree."});
    let late = json!([{"type": "text", "text": "Here."}, result]);
    assert!(refusal("/messages/2/content", late).is_some());
    let twice = refusal("/messages/2/content", json!([result, result]));
    assert!(twice.is_some_and(|text| text.contains("single result")));
    let stray = refusal("/messages/0/content", json!([result]));
    assert!(stray.is_some_and(|text| text.contains("unexpected `tool_use_id`")));
}

#[test]
fn counting_takes_no_output_limit() {
    let mut request = request();
    assert!(messages_count(&request).is_err());
    if let Some(fields) = request.as_object_mut() {
        fields.remove("max_tokens");
    }
    assert_eq!(messages_count(&request), Ok(()));
}
