//! An item of the input: its type, its id, its fields.

use serde_json::Value;

use super::{
    super::{ProviderRefusal, typed},
    message,
};

/// Maximum length of the id of an item or a call.
const LONGEST_ID: usize = 64;

/// Maximum length of a function's name.
pub(super) const LONGEST_NAME: usize = 128;

/// Allowed statuses of an item.
const STATUS: [&str; 3] = ["in_progress", "completed", "incomplete"];

/// Types of items produced by a model, and the prefixes of their ids.
pub(super) const OUTPUT: [(&str, &str); 18] = [
    ("message", "msg"),
    ("reasoning", "rs"),
    ("function_call", "fc"),
    ("custom_tool_call", "ctc"),
    ("web_search_call", "ws"),
    ("file_search_call", "fs"),
    ("code_interpreter_call", "ci"),
    ("image_generation_call", "ig"),
    ("mcp_call", "mcp"),
    ("mcp_list_tools", "mcpl"),
    ("mcp_approval_request", "mcpr"),
    ("computer_call", "cu"),
    ("local_shell_call", "lsh"),
    ("shell_call", "sh"),
    ("apply_patch_call", "apc"),
    ("tool_search_call", "tsc"),
    ("compaction", "cmp"),
    ("program", "cm"),
];

/// Types of items that answer a model, or refer to others.
const OTHERS: [&str; 10] = [
    "function_call_output",
    "custom_tool_call_output",
    "computer_call_output",
    "local_shell_call_output",
    "shell_call_output",
    "apply_patch_call_output",
    "tool_search_output",
    "mcp_approval_response",
    "program_output",
    "item_reference",
];

/// Returns the type of an item. An item with a role and without a type is a message.
pub(super) fn kind(item: &Value) -> &str {
    match item["type"].as_str() {
        Some(kind) => kind,
        None if !item["role"].is_null() => "message",
        None => "",
    }
}

pub(super) fn check(item: &Value, param: &str) -> Result<(), ProviderRefusal> {
    if !item.is_object() {
        return Err(typed::wrong_type(param, "an object", item));
    }
    let kind_param = format!("{param}.type");
    let kind = match kind(item) {
        "" => typed::string(&item["type"], &kind_param)?,
        kind => kind,
    };
    let prefix = OUTPUT.iter().find(|(known, _)| *known == kind);
    if prefix.is_none() && !OTHERS.contains(&kind) {
        let known: Vec<&str> = OUTPUT
            .iter()
            .map(|(known, _)| *known)
            .chain(OTHERS)
            .collect();
        return Err(typed::unsupported_value(param, kind, &known));
    }
    if !item["id"].is_null() {
        let param = format!("{param}.id");
        let prefix = prefix.map_or("", |(_, prefix)| prefix);
        id(typed::string(&item["id"], &param)?, &param, prefix)?;
    }
    match kind {
        "message" => message::check(item, param)?,
        "reasoning" => reasoning(item, param)?,
        "function_call" => call(item, param, "arguments")?,
        "custom_tool_call" => call(item, param, "input")?,
        "function_call_output" | "custom_tool_call_output" => output(item, param)?,
        _ => {}
    }
    match item["status"].as_str() {
        // Tools of the provider have further ones.
        Some(_) if ["message", "function_call", "custom_tool_call"].contains(&kind) => {
            typed::word(&item["status"], &format!("{param}.status"), &STATUS)
        }
        _ => Ok(()),
    }
}

/// Checks an id: its prefix, its characters, its length.
pub(super) fn id(id: &str, param: &str, prefix: &str) -> Result<(), ProviderRefusal> {
    let refuse = |expected: &str| {
        ProviderRefusal::invalid_request(format!(
            "Invalid '{param}': '{id}'. Expected an ID {expected}"
        ))
        .param(param)
        .code("invalid_value")
    };
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if id.is_empty() || !id.bytes().all(fits) {
        return Err(refuse(
            "that contains letters, numbers, underscores, or dashes, but this value contained \
             additional characters.",
        ));
    }
    if !id.starts_with(prefix) {
        return Err(refuse(&format!("that begins with '{prefix}'.")));
    }
    typed::not_longer(id, param, LONGEST_ID)
}

fn call(item: &Value, param: &str, arguments: &str) -> Result<(), ProviderRefusal> {
    call_id(item, param)?;
    typed::name(&item["name"], &format!("{param}.name"), LONGEST_NAME)?;
    typed::string(&item[arguments], &format!("{param}.{arguments}")).map(drop)
}

fn call_id(item: &Value, param: &str) -> Result<(), ProviderRefusal> {
    let param = format!("{param}.call_id");
    let id = typed::filled_string(&item["call_id"], &param)?;
    typed::not_longer(id, &param, LONGEST_ID)
}

fn output(item: &Value, param: &str) -> Result<(), ProviderRefusal> {
    call_id(item, param)?;
    let param = format!("{param}.output");
    match &item["output"] {
        Value::String(_) => Ok(()),
        Value::Null => Err(typed::missing(&param)),
        parts @ Value::Array(_) => message::parts(parts, &param, &message::INPUT),
        other => {
            let expected = "one of a string or array of objects";
            Err(typed::wrong_type(&param, expected, other))
        }
    }
}

fn reasoning(item: &Value, param: &str) -> Result<(), ProviderRefusal> {
    let summary = format!("{param}.summary");
    match &item["summary"] {
        Value::Array(parts) => {
            for (index, part) in parts.iter().enumerate() {
                message::part(part, &format!("{summary}[{index}]"), &["summary_text"])?;
            }
        }
        Value::Null => return Err(typed::missing(&summary)),
        other => return Err(typed::wrong_type(&summary, "an array of objects", other)),
    }
    if !item["encrypted_content"].is_null() {
        typed::string(
            &item["encrypted_content"],
            &format!("{param}.encrypted_content"),
        )?;
    }
    let param = format!("{param}.content");
    match &item["content"] {
        Value::Null => Ok(()),
        Value::Array(parts) if item["encrypted_content"].is_string() && !parts.is_empty() => {
            let problem = format!(
                "array too long. Expected an array with maximum length 0, but got an array with \
                 length {} instead.",
                parts.len()
            );
            Err(typed::invalid(&param, &problem).code("array_above_max_length"))
        }
        Value::Array(parts) => parts.iter().enumerate().try_for_each(|(index, part)| {
            message::part(part, &format!("{param}[{index}]"), &["reasoning_text"])
        }),
        other => Err(typed::wrong_type(&param, "an array of objects", other)),
    }
}
