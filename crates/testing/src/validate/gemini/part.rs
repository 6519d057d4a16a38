//! Parts of a content.

use serde_json::Value;

use super::{ProviderRefusal, invalid, known, list, refused, text};

/// Fields of which a part has exactly one.
const DATA: [&str; 9] = [
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
    "toolCall",
    "toolResponse",
];

/// Fields next to them.
const BESIDE: [&str; 5] = [
    "thought",
    "thoughtSignature",
    "partMetadata",
    "videoMetadata",
    "mediaResolution",
];

pub(super) fn check(part: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let fields: Vec<&str> = DATA.iter().chain(&BESIDE).copied().collect();
    known(part, place, &fields)?;
    let data: Vec<&&str> = DATA
        .iter()
        .filter(|name| part.get(**name).is_some())
        .collect();
    let [name] = data.as_slice() else {
        return Err(refused(
            &format!("{place}.data"),
            "required oneof field 'data' must have one initialized field",
        ));
    };
    text(
        &part["thoughtSignature"],
        &format!("{place}.thought_signature"),
    )?;
    let signature = part["thoughtSignature"].as_str();
    if signature.is_some_and(|signature| !is_base64(signature)) {
        let message = format!(
            "Invalid value at '{place}.thought_signature' (TYPE_BYTES), Base64 decoding failed"
        );
        return Err(ProviderRefusal::invalid_request(message));
    }
    let value = &part[**name];
    match **name {
        "text" if value.as_str() == Some("") && signature.is_none() => {
            Err(ProviderRefusal::invalid_request(
                "Unable to submit request because it must have a text parameter. Add a text \
                 parameter and try again.",
            ))
        }
        "text" => text(value, place),
        "inlineData" => media(value, place, "data"),
        "fileData" => media(value, place, "fileUri"),
        "functionCall" => call(value, place),
        "functionResponse" => response(value, place),
        _ => Ok(()),
    }
}

/// Returns `true` for base64 in either alphabet.
fn is_base64(text: &str) -> bool {
    let text = text.trim_end_matches('=');
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    !text.is_empty() && text.len() % 4 != 1 && text.bytes().all(fits)
}

fn media(value: &Value, place: &str, data: &str) -> Result<(), ProviderRefusal> {
    known(value, place, &["mimeType", data, "displayName"])?;
    let kind = value["mimeType"].as_str();
    if kind == Some("application/octet-stream") || (data == "data" && kind.is_none()) {
        let kind = kind.unwrap_or_default();
        return Err(ProviderRefusal::invalid_request(format!(
            "Unsupported MIME type: {kind}"
        )));
    }
    match value[data].as_str() {
        Some(content) if data == "data" && !is_base64(content) => Err(invalid(
            &format!("{place}.inline_data.data"),
            "TYPE_BYTES",
            &value[data],
        )),
        Some(_) => Ok(()),
        None => Err(refused(place, "is empty")),
    }
}

fn call(value: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let place = format!("{place}.function_call");
    known(value, &place, &["id", "name", "args"])?;
    name(&value["name"], &place)?;
    text(&value["id"], &place)?;
    match &value["args"] {
        Value::Null | Value::Object(_) => Ok(()),
        other => Err(invalid(
            &format!("{place}.args"),
            "type.googleapis.com/google.protobuf.Struct",
            other,
        )),
    }
}

fn response(value: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let place = format!("{place}.function_response");
    known(
        value,
        &place,
        &[
            "id",
            "name",
            "response",
            "parts",
            "scheduling",
            "willContinue",
        ],
    )?;
    name(&value["name"], &place)?;
    text(&value["id"], &place)?;
    if !value["response"].is_object() {
        return Err(invalid(
            &format!("{place}.response"),
            "type.googleapis.com/google.protobuf.Struct",
            &value["response"],
        ));
    }
    if let Some(name) = reference(&value["response"]) {
        return Err(ProviderRefusal::invalid_request(format!(
            "The referenced name `{name}` in function_response.response does not match to a \
             display_name in the function_response.parts."
        )));
    }
    for (index, part) in list(&value["parts"], &place)?.iter().enumerate() {
        known(
            part,
            &format!("{place}.parts[{index}]"),
            &["inlineData", "fileData"],
        )?;
    }
    Ok(())
}

fn reference(value: &Value) -> Option<&str> {
    match value {
        Value::Object(map) => {
            let own = map.get("$ref").and_then(Value::as_str);
            own.or_else(|| map.values().find_map(reference))
        }
        Value::Array(list) => list.iter().find_map(reference),
        _ => None,
    }
}

/// Checks the name of a function.
pub(super) fn name<'a>(value: &'a Value, place: &str) -> Result<&'a str, ProviderRefusal> {
    let name = value.as_str().unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    let begins = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    if begins && name.len() <= 64 && name.bytes().all(fits) {
        return Ok(name);
    }
    Err(refused(
        &format!("{place}.name"),
        "Invalid function name. Must start with a letter or an underscore. Must be alphanumeric \
         (a-z, A-Z, 0-9), underscores (_), dots (.), colons (:), or dashes (-), with a maximum \
         length of 64.",
    ))
}
