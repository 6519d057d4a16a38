//! Conversion of a Responses request to the format of the Chat Completions API.

use serde_json::{Map, Value, json};

use crate::{json::at, server::message_text};

/// Encrypted reasoning of the demo model.
const SEALED: &str = "demo-sealed";

/// Returns the request in the format of the Chat Completions API, as far as the demo model
/// understands it.
pub(super) fn as_chat(request: &Value) -> Value {
    let mut chat = Map::new();
    chat.insert("messages".to_owned(), messages(request));
    let tools = request["tools"].as_array().into_iter().flatten();
    let functions = tools.filter(|tool| tool["type"] == "function");
    let functions = functions.map(|tool| json!({"type": "function", "function": tool}));
    chat.insert("tools".to_owned(), functions.collect());
    let choice = match &request["tool_choice"] {
        Value::Object(choice) => json!({"type": "function", "function": choice}),
        word => word.clone(),
    };
    chat.insert("tool_choice".to_owned(), choice);
    chat.insert(
        "parallel_tool_calls".to_owned(),
        at(request, &["parallel_tool_calls"]).clone(),
    );
    let format = at(request, &["text", "format"]);
    if format["type"] == "json_schema" {
        let format = json!({"type": "json_schema", "json_schema": format});
        chat.insert("response_format".to_owned(), format);
    }
    Value::Object(chat)
}

fn messages(request: &Value) -> Value {
    let instructions = request["instructions"].as_str();
    let system = instructions.map(|text| json!({"role": "system", "content": text}));
    let said = match &request["input"] {
        Value::String(text) => vec![json!({"role": "user", "content": text})],
        Value::Array(items) => items.iter().filter_map(message).collect(),
        _ => Vec::new(),
    };
    system.into_iter().chain(said).collect()
}

fn message(item: &Value) -> Option<Value> {
    Some(match item["type"].as_str() {
        None | Some("message") => json!({"role": item["role"], "content": content(item)}),
        Some("function_call") => json!({
            "role": "assistant",
            "tool_calls": [{"id": item["call_id"], "function": {"name": item["name"]}}],
        }),
        Some("function_call_output") => json!({
            "role": "tool",
            "tool_call_id": item["call_id"],
            "content": message_text(item),
        }),
        Some(_) => return None,
    })
}

/// Returns the parts of a message unchanged, including its images; a text is returned unchanged
/// too.
fn content(item: &Value) -> Value {
    match &item["content"] {
        parts @ Value::Array(_) => parts.clone(),
        _ => message_text(item).into(),
    }
}

/// Returns the encrypted reasoning, if the request includes it.
pub(super) fn sealed(request: &Value) -> Option<&'static str> {
    let included = request["include"].as_array()?;
    let asked = included.iter().any(|v| v == "reasoning.encrypted_content");
    asked.then_some(SEALED)
}
