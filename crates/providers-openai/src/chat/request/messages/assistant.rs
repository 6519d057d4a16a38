//! Message of a model: text, refusal, reasoning and tool calls together.

use std::borrow::Cow;

use geppetto_provider::{request::sendable_args, rules::ToolNames};
use geppetto_turns::{Block, LlmText, Reasoning, ToolCall};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value, json};

use super::To;
use crate::chat::{
    CUSTOM_TOOL, EmptyContent, REASONING_DETAILS, ReasoningField, ReasoningReplay, SchemaForm,
    THINKING_BLOCKS,
    extra::{EXTRA_CONTENT, extra_content},
    keys,
};

/// Uninterrupted output of a model.
#[derive(Debug)]
pub(in crate::chat::request) struct Assistant<'a> {
    to: &'a To<'a>,
    text: String,
    refusal: String,
    reasoning: String,
    /// Reasoning that the server sent as part of the text.
    tagged: String,
    details: Vec<&'a Value>,
    /// Claude's signed thinking, for the server that sent it.
    signed: Vec<&'a Value>,
    calls: Vec<Call<'a>>,
    /// Additional data of the server for the text.
    extra: Option<&'a Value>,
    /// `true` if tools were called since the last prompt.
    called: bool,
}

impl<'a> Assistant<'a> {
    pub(super) fn new(to: &'a To<'a>) -> Self {
        Self {
            to,
            text: String::new(),
            refusal: String::new(),
            reasoning: String::new(),
            tagged: String::new(),
            details: Vec::new(),
            signed: Vec::new(),
            calls: Vec::new(),
            extra: None,
            called: false,
        }
    }

    pub(super) fn text(&mut self, block: &'a Block, said: &LlmText) {
        self.extra = self.extra_of(block).or(self.extra);
        match said.refusal && self.to.dialect.refusal_field {
            true => self.refusal.push_str(&said.text),
            false => self.text.push_str(&said.text),
        }
    }

    /// Adds reasoning, which is sent back to the server that it came from, and its signed or
    /// encrypted part to the same model.
    pub(super) fn reasoning(&mut self, block: &Block, reasoning: &'a Reasoning) {
        let origin = &self.to.origin;
        if origin.has_made(block) {
            let in_text = matches!(block.metadata.get(&keys::IN_TEXT), Ok(Some(true)));
            let always = matches!(self.to.dialect.reasoning, ReasoningReplay::Always(_));
            let place = match in_text && always {
                true => &mut self.tagged,
                false => &mut self.reasoning,
            };
            place.push_str(&reasoning.text);
        }
        if !origin.can_read(block) {
            return;
        }
        let list = |name: &str| {
            let list = reasoning.extra.get(name).and_then(Value::as_array);
            list.into_iter().flatten()
        };
        self.details.extend(list(REASONING_DETAILS));
        if self.to.signed {
            self.signed.extend(list(THINKING_BLOCKS));
        }
    }

    pub(super) fn call(&mut self, block: &'a Block, call: &'a ToolCall, id: Cow<'a, str>) {
        let extra = self.extra_of(block).map(Cow::Borrowed);
        self.calls.push(Call::of(call, id, extra, self.to.names));
    }

    /// Returns the additional data of a block, if it is sent to its origin.
    fn extra_of(&self, block: &'a Block) -> Option<&'a Value> {
        extra_content(block).filter(|_| self.to.origin.can_read(block))
    }

    /// Gemini 3 refuses calls of the current turn without a signature, which calls of other models
    /// do not have. The first call of a message carries it; this placeholder replaces a signature
    /// that cannot exist.
    ///
    /// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures#faqs>.
    fn sign(&mut self) {
        let to = self.to;
        let wants = to.dialect.name == "gemini" && to.origin.model.contains("gemini-3");
        if wants
            && self.calls.iter().all(|call| call.extra.is_none())
            && let Some(first) = self.calls.first_mut()
        {
            let skip = json!({"google": {"thought_signature": "skip_thought_signature_validator"}});
            first.extra = Some(Cow::Owned(skip));
        }
    }

    /// Restores reasoning to the text that contained it.
    fn tag(&mut self) {
        if !self.tagged.is_empty() && !self.is_empty() {
            let between = if self.text.is_empty() { "" } else { "\n\n" };
            self.text = format!("<think>{}</think>{between}{}", self.tagged, self.text);
        }
    }

    /// Ends the message. `called` is `true` if tools were called since the last prompt.
    pub(super) fn end(&mut self, called: bool) {
        self.called = called;
        self.tag();
        self.sign();
    }

    /// Returns `true` if there is no content. Servers do not accept a message with reasoning only.
    pub(super) fn is_empty(&self) -> bool {
        self.text.is_empty() && self.refusal.is_empty() && self.calls.is_empty()
    }

    /// Returns the value of `reasoning_content`. Moonshot takes an empty text for a missing field
    /// (<https://github.com/theopenco/llmgateway/pull/2093>).
    fn reasoning_content(&self) -> &str {
        let is_kimi = self.to.dialect.schemas == SchemaForm::Moonshot;
        match self.reasoning.as_str() {
            "" if is_kimi => " ",
            reasoning => reasoning,
        }
    }

    /// Returns the field for reasoning, if there is any to send.
    fn reasoning_field(&self) -> Option<ReasoningField> {
        let dialect = self.to.dialect;
        let field = dialect.reasoning.field(self.called)?;
        let there = match field {
            ReasoningField::Details => !self.details.is_empty() || !self.reasoning.is_empty(),
            _ => !self.reasoning.is_empty() || dialect.reasoning_key,
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
            _ if self.to.dialect.empty_content == EmptyContent::Text => {
                map.serialize_entry("content", &self.text)?;
            }
            // Null rather than absent: some servers require the key.
            _ => map.serialize_entry("content", &non_empty(&self.text))?,
        }
        if let Some(refusal) = non_empty(&self.refusal) {
            map.serialize_entry("refusal", refusal)?;
        }
        match field {
            Some(ReasoningField::ReasoningContent) => {
                map.serialize_entry("reasoning_content", self.reasoning_content())?;
            }
            Some(ReasoningField::Reasoning) => map.serialize_entry("reasoning", &self.reasoning)?,
            // The provider behind the gateway sent no typed parts
            // (<https://github.com/danny-avila/LibreChat/issues/13366>).
            Some(ReasoningField::Details) if self.details.is_empty() => {
                map.serialize_entry("reasoning", &self.reasoning)?;
            }
            Some(ReasoningField::Details) => {
                map.serialize_entry(REASONING_DETAILS, &self.details)?;
            }
            _ => {}
        }
        if !self.signed.is_empty() {
            map.serialize_entry(THINKING_BLOCKS, &self.signed)?;
        }
        if !self.calls.is_empty() {
            map.serialize_entry("tool_calls", &self.calls)?;
        }
        if let Some(extra) = self.extra {
            map.serialize_entry(EXTRA_CONTENT, extra)?;
        }
        map.end()
    }
}

fn non_empty(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Returns Mistral's format: reasoning and text as parts of one content.
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
struct Call<'a> {
    id: Cow<'a, str>,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    function: Option<Function<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom: Option<Custom<'a>>,
    #[serde(rename = "extra_content", skip_serializing_if = "Option::is_none")]
    extra: Option<Cow<'a, Value>>,
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
    fn of(
        call: &'a ToolCall,
        id: Cow<'a, str>,
        extra: Option<Cow<'a, Value>>,
        names: &'a ToolNames,
    ) -> Self {
        let name = names.sent(&call.name);
        let is_custom = call.extra.get("type").and_then(Value::as_str) == Some(CUSTOM_TOOL);
        let (kind, function, custom) = if is_custom {
            let input = call.args.as_str();
            (CUSTOM_TOOL, None, Some(Custom { name, input }))
        } else {
            let arguments = sendable_args(&call.args);
            ("function", Some(Function { name, arguments }), None)
        };
        Self {
            id,
            kind,
            function,
            custom,
            extra,
        }
    }
}
