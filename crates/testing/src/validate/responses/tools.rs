//! Offered tools, and the tool choice.

use serde_json::Value;

use super::{
    super::{ProviderRefusal, options, schema, typed},
    item::LONGEST_NAME,
};

/// Types of tools, with the required field of each.
const TYPES: [(&str, &str); 18] = [
    ("function", "name"),
    ("custom", "name"),
    ("mcp", "server_label"),
    ("file_search", "vector_store_ids"),
    ("code_interpreter", "container"),
    ("namespace", "name"),
    ("web_search", ""),
    ("web_search_2025_08_26", ""),
    ("web_search_preview", ""),
    ("web_search_preview_2025_03_11", ""),
    ("image_generation", ""),
    ("computer", ""),
    ("computer_use_preview", ""),
    ("local_shell", ""),
    ("shell", ""),
    ("apply_patch", ""),
    ("tool_search", ""),
    ("programmatic_tool_calling", ""),
];

pub(super) fn check(request: &Value) -> Result<(), ProviderRefusal> {
    let tools = match &request["tools"] {
        Value::Null => &[][..],
        Value::Array(tools) => tools,
        other => return Err(typed::wrong_type("tools", "an array of objects", other)),
    };
    let mut names = Vec::new();
    for (index, tool) in tools.iter().enumerate() {
        let Some(name) = self::tool(tool, &format!("tools[{index}]"))? else {
            continue;
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
    options::boolean(&request["parallel_tool_calls"], "parallel_tool_calls")?;
    choice(&request["tool_choice"], tools)
}

/// Checks a tool; returns its name, if its type has one.
fn tool<'a>(tool: &'a Value, param: &str) -> Result<Option<&'a str>, ProviderRefusal> {
    typed::object(tool, param)?;
    let kind = typed::string(&tool["type"], &format!("{param}.type"))?;
    let Some((_, needed)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        let known: Vec<&str> = TYPES.iter().map(|(known, _)| *known).collect();
        return Err(typed::unsupported_value(
            &format!("{param}.type"),
            kind,
            &known,
        ));
    };
    match kind {
        "function" => return function(tool, param).map(Some),
        "custom" => {
            return typed::name(&tool["name"], &format!("{param}.name"), LONGEST_NAME).map(Some);
        }
        _ if !needed.is_empty() && tool[*needed].is_null() => {
            return Err(typed::missing(&format!("{param}.{needed}")));
        }
        _ => {}
    }
    Ok(None)
}

fn function<'a>(tool: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    let name = typed::name(&tool["name"], &format!("{param}.name"), LONGEST_NAME)?;
    if !tool["description"].is_null() {
        typed::string(&tool["description"], &format!("{param}.description"))?;
    }
    options::boolean(&tool["strict"], &format!("{param}.strict"))?;
    let param = format!("{param}.parameters");
    match &tool["parameters"] {
        Value::Null => Ok(name),
        Value::Object(parameters) => {
            let is_strict = tool["strict"] == true;
            schema::parameters(parameters, name, is_strict)
                .map_err(|refusal| refusal.param(param).code("invalid_function_parameters"))?;
            Ok(name)
        }
        other => Err(typed::wrong_type(&param, "an object", other)),
    }
}

fn choice(choice: &Value, tools: &[Value]) -> Result<(), ProviderRefusal> {
    let refuse = |message: String| ProviderRefusal::invalid_request(message).param("tool_choice");
    let kind = match choice {
        Value::Null => return Ok(()),
        Value::String(word) if word == "required" && tools.is_empty() => {
            return Err(refuse(
                "Tool choice 'required' must be specified with 'tools' parameter.".to_owned(),
            ));
        }
        Value::String(_) => {
            return typed::word(choice, "tool_choice", &["none", "auto", "required"]);
        }
        Value::Object(_) => typed::string(&choice["type"], "tool_choice.type")?,
        other => {
            let expected = "one of a string or an object";
            return Err(typed::wrong_type("tool_choice", expected, other));
        }
    };
    if kind == "allowed_tools" {
        typed::word(&choice["mode"], "tool_choice.mode", &["auto", "required"])?;
        return typed::filled_array(&choice["tools"], "tool_choice.tools").map(drop);
    }
    let Some((_, needed)) = TYPES.iter().find(|(known, _)| *known == kind) else {
        let known: Vec<&str> = TYPES.iter().map(|(known, _)| *known).collect();
        return Err(typed::unsupported_value("tool_choice.type", kind, &known));
    };
    // For these the choice identifies a specific tool.
    let named = ["function", "custom", "mcp"].contains(&kind);
    if named {
        typed::string(&choice[*needed], &format!("tool_choice.{needed}"))?;
    }
    let is_it = |tool: &Value| {
        tool["type"].as_str().map(family) == Some(family(kind))
            && (!named || tool[*needed] == choice[*needed])
    };
    match tools.iter().any(is_it) {
        true => Ok(()),
        false => Err(refuse(format!(
            "Tool choice '{kind}' not found in 'tools' parameter."
        ))),
    }
}

/// Returns the common name of all versions of a provider's tool.
fn family(kind: &str) -> &str {
    let families = ["web_search", "computer"];
    let family = families.iter().find(|family| kind.starts_with(**family));
    family.map_or(kind, |family| family)
}
