//! Serialization of tools, tool choice and structured output.

use geppetto_engine::{StructuredOutput, ToolChoice as Choice, ToolDefinition};
use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::Dialect;

/// An offered tool.
#[derive(Debug, Serialize)]
pub(super) struct Tool<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    function: Function<'a>,
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    parameters: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

impl<'a> Tool<'a> {
    pub(super) fn of(tool: &'a ToolDefinition) -> Self {
        Self {
            kind: "function",
            function: Function {
                name: &tool.name,
                description: &tool.description,
                parameters: &tool.parameters,
                strict: tool.strict,
            },
        }
    }
}

/// Tool choice of a request.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(super) enum ToolChoice<'a> {
    Word(&'a str),
    Tool {
        #[serde(rename = "type")]
        kind: &'static str,
        function: Name<'a>,
    },
}

#[derive(Debug, Serialize)]
pub(super) struct Name<'a> {
    name: &'a str,
}

impl<'a> ToolChoice<'a> {
    /// Returns `None` for the server's default, in which the model decides.
    pub(super) fn of(choice: &'a Choice, dialect: &'a Dialect) -> Option<Self> {
        match choice {
            Choice::None => Some(Self::Word("none")),
            Choice::Required => Some(Self::Word(&dialect.required_choice)),
            Choice::Tool(name) => Some(Self::Tool {
                kind: "function",
                function: Name { name },
            }),
            _ => None,
        }
    }
}

/// Structured output of the answer.
#[derive(Debug, Serialize)]
pub(super) struct ResponseFormat<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    json_schema: Option<Schema<'a>>,
}

#[derive(Debug, Serialize)]
struct Schema<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'a str,
    schema: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict: Option<bool>,
}

impl<'a> ResponseFormat<'a> {
    /// Returns the format of any object.
    pub(super) fn any_object() -> Self {
        Self {
            kind: "json_object",
            json_schema: None,
        }
    }

    /// Returns the format with its schema, and with `strict` if the server has this field.
    pub(super) fn of(output: &'a StructuredOutput, has_strict: bool) -> Self {
        Self {
            kind: "json_schema",
            json_schema: Some(Schema {
                name: &output.name,
                description: &output.description,
                schema: &output.schema,
                strict: has_strict.then(|| output.is_strict()),
            }),
        }
    }
}

/// Returns the tool that is offered if a history has calls and there is no tool.
pub(super) fn placeholder() -> ToolDefinition {
    let description = "Stands for tools that are no longer there. Do not call it.";
    ToolDefinition::new(
        "unavailable",
        description,
        json!({"type": "object", "properties": {}}),
    )
}

/// Requests the usage at the end of a stream.
#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// Enables and disables thinking.
#[derive(Debug, Serialize)]
pub(super) struct Thinking<'a> {
    #[serde(rename = "type")]
    kind: &'a str,
}

impl<'a> Thinking<'a> {
    pub(super) fn of(kind: &'a str) -> Self {
        Self { kind }
    }
}
