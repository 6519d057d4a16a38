//! Conversion of a generateContent request to the format of the Chat Completions API.

use serde_json::{Map, Value, json};

use crate::json::at;

/// Thought signature of the demo model.
pub(super) const SIGNATURE: &str = "ZGVtby1zaWduYXR1cmU=";

/// Returns the request in the format of the Chat Completions API, as far as the demo model
/// understands it.
pub(super) fn as_chat(request: &Value) -> Value {
    let mut chat = Map::new();
    let system = content(&request["systemInstruction"], "system");
    let contents = request["contents"].as_array().into_iter().flatten();
    let mut calls = 0;
    let said = contents.flat_map(|said| messages(said, &mut calls));
    chat.insert(
        "messages".to_owned(),
        system.into_iter().chain(said).collect(),
    );
    let tools = request["tools"].as_array().into_iter().flatten();
    let functions = tools.filter_map(|tool| tool["functionDeclarations"].as_array());
    let functions = functions.flatten().map(function);
    chat.insert("tools".to_owned(), functions.collect());
    let calling = at(request, &["toolConfig", "functionCallingConfig"]);
    let choice = match (
        calling["mode"].as_str(),
        at(calling, &["allowedFunctionNames"]).get(0),
    ) {
        (Some("NONE"), _) => "none".into(),
        (Some("ANY"), Some(name)) => json!({"type": "function", "function": {"name": name}}),
        (Some("ANY"), None) => "required".into(),
        _ => Value::Null,
    };
    chat.insert("tool_choice".to_owned(), choice);
    let config = &request["generationConfig"];
    for name in ["responseJsonSchema", "responseSchema"] {
        if let Some(schema) = config.get(name) {
            let format = json!({"type": "json_schema", "json_schema": {"schema": schema}});
            chat.insert("response_format".to_owned(), format);
        }
    }
    Value::Object(chat)
}

fn function(declared: &Value) -> Value {
    let parameters = declared
        .get("parametersJsonSchema")
        .or(declared.get("parameters"));
    json!({"type": "function", "function": {
        "name": declared["name"],
        "description": declared["description"],
        "parameters": parameters,
    }})
}

/// Returns the messages of a content; `calls` is the number of responses so far.
fn messages(content_of: &Value, calls: &mut usize) -> Vec<Value> {
    let parts = content_of["parts"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let answers: Vec<Value> = parts
        .iter()
        .filter_map(|part| part.get("functionResponse"))
        .map(|response| {
            *calls += 1;
            let value = &response["response"];
            let value = value.get("output").or(value.get("error")).unwrap_or(value);
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            json!({"role": "tool", "tool_call_id": format!("call_{calls}"), "content": text})
        })
        .collect();
    if !answers.is_empty() {
        return answers;
    }
    let called: Vec<Value> = parts
        .iter()
        .filter_map(|part| part.get("functionCall"))
        .zip(*calls + 1..)
        .map(|(call, number)| {
            json!({"id": format!("call_{number}"), "function": {"name": call["name"]}})
        })
        .collect();
    if !called.is_empty() {
        return vec![json!({"role": "assistant", "tool_calls": called})];
    }
    let role = if content_of["role"] == "model" {
        "assistant"
    } else {
        "user"
    };
    content(content_of, role).into_iter().collect()
}

fn content(of: &Value, role: &str) -> Option<Value> {
    let parts = of["parts"].as_array()?;
    let parts = parts.iter().filter(|part| part["thought"] != true);
    let parts: Vec<Value> = parts
        .filter_map(|part| match part.get("text") {
            Some(text) => Some(json!({"type": "text", "text": text})),
            None if part.get("inlineData").is_some() || part.get("fileData").is_some() => {
                Some(json!({"type": "image_url"}))
            }
            None => None,
        })
        .collect();
    Some(json!({"role": role, "content": parts}))
}
