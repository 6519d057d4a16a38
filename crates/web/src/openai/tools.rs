//! Tools of the client, and the choice among them, in the formats of both APIs.

use geppetto_engine::{ClientTools, ToolChoice, ToolDefinition};
use geppetto_ui::openai::ApiError;
use serde_json::{Value, json};

use super::fields::{Fields, unknown_value};

/// Reads `tools` and `tool_choice`. Returns `None` if there are neither.
pub(super) fn read(body: &Fields<'_>) -> Result<Option<ClientTools>, ApiError> {
    let mut definitions = Vec::new();
    for (index, tool) in body.list("tools")?.iter().enumerate() {
        definitions.extend(definition(tool, &format!("tools[{index}]"))?);
    }
    let choice = choice(body, &mut definitions)?;
    if definitions.is_empty() && choice.is_none() {
        return Ok(None);
    }
    let tools = ClientTools::new(definitions);
    Ok(Some(match choice {
        Some(choice) => tools.with_choice(choice),
        None => tools,
    }))
}

/// Tools that OpenAI executes itself. Clients offer them to every server; the server's own tools are
/// there without being declared.
const HOSTED: [&str; 12] = [
    "web_search",
    "web_search_preview",
    "file_search",
    "code_interpreter",
    "image_generation",
    "computer",
    "computer_use_preview",
    "mcp",
    "local_shell",
    "shell",
    "tool_search",
    "apply_patch",
];

/// Tools of the agents of OpenAI, in the format of Responses. Their other tools are functions; a
/// request with both is served without these, as other servers do
/// (<https://github.com/CommandCodeAI/command-code/issues/885>).
const OF_AGENTS: [&str; 2] = ["custom", "namespace"];

/// Reads a tool; `None` for one that is not offered to the model.
fn definition(tool: &Value, place: &str) -> Result<Option<ToolDefinition>, ApiError> {
    let fields = Fields::of(tool, place)?;
    match fields.text("type")?.unwrap_or("function") {
        "function" => {}
        kind if is_hosted(kind) => return Ok(None),
        kind if OF_AGENTS.contains(&kind) && fields.text("name")?.is_some() => return Ok(None),
        other => {
            let message = format!(
                "tools of the type `{other}` are not supported; declare a function instead"
            );
            return Err(fields
                .refuse("type", message)
                .with_code("unsupported_value"));
        }
    }
    // Chat Completions nest the function, Responses do not.
    let inner = fields.object("function")?;
    let function = inner.as_ref().unwrap_or(&fields);
    // Some clients name the tool next to the function.
    let name = match function.text("name")? {
        Some(name) => name,
        None => fields.required("name")?,
    };
    let description = function.text("description")?.unwrap_or_default();
    let parameters = function.object("parameters")?;
    let parameters = match parameters {
        Some(_) => function.get("parameters").cloned().unwrap_or_default(),
        None => json!({"type": "object", "properties": {}}),
    };
    let mut definition = ToolDefinition::new(name, description, parameters);
    definition.strict = function.flag("strict")?;
    // A schema that cannot be strict is sent as it is, as for any other tool.
    if definition.validate().is_err() && definition.is_strict() {
        definition.strict = None;
    }
    definition.validate().map_err(|error| {
        ApiError::invalid(place, error.to_string()).with_code("invalid_function_parameters")
    })?;
    Ok(Some(definition))
}

fn is_hosted(kind: &str) -> bool {
    // Versions end with a date: `web_search_2025_08_26`.
    HOSTED
        .iter()
        .any(|own| kind == *own || kind.starts_with(&format!("{own}_20")))
}

/// Reads the choice; `allowed_tools` removes the other tools.
fn choice(
    body: &Fields<'_>,
    definitions: &mut Vec<ToolDefinition>,
) -> Result<Option<ToolChoice>, ApiError> {
    let named = match body.get("tool_choice") {
        None => return Ok(None),
        Some(Value::String(word)) => return word_of(word, "tool_choice").map(Some),
        Some(value) => Fields::of(value, "tool_choice")?,
    };
    match named.required("type")? {
        "function" => {
            let inner = named.object("function")?;
            let name = inner.as_ref().unwrap_or(&named).required("name")?;
            // The name may be that of a server tool; the run refuses one that does not exist.
            Ok(Some(ToolChoice::Tool(name.to_owned())))
        }
        "allowed_tools" => {
            let inner = named.object("allowed_tools")?;
            let allowed = inner.as_ref().unwrap_or(&named);
            let names = allowed.list("tools")?.iter().filter_map(|tool| {
                let function = tool.get("function").unwrap_or(tool);
                function.get("name")?.as_str()
            });
            let names: Vec<&str> = names.collect();
            definitions.retain(|own| names.contains(&own.name.as_str()));
            let mode = allowed.text("mode")?.unwrap_or("auto");
            word_of(mode, "tool_choice.mode").map(Some)
        }
        other => Err(unknown_value(
            "tool_choice.type".to_owned(),
            other,
            &["function", "allowed_tools"],
        )),
    }
}

fn word_of(word: &str, place: &str) -> Result<ToolChoice, ApiError> {
    match word {
        "auto" => Ok(ToolChoice::Auto),
        "none" => Ok(ToolChoice::None),
        "required" | "any" => Ok(ToolChoice::Required),
        other => {
            let known = ["none", "auto", "required"];
            Err(unknown_value(place.to_owned(), other, &known))
        }
    }
}
