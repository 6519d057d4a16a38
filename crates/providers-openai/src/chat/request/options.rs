//! Tools, the choice among them, and the shape of the answer, as the request writes them.

use geppetto_engine::{StructuredOutput, ToolChoice as Choice, ToolDefinition};
use serde::Serialize;
use serde_json::{Value, json};

use crate::chat::Dialect;

/// A tool on offer.
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

/// Whether the model may, must or must not call a tool.
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
    /// `None` for the server's default, which is that the model decides.
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

/// The shape that the answer must have.
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
    strict: bool,
}

impl<'a> ResponseFormat<'a> {
    /// Any object.
    pub(super) fn any_object() -> Self {
        Self {
            kind: "json_object",
            json_schema: None,
        }
    }

    /// The shape with its schema.
    pub(super) fn of(output: &'a StructuredOutput) -> Self {
        Self {
            kind: "json_schema",
            json_schema: Some(Schema {
                name: &output.name,
                description: &output.description,
                schema: &output.schema,
                strict: output.is_strict(),
            }),
        }
    }
}

/// The instruction that stands for the schema of the answer where the server takes none.
pub(super) fn shape_in_words(output: &StructuredOutput) -> String {
    let StructuredOutput {
        description,
        schema,
        ..
    } = output;
    let what = if description.is_empty() {
        String::new()
    } else {
        format!(" {description}")
    };
    format!(
        "Answer with one JSON object and nothing else.{what} It must fit this JSON schema: {schema}"
    )
}

/// The tool that is offered where a history has calls and there is no tool.
pub(super) fn placeholder() -> ToolDefinition {
    let description = "Stands for tools that are no longer there. Do not call it.";
    ToolDefinition::new(
        "unavailable",
        description,
        json!({"type": "object", "properties": {}}),
    )
}

/// Asks for the usage at the end of a stream.
#[derive(Debug, Serialize)]
pub(super) struct StreamOptions {
    pub(super) include_usage: bool,
}

/// Turns thinking on and off.
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
