//! Assistant messages and their tool calls.

use serde_json::Value;

use super::{ProviderRefusal, content, typed};
use crate::json::at;

/// Checks an assistant message; returns the ids of its tool calls, in order.
pub(super) fn assistant<'a>(
    message: &'a Value,
    param: &str,
) -> Result<Vec<&'a str>, ProviderRefusal> {
    let said = ["tool_calls", "function_call", "refusal", "audio"]
        .iter()
        .any(|field| !message[*field].is_null());
    content::assistant(message, param, said)?;
    match &message["tool_calls"] {
        Value::Null => Ok(Vec::new()),
        calls => tool_calls(calls, &format!("{param}.tool_calls")),
    }
}

fn tool_calls<'a>(calls: &'a Value, param: &str) -> Result<Vec<&'a str>, ProviderRefusal> {
    let mut ids = Vec::new();
    for (index, call) in typed::filled_array(calls, param)?.iter().enumerate() {
        let param = format!("{param}[{index}]");
        let id = tool_call(call, &param)?;
        if ids.contains(&id) {
            let problem = format!("duplicate tool call id '{id}'. Each id must be unique.");
            return Err(typed::invalid(&format!("{param}.id"), &problem));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn tool_call<'a>(call: &'a Value, param: &str) -> Result<&'a str, ProviderRefusal> {
    let id = typed::filled_string(&call["id"], &format!("{param}.id"))?;
    match typed::string(&call["type"], &format!("{param}.type"))? {
        "function" => {
            let param = format!("{param}.function");
            let function = &call["function"];
            typed::function_name(&function["name"], &format!("{param}.name"))?;
            typed::string(&function["arguments"], &format!("{param}.arguments"))?;
        }
        "custom" => {
            typed::string(
                at(call, &["custom", "name"]),
                &format!("{param}.custom.name"),
            )?;
        }
        other => {
            let param = format!("{param}.type");
            return Err(typed::unsupported_value(
                &param,
                other,
                &["function", "custom"],
            ));
        }
    }
    Ok(id)
}
