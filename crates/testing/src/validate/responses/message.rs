//! Messages, and the parts of messages and tool outputs.

use serde_json::Value;

use super::super::{ProviderRefusal, content, typed};

const ROLES: [&str; 4] = ["assistant", "system", "developer", "user"];

/// Types of parts written by the application.
pub(super) const INPUT: [&str; 3] = ["input_text", "input_image", "input_file"];

/// Types of parts written by the model.
const SAID: [&str; 2] = ["output_text", "refusal"];

const DETAILS: [&str; 4] = ["low", "high", "original", "auto"];

pub(super) fn check(message: &Value, param: &str) -> Result<(), ProviderRefusal> {
    let role = format!("{param}.role");
    let types = match typed::string(&message["role"], &role)? {
        "assistant" => &SAID[..],
        "user" => &INPUT[..],
        "system" | "developer" => &["input_text"][..],
        other => return Err(typed::unsupported_value(&role, other, &ROLES)),
    };
    let param = format!("{param}.content");
    match &message["content"] {
        Value::String(_) => Ok(()),
        Value::Null => Err(typed::missing(&param)),
        list @ Value::Array(_) => parts(list, &param, types),
        other => {
            let expected = "one of a string or array of objects";
            Err(typed::wrong_type(&param, expected, other))
        }
    }
}

/// Checks a list of parts of these types.
pub(super) fn parts(parts: &Value, param: &str, types: &[&str]) -> Result<(), ProviderRefusal> {
    typed::filled_array(parts, param)?
        .iter()
        .enumerate()
        .try_for_each(|(index, item)| part(item, &format!("{param}[{index}]"), types))
}

/// Checks a part of one of these types.
pub(super) fn part(part: &Value, param: &str, types: &[&str]) -> Result<(), ProviderRefusal> {
    typed::object(part, param)?;
    let kind = typed::string(&part["type"], &format!("{param}.type"))?;
    if !types.contains(&kind) {
        return Err(match types {
            [only] => ProviderRefusal::invalid_request(format!(
                "Invalid value: '{kind}'. Value must be '{only}'."
            ))
            .param(param)
            .code("invalid_value"),
            _ => typed::unsupported_value(param, kind, types),
        });
    }
    match kind {
        "input_image" => image(part, param),
        "input_file" => file(part, param),
        "refusal" => typed::string(&part["refusal"], &format!("{param}.refusal")).map(drop),
        _ => typed::string(&part["text"], &format!("{param}.text")).map(drop),
    }
}

fn image(part: &Value, param: &str) -> Result<(), ProviderRefusal> {
    typed::word(&part["detail"], &format!("{param}.detail"), &DETAILS)?;
    if !part["file_id"].is_null() {
        return typed::filled_string(&part["file_id"], &format!("{param}.file_id")).map(drop);
    }
    let param = format!("{param}.image_url");
    content::image_url(typed::string(&part["image_url"], &param)?, &param)
}

fn file(part: &Value, param: &str) -> Result<(), ProviderRefusal> {
    let sources = ["file_id", "file_url", "file_data"];
    match sources.iter().find(|source| !part[**source].is_null()) {
        Some(source) => {
            typed::filled_string(&part[*source], &format!("{param}.{source}")).map(drop)
        }
        None => Err(typed::missing(&format!("{param}.file_id"))),
    }
}
