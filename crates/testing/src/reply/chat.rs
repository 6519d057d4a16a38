//! [`ChatBody`]: a reply of the Chat Completions API, sent as a stream or as a single body.
//!
//! Wire format: <https://platform.openai.com/docs/api-reference/chat>.

mod builder;
mod stream;
mod whole;

use serde_json::{Map, Value, json};

use super::Rendered;
use crate::{json::at, server::ReceivedRequest};

/// Creation time of every scripted reply, in seconds since 1970; fixed so that runs are
/// reproducible.
const CREATED: u64 = 1_700_000_000;

/// Content of a chat reply: see the methods of `Reply<ChatBody>`.
#[derive(Debug, Clone, Default)]
pub struct ChatBody {
    deltas: Vec<Delta>,
    dialect: ReasoningDialect,
    finish: Finish,
    usage: Option<Map<String, Value>>,
    model: Option<String>,
    id: Option<String>,
}

/// Field of the reasoning text, which differs between servers of the Chat Completions API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReasoningDialect {
    /// `reasoning_content`: DeepSeek, llama.cpp, vLLM and others. The default.
    #[default]
    ReasoningContent,
    /// `reasoning`: OpenRouter, Ollama, Groq and others.
    Reasoning,
    /// The same text in both fields.
    Both,
}

#[derive(Debug, Clone)]
enum Delta {
    Text(String),
    Reasoning(String),
    Refusal(String),
    ToolCallBegin {
        index: usize,
        id: String,
        name: String,
    },
    ToolArguments {
        index: usize,
        fragment: String,
    },
    Error(Value),
    RawEvent(String),
}

#[derive(Debug, Clone, Default)]
enum Finish {
    /// `tool_calls` if there are any, `stop` otherwise.
    #[default]
    Fitting,
    Reason(String),
    Missing,
}

impl ChatBody {
    pub(super) fn render(&self, request: &ReceivedRequest) -> Rendered {
        let wants = request.json();
        let envelope = Envelope {
            id: self
                .id
                .clone()
                .unwrap_or_else(|| "chatcmpl-scripted".into()),
            model: self
                .model
                .clone()
                .or_else(|| request.model().map(str::to_owned))
                .unwrap_or_else(|| "scripted".to_owned()),
        };
        if wants["stream"] == json!(true) {
            let usage_chunk = at(wants, &["stream_options", "include_usage"]) == true;
            Rendered::events(stream::render(self, &envelope, usage_chunk).into())
        } else {
            whole::render(self, &envelope)
        }
    }

    fn tool_call_index(&self, call_id: &str) -> Option<usize> {
        self.deltas.iter().find_map(|delta| match delta {
            Delta::ToolCallBegin { index, id, .. } if id == call_id => Some(*index),
            _ => None,
        })
    }

    fn tool_call_count(&self) -> usize {
        let begins = |delta: &&Delta| matches!(delta, Delta::ToolCallBegin { .. });
        self.deltas.iter().filter(begins).count()
    }

    fn finish_reason(&self) -> Option<&str> {
        match &self.finish {
            Finish::Fitting if self.tool_call_count() > 0 => Some("tool_calls"),
            Finish::Fitting => Some("stop"),
            Finish::Reason(reason) => Some(reason),
            Finish::Missing => None,
        }
    }
}

/// Fields shared by all objects of one reply.
struct Envelope {
    id: String,
    model: String,
}

impl Envelope {
    fn object(&self, object: &str, choices: &Value) -> Value {
        json!({
            "id": self.id,
            "object": object,
            "created": CREATED,
            "model": self.model,
            "service_tier": "default",
            "system_fingerprint": null,
            "choices": choices,
        })
    }
}

impl ReasoningDialect {
    /// Writes reasoning text to a delta or a message.
    fn write(self, text: &str, into: &mut Map<String, Value>) {
        let fields: &[&str] = match self {
            Self::ReasoningContent => &["reasoning_content"],
            Self::Reasoning => &["reasoning"],
            Self::Both => &["reasoning_content", "reasoning"],
        };
        for field in fields {
            into.insert((*field).to_owned(), text.into());
        }
    }
}
