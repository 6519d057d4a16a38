//! Serialization of tools, tool choice, reasoning and structured output.

use geppetto_engine::{InferenceConfig, StructuredOutput, ToolChoice as Choice, ToolDefinition};
use geppetto_provider::Unsent;
use serde::Serialize;
use serde_json::{Value, json};

use super::Request;

/// An offered tool.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum Tool<'a> {
    Function(Function<'a>),
    /// A tool run by the server, as configured.
    Server(&'a Value),
}

#[derive(Debug, Serialize)]
pub(super) struct Function<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    parameters: &'a Value,
    /// Always sent: this API is strict by default, and then refuses schemas that the other API
    /// accepts.
    strict: bool,
}

impl<'a> Tool<'a> {
    pub(super) fn function(tool: &'a ToolDefinition) -> Self {
        Self::Function(Function {
            kind: "function",
            name: &tool.name,
            description: &tool.description,
            parameters: &tool.parameters,
            strict: tool.strict.unwrap_or(false),
        })
    }
}

/// Tool choice of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ToolChoice {
    Word(&'static str),
    Tool(Value),
}

impl ToolChoice {
    /// Returns `None` for the server's default, in which the model decides among all tools.
    pub(super) fn of(
        choice: &Choice,
        settings: &Request<'_>,
        allowed: Option<&[String]>,
    ) -> Option<Self> {
        let mode = match choice {
            Choice::None => return Some(Self::Word("none")),
            Choice::Tool(name) => return Some(Self::Tool(reference(name, settings))),
            Choice::Required => "required",
            _ => "auto",
        };
        match allowed {
            Some(names) => {
                let tools = names
                    .iter()
                    .map(|name| reference(&settings.names.sent(name), settings));
                let tools: Vec<Value> = tools.collect();
                Some(Self::Tool(
                    json!({"type": "allowed_tools", "mode": mode, "tools": tools}),
                ))
            }
            None => (mode == "required").then_some(Self::Word(mode)),
        }
    }
}

/// Returns a reference to an offered tool. A name without a function is that of a custom tool, the
/// label of an MCP server, or the type of a built-in tool.
fn reference(name: &str, settings: &Request<'_>) -> Value {
    let function = || json!({"type": "function", "name": name});
    if settings.tools.iter().any(|tool| tool.name == name) {
        return function();
    }
    let server = settings.server_tools.iter().find_map(|tool| {
        let is = |field: &str| tool.get(field).and_then(Value::as_str) == Some(name);
        match tool.get("type")?.as_str()? {
            kind @ ("custom" | "function") if is("name") => {
                Some(json!({"type": kind, "name": name}))
            }
            kind @ "mcp" if is("server_label") => Some(json!({"type": kind, "server_label": name})),
            kind if kind == name => Some(json!({"type": kind})),
            _ => None,
        }
    });
    server.unwrap_or_else(function)
}

/// Structured output and verbosity of the answer.
#[derive(Debug, Serialize)]
pub(super) struct TextSettings<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<Format<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    verbosity: Option<&'a str>,
}

#[derive(Debug, Serialize)]
struct Format<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    schema: &'a Value,
    strict: bool,
}

impl<'a> TextSettings<'a> {
    pub(super) fn of(
        output: Option<&'a StructuredOutput>,
        verbosity: Option<&'a str>,
    ) -> Option<Self> {
        let format = output.map(|output| Format {
            kind: "json_schema",
            name: &output.name,
            description: &output.description,
            schema: &output.schema,
            strict: output.is_strict(),
        });
        (format.is_some() || verbosity.is_some()).then_some(Self { format, verbosity })
    }
}

/// Reasoning effort and summary.
#[derive(Debug, Serialize)]
pub(super) struct Reasoning<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    effort: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<&'a str>,
}

impl<'a> Reasoning<'a> {
    pub(super) fn of(config: &'a InferenceConfig, unsent: &Unsent) -> Option<Self> {
        let effort = config.reasoning_effort.as_deref();
        let effort = effort.filter(|_| !unsent.has("reasoning_effort"));
        let summary = config.reasoning_summary.as_deref();
        let summary = summary.filter(|_| !unsent.has("reasoning_summary"));
        (effort.is_some() || summary.is_some()).then_some(Self { effort, summary })
    }
}
