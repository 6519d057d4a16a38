//! The message of a model: text, refusal, reasoning and tool calls together.

use std::borrow::Cow;

use geppetto_turns::{LlmText, Reasoning, ToolCall};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{
    chat::{CUSTOM_TOOL, Dialect, REASONING_DETAILS, ReasoningField},
    shared::{arguments::sendable, names::fitting},
};

/// The longest name of a tool.
const LONGEST_NAME: usize = 64;

/// What a model said without a break.
#[derive(Debug)]
pub(in crate::chat::request) struct Assistant<'a> {
    dialect: &'a Dialect,
    text: String,
    refusal: String,
    reasoning: String,
    details: Vec<&'a Value>,
    calls: Vec<&'a ToolCall>,
}

impl<'a> Assistant<'a> {
    pub(super) fn new(dialect: &'a Dialect) -> Self {
        Self {
            dialect,
            text: String::new(),
            refusal: String::new(),
            reasoning: String::new(),
            details: Vec::new(),
            calls: Vec::new(),
        }
    }

    pub(super) fn text(&mut self, said: &LlmText) {
        match said.refusal && self.dialect.refusal_field {
            true => self.refusal.push_str(&said.text),
            false => self.text.push_str(&said.text),
        }
    }

    pub(super) fn reasoning(&mut self, reasoning: &'a Reasoning) {
        self.reasoning.push_str(&reasoning.text);
        let details = reasoning.extra.get(REASONING_DETAILS);
        self.details
            .extend(details.and_then(Value::as_array).into_iter().flatten());
    }

    pub(super) fn call(&mut self, call: &'a ToolCall) {
        self.calls.push(call);
    }

    /// Whether nothing was said. Reasoning alone is no message that servers accept.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.refusal.is_empty() && self.calls.is_empty()
    }

    /// The field in which reasoning goes back, where it does and there is some.
    fn reasoning_field(&self) -> Option<ReasoningField> {
        let field = self.dialect.reasoning.field(!self.calls.is_empty())?;
        let there = match field {
            ReasoningField::Details => !self.details.is_empty(),
            _ => !self.reasoning.is_empty(),
        };
        there.then_some(field)
    }
}

impl Serialize for Assistant<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("role", "assistant")?;
        let field = self.reasoning_field();
        match field {
            Some(ReasoningField::ThinkingPart) => {
                map.serialize_entry("content", &thinking_parts(&self.reasoning, &self.text))?;
            }
            // Null, not absent: some servers ask for the key.
            _ => map.serialize_entry("content", &non_empty(&self.text))?,
        }
        if let Some(refusal) = non_empty(&self.refusal) {
            map.serialize_entry("refusal", refusal)?;
        }
        match field {
            Some(ReasoningField::ReasoningContent) => {
                map.serialize_entry("reasoning_content", &self.reasoning)?;
            }
            Some(ReasoningField::Reasoning) => map.serialize_entry("reasoning", &self.reasoning)?,
            Some(ReasoningField::Details) => {
                map.serialize_entry(REASONING_DETAILS, &self.details)?;
            }
            _ => {}
        }
        if !self.calls.is_empty() {
            let calls: Vec<Call<'_>> = self.calls.iter().copied().map(Call::of).collect();
            map.serialize_entry("tool_calls", &calls)?;
        }
        map.end()
    }
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Mistral's form: reasoning and text as parts of one content.
fn thinking_parts<'a>(reasoning: &'a str, text: &'a str) -> Vec<Part<'a>> {
    let thinking = Part::Thinking {
        thinking: [Part::Text { text: reasoning }].into(),
    };
    let text = non_empty(text).map(|text| Part::Text { text });
    [thinking].into_iter().chain(text).collect()
}

#[derive(Debug, Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Part<'a> {
    Thinking { thinking: Vec<Part<'a>> },
    Text { text: &'a str },
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Call<'a> {
    Function {
        id: &'a str,
        #[serde(rename = "type")]
        kind: &'static str,
        function: Function<'a>,
    },
    Custom {
        id: &'a str,
        #[serde(rename = "type")]
        kind: &'static str,
        custom: Custom<'a>,
    },
}

#[derive(Debug, Serialize)]
struct Function<'a> {
    name: Cow<'a, str>,
    arguments: Cow<'a, str>,
}

#[derive(Debug, Serialize)]
struct Custom<'a> {
    name: Cow<'a, str>,
    input: &'a str,
}

impl<'a> Call<'a> {
    fn of(call: &'a ToolCall) -> Self {
        let (id, name) = (call.id.as_str(), fitting(&call.name, LONGEST_NAME));
        let is_custom = call.extra.get("type").and_then(Value::as_str) == Some(CUSTOM_TOOL);
        if is_custom {
            return Self::Custom {
                id,
                kind: CUSTOM_TOOL,
                custom: Custom {
                    name,
                    input: call.args.as_str(),
                },
            };
        }
        Self::Function {
            id,
            kind: "function",
            function: Function {
                name,
                arguments: sendable(&call.args),
            },
        }
    }
}
