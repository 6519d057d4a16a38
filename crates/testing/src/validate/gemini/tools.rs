//! Tools and their configuration.

use std::collections::HashSet;

use serde_json::Value;

use super::{ProviderRefusal, known, list, part, refused, schema, text};

const DECLARATION: [&str; 7] = [
    "name",
    "description",
    "parameters",
    "parametersJsonSchema",
    "response",
    "responseJsonSchema",
    "behavior",
];

pub(super) fn check(request: &Value, version: u32) -> Result<(), ProviderRefusal> {
    let mut names = HashSet::new();
    let tools = list(&request["tools"], "tools")?;
    let mut built_in = false;
    for (index, tool) in tools.iter().enumerate() {
        if !tool.is_object() {
            return Err(refused(&format!("tools[{index}]"), "must be an object"));
        }
        let functions = list(&tool["functionDeclarations"], "tools")?;
        built_in |= functions.is_empty();
        for (number, function) in functions.iter().enumerate() {
            let place = format!("tools[{index}].function_declarations[{number}]");
            let name = declaration(function, &place)?;
            if !names.insert(name) {
                return Err(ProviderRefusal::invalid_request(format!(
                    "Duplicate function declaration found: {name}"
                )));
            }
        }
    }
    let config = &request["toolConfig"];
    let shown = config["includeServerSideToolInvocations"] == true;
    if built_in && !names.is_empty() && version >= 3 && !shown {
        return Err(ProviderRefusal::invalid_request(
            "Please enable tool_config.include_server_side_tool_invocations to use Built-in tools \
             with Function calling.",
        ));
    }
    calling(config, &names)
}

fn declaration<'a>(function: &'a Value, place: &str) -> Result<&'a str, ProviderRefusal> {
    known(function, place, &DECLARATION)?;
    let name = part::name(&function["name"], place)?;
    text(&function["description"], place)?;
    let (own, json) = (&function["parameters"], &function["parametersJsonSchema"]);
    if !own.is_null() && !json.is_null() {
        return Err(refused(
            place,
            "only one of parameters and parameters_json_schema can be set",
        ));
    }
    if !own.is_null() {
        let place = format!("{place}.parameters");
        schema::check(own, &place)?;
        if !own["type"]
            .as_str()
            .is_some_and(|kind| kind.eq_ignore_ascii_case("object"))
        {
            return Err(refused(&place, "schema should be of type OBJECT."));
        }
    }
    if !json.is_null() {
        schema::check_json(json, &format!("{place}.parameters_json_schema"))?;
    }
    Ok(name)
}

fn calling(config: &Value, names: &HashSet<&str>) -> Result<(), ProviderRefusal> {
    if config.is_null() {
        return Ok(());
    }
    let fields = [
        "functionCallingConfig",
        "retrievalConfig",
        "includeServerSideToolInvocations",
    ];
    known(config, "tool_config", &fields)?;
    let calling = &config["functionCallingConfig"];
    if calling.is_null() {
        return Ok(());
    }
    let fields = [
        "mode",
        "allowedFunctionNames",
        "streamFunctionCallArguments",
    ];
    known(calling, "tool_config.function_calling_config", &fields)?;
    let mode = calling["mode"]
        .as_str()
        .unwrap_or("AUTO")
        .to_ascii_uppercase();
    if !["AUTO", "ANY", "NONE", "VALIDATED"].contains(&mode.as_str()) {
        return Err(refused(
            "tool_config.function_calling_config.mode",
            "is unknown",
        ));
    }
    let allowed = list(&calling["allowedFunctionNames"], "allowed_function_names")?;
    if !allowed.is_empty() && !["ANY", "VALIDATED"].contains(&mode.as_str()) {
        return Err(ProviderRefusal::invalid_request(
            "allowed_function_names should only be set when function calling mode is ANY.",
        ));
    }
    match allowed
        .iter()
        .find(|name| !name.as_str().is_some_and(|name| names.contains(name)))
    {
        None => Ok(()),
        Some(name) => Err(ProviderRefusal::invalid_request(format!(
            "allowed_function_names contains {name}, which is not a declared function."
        ))),
    }
}
