//! `tools` and `toolConfig`.

use geppetto_engine::{ToolChoice, ToolDefinition};
use geppetto_provider::Settings;
use serde_json::{Map, Value, json};

use super::{To, config::Schema};
use crate::{models::Model, refused};

/// Field of the functions in a tool.
const FUNCTIONS: &str = "functionDeclarations";

/// Returns the tools: the functions, then the built-in tools of the options and of the turn.
pub(super) fn tools(settings: &Settings, to: &To<'_>) -> Vec<Value> {
    let mut tools = Vec::new();
    if !settings.tools.is_empty() {
        let functions = settings.tools.iter().map(|tool| function(tool, settings));
        tools.push(json!({ FUNCTIONS: functions.collect::<Vec<_>>() }));
    }
    tools.extend(to.options.server_tools.iter().cloned());
    match settings.extra.get("tools") {
        Some(Value::Array(own)) => tools.extend(own.iter().cloned()),
        Some(Value::Null) | None => {}
        Some(own) => tools.push(own.clone()),
    }
    tools
}

fn function(tool: &ToolDefinition, settings: &Settings) -> Value {
    let mut fields = Map::new();
    fields.insert("name".to_owned(), tool.name.clone().into());
    if !tool.description.is_empty() {
        fields.insert("description".to_owned(), tool.description.clone().into());
    }
    // "parameters.properties: should be non-empty for OBJECT type".
    let properties = tool.parameters.get("properties").and_then(Value::as_object);
    let is_open = tool
        .parameters
        .get("additionalProperties")
        .is_some_and(Value::is_object);
    if properties.is_some_and(|properties| !properties.is_empty()) || is_open {
        let sent = Schema::of(&tool.parameters, settings);
        let name = sent.pick("parametersJsonSchema", "parameters");
        fields.insert(name.to_owned(), sent.value);
    }
    Value::Object(fields)
}

/// Returns the tool configuration.
///
/// Source: <https://ai.google.dev/gemini-api/docs/function-calling#function_calling_modes>.
pub(super) fn tool_config(settings: &Settings, tools: &[Value], to: &To<'_>) -> Map<String, Value> {
    let mut fields = Map::new();
    let calling = match &settings.tool_config.tool_choice {
        _ if settings.tools.is_empty() => None,
        ToolChoice::None => Some(json!({"mode": "NONE"})),
        ToolChoice::Required => Some(json!({"mode": "ANY"})),
        ToolChoice::Tool(name) => Some(json!({"mode": "ANY", "allowedFunctionNames": [name]})),
        _ => None,
    };
    if let Some(calling) = calling {
        fields.insert("functionCallingConfig".to_owned(), calling);
    }
    let is_function = |tool: &&Value| {
        tool.get(FUNCTIONS).is_some() || tool.get("function_declarations").is_some()
    };
    let is_mixed =
        tools.iter().any(|tool| is_function(&tool)) && !tools.iter().all(|tool| is_function(&tool));
    // The Developer API requires it for both together; Vertex AI does not know it.
    if is_mixed
        && !to.is_vertex
        && Model::named(&settings.model).combines_tools()
        && !settings.unsent.has(refused::COMBINED)
    {
        fields.insert("includeServerSideToolInvocations".to_owned(), true.into());
    }
    fields
}
