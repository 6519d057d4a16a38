//! Offered tools, and the tool choice.

use serde_json::Value;

use super::{ProviderRefusal, options, schema, typed};
use crate::json::at;

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    let names = match &request["tools"] {
        Value::Null => None,
        tools => Some(names(tools)?),
    };
    if names.is_none() && !request["parallel_tool_calls"].is_null() {
        return Err(only_with_tools("parallel_tool_calls"));
    }
    tool_choice(&request["tool_choice"], names.as_deref())
}

fn only_with_tools(param: &str) -> ProviderRefusal {
    ProviderRefusal::invalid_request(format!(
        "Invalid value for '{param}': '{param}' is only allowed when 'tools' are specified."
    ))
    .param(param)
}

fn names(tools: &Value) -> Result<Vec<&str>, ProviderRefusal> {
    let mut names = Vec::new();
    for (index, tool) in typed::filled_array(tools, "tools")?.iter().enumerate() {
        let param = format!("tools[{index}]");
        let name = match typed::string(&tool["type"], &format!("{param}.type"))? {
            "function" => function(&tool["function"], &format!("{param}.function"))?,
            "custom" => typed::function_name(
                at(tool, &["custom", "name"]),
                &format!("{param}.custom.name"),
            )?,
            other => {
                let param = format!("{param}.type");
                return Err(typed::unsupported_value(
                    &param,
                    other,
                    &["function", "custom"],
                ));
            }
        };
        if names.contains(&name) {
            let message =
                format!("Invalid 'tools': tool names must be unique, but '{name}' is not.");
            return Err(ProviderRefusal::invalid_request(message)
                .param("tools")
                .code("invalid_value"));
        }
        names.push(name);
    }
    Ok(names)
}

fn function<'a>(function: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    match function {
        Value::Object(_) => {}
        Value::Null => return Err(typed::missing(param)),
        other => return Err(typed::wrong_type(param, "an object", other)),
    }
    let name = typed::function_name(&function["name"], &format!("{param}.name"))?;
    if !function["description"].is_null() {
        typed::string(&function["description"], &format!("{param}.description"))?;
    }
    options::boolean(&function["strict"], &format!("{param}.strict"))?;
    let param = format!("{param}.parameters");
    match &function["parameters"] {
        Value::Null => Ok(name),
        Value::Object(parameters) => {
            let is_strict = function["strict"] == true;
            schema::parameters(parameters, name, is_strict)
                .map_err(|refusal| refusal.param(param).code("invalid_function_parameters"))?;
            Ok(name)
        }
        other => Err(typed::wrong_type(&param, "an object", other)),
    }
}

fn tool_choice(choice: &Value, names: Option<&[&str]>) -> Result<(), ProviderRefusal> {
    let named = match choice {
        Value::Null => return Ok(()),
        Value::String(word) if ["none", "auto", "required"].contains(&word.as_str()) => None,
        Value::String(word) => {
            let supported = ["none", "auto", "required"];
            return Err(typed::unsupported_value("tool_choice", word, &supported));
        }
        // The allowed subset of tools has a different format and names no single one.
        Value::Object(fields) if fields.get("type").is_some_and(|t| t == "allowed_tools") => None,
        Value::Object(fields) => {
            let kind = typed::string(&choice["type"], "tool_choice.type")?;
            let function = fields.get(kind).unwrap_or(&Value::Null);
            let param = format!("tool_choice.{kind}.name");
            Some(typed::string(&function["name"], &param)?)
        }
        other => {
            let expected = "one of a string or an object";
            return Err(typed::wrong_type("tool_choice", expected, other));
        }
    };
    match (names, named) {
        (None, _) => Err(only_with_tools("tool_choice")),
        (Some(names), Some(name)) if !names.contains(&name) => {
            let message = format!("Tool choice '{name}' not found in 'tools' parameter.");
            Err(ProviderRefusal::invalid_request(message).param("tool_choice"))
        }
        _ => Ok(()),
    }
}
