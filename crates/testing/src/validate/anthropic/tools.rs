//! Tools and the choice among them.

use std::collections::HashSet;

use serde_json::Value;

use super::fields::{extra, plain, refuse, text};
use crate::validate::ProviderRefusal;

/// Fields of a tool of the application.
const FIELDS: [&str; 10] = [
    "type",
    "name",
    "description",
    "input_schema",
    "strict",
    "cache_control",
    "defer_loading",
    "allowed_callers",
    "input_examples",
    "eager_input_streaming",
];

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    let tools = match &request["tools"] {
        Value::Null => &[][..],
        Value::Array(tools) => tools,
        _ => return refuse("tools: Input should be a valid list"),
    };
    let mut names = HashSet::new();
    for (at, tool) in tools.iter().enumerate() {
        let place = format!("tools.{at}.custom");
        let is_own = matches!(tool["type"].as_str(), None | Some("custom"));
        if is_own {
            own(tool, &place)?;
        }
        if let Some(name) = tool["name"].as_str()
            && !names.insert(name)
        {
            return refuse("tools: Tool names must be unique.");
        }
    }
    choice(&request["tool_choice"], &names)
}

fn own(tool: &Value, place: &str) -> Result<(), ProviderRefusal> {
    extra(tool, place, &FIELDS)?;
    plain(text(tool, place, "name")?, &format!("{place}.name"), 128)?;
    let schema = &tool["input_schema"];
    let place = format!("{place}.input_schema");
    match schema {
        Value::Object(_) => {}
        Value::Null => return refuse(format!("{place}: Field required")),
        _ => return refuse(format!("{place}: Input does not match the expected shape.")),
    }
    match schema["type"].as_str() {
        Some("object") => {}
        None => return refuse(format!("{place}.type: Field required")),
        Some(_) => return refuse(format!("{place}.type: Input should be 'object'")),
    }
    if ["oneOf", "allOf", "anyOf"]
        .iter()
        .any(|name| schema.get(name).is_some())
    {
        return refuse(format!(
            "{place}: input_schema does not support oneOf, allOf, or anyOf at the top level"
        ));
    }
    if tool["strict"] == true {
        return enforced(schema, &place);
    }
    Ok(())
}

fn choice(choice: &Value, names: &HashSet<&str>) -> Result<(), ProviderRefusal> {
    if choice.is_null() {
        return Ok(());
    }
    if names.is_empty() {
        return refuse("tool_choice: may only be specified while providing tools");
    }
    let known: &[&str] = match choice["type"].as_str() {
        Some("auto" | "any") => &["type", "disable_parallel_tool_use"],
        Some("tool") => &["type", "name", "disable_parallel_tool_use"],
        Some("none") => &["type"],
        _ => return refuse("tool_choice.type: Input should be 'auto', 'any', 'tool' or 'none'"),
    };
    extra(choice, "tool_choice", known)?;
    if choice["type"] == "tool" {
        let name = text(choice, "tool_choice", "name")?;
        if !names.contains(name) {
            return refuse(format!("Tool '{name}' not found in provided tools"));
        }
    }
    Ok(())
}

/// Checks a schema that the server enforces.
pub(super) fn enforced(schema: &Value, place: &str) -> Result<(), ProviderRefusal> {
    const REFUSED: [&str; 9] = [
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minLength",
        "maxLength",
        "maxItems",
        "uniqueItems",
    ];
    let Some(fields) = schema.as_object() else {
        return Ok(());
    };
    let kind = schema["type"].as_str().unwrap_or_default();
    if let Some(name) = REFUSED.iter().find(|name| fields.contains_key(**name)) {
        return refuse(format!(
            "{place}: For '{kind}' type, property '{name}' is not supported"
        ));
    }
    if kind == "object" && schema["additionalProperties"] != false {
        return refuse(format!(
            "{place}: For 'object' type, 'additionalProperties' must be explicitly set to false"
        ));
    }
    let properties = schema["properties"].as_object().into_iter().flatten();
    let definitions = schema["$defs"].as_object().into_iter().flatten();
    for (_, schema) in properties.chain(definitions) {
        enforced(schema, place)?;
    }
    for name in ["anyOf", "allOf"] {
        for schema in schema[name].as_array().into_iter().flatten() {
            enforced(schema, place)?;
        }
    }
    enforced(&schema["items"], place)
}
