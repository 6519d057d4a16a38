//! Conversion of a Messages request to the format of the Chat Completions API.

use serde_json::{Map, Value, json};

use crate::{json::at, server::message_text};

/// Returns `true` if the request enables thinking.
pub(super) fn thinks(request: &Value) -> bool {
    let mode = at(request, &["thinking", "type"]).as_str();
    mode.is_some_and(|mode| mode != "disabled")
}

/// Returns the request in the format of the Chat Completions API, as far as the demo model understands
/// it.
pub(super) fn as_chat(request: &Value) -> Value {
    let mut chat = Map::new();
    chat.insert("messages".to_owned(), messages(request));
    let tools = request["tools"].as_array().into_iter().flatten();
    let functions = tools
        .filter(|tool| tool.get("input_schema").is_some())
        .map(|tool| {
            json!({"type": "function", "function": {"name": tool["name"],
            "description": tool["description"], "parameters": tool["input_schema"]}})
        });
    chat.insert("tools".to_owned(), functions.collect());
    let choice = &request["tool_choice"];
    let named = match choice["type"].as_str() {
        Some("any") => json!("required"),
        Some("none") => json!("none"),
        Some("tool") => json!({"type": "function", "function": {"name": choice["name"]}}),
        _ => json!("auto"),
    };
    chat.insert("tool_choice".to_owned(), named);
    if choice["disable_parallel_tool_use"] == true {
        chat.insert("parallel_tool_calls".to_owned(), false.into());
    }
    let format = at(request, &["output_config", "format"]);
    if format["type"] == "json_schema" {
        let format = json!({"type": "json_schema", "json_schema": format});
        chat.insert("response_format".to_owned(), format);
    }
    Value::Object(chat)
}

fn messages(request: &Value) -> Value {
    let system = match &request["system"] {
        Value::Null => None,
        text @ Value::String(_) => Some(text.clone()),
        blocks => Some(message_text(&json!({"content": blocks})).into()),
    };
    let system = system.map(|text| json!({"role": "system", "content": text}));
    let said = request["messages"].as_array().into_iter().flatten();
    system.into_iter().chain(said.flat_map(message)).collect()
}

/// Returns the messages for one: results are messages of their own.
fn message(message: &Value) -> Vec<Value> {
    let Some(blocks) = message["content"].as_array() else {
        return vec![message.clone()];
    };
    let of = |kind: &'static str| blocks.iter().filter(move |block| block["type"] == kind);
    let results = of("tool_result").map(|result| {
        json!({"role": "tool", "tool_call_id": result["tool_use_id"], "content": message_text(result)})
    });
    let mut messages: Vec<Value> = results.collect();
    let calls: Vec<Value> = of("tool_use")
        .map(|call| json!({"id": call["id"], "function": {"name": call["name"]}}))
        .collect();
    let parts: Vec<Value> = blocks
        .iter()
        .filter(|block| matches!(block["type"].as_str(), Some("text" | "image")))
        .cloned()
        .collect();
    if !calls.is_empty() {
        let content = message_text(message);
        messages.push(json!({"role": "assistant", "content": content, "tool_calls": calls}));
    } else if !parts.is_empty() {
        messages.push(json!({"role": message["role"], "content": parts}));
    }
    messages
}
