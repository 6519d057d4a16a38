//! [`ChatFrame`]: a message of a stream.

use std::sync::Arc;

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use super::ChatOptions;
use crate::openai::ApiError;

/// A message of a stream, to be sent as the data of a server-sent event.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum ChatFrame {
    /// A chunk of the completion.
    Chunk(ChatChunk),
    /// An error, after which nothing follows.
    Error {
        /// The error.
        error: ApiError,
    },
}

/// A chunk of a completion.
///
/// <https://platform.openai.com/docs/api-reference/chat-streaming>
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChatChunk {
    /// Id of the completion.
    #[serde(serialize_with = "as_text")]
    pub id: Arc<str>,
    /// `chat.completion.chunk`.
    pub object: &'static str,
    /// Creation time of the completion, in seconds since the Unix epoch.
    pub created: u64,
    /// Model.
    #[serde(serialize_with = "as_text")]
    pub model: Arc<str>,
    /// One choice; none in the chunk with the usage.
    pub choices: Vec<ChunkChoice>,
    /// Usage in the last chunk, null in all others; absent unless the client asked for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Value>,
}

fn as_text<S: Serializer>(text: &Arc<str>, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(text)
}

/// The choice of a chunk.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChunkChoice {
    /// Always 0.
    pub index: u32,
    /// Change of the message.
    pub delta: Delta,
    /// Always null.
    pub logprobs: Option<Value>,
    /// Finish reason, in the last chunk with a choice.
    pub finish_reason: Option<&'static str>,
}

/// Change of the message.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct Delta {
    /// `assistant`, in the first chunk.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'static str>,
    /// Fragment of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
    /// Fragment of the reasoning, in the field of DeepSeek, vLLM and others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reasoning_content: Option<String>,
    /// Fragment of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// Fragment of a tool call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tool_calls: Vec<CallDelta>,
    /// Cited sources.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub annotations: Vec<Value>,
}

/// Fragment of a tool call.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[non_exhaustive]
pub struct CallDelta {
    /// Index of the call in the message.
    pub index: usize,
    /// Id, in the first fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// `function`, in the first fragment.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// Name and arguments.
    pub function: FunctionDelta,
}

/// Name and arguments of a tool call.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
#[non_exhaustive]
pub struct FunctionDelta {
    /// Name, in the first fragment.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Fragment of the arguments.
    pub arguments: String,
}

/// Fields that all chunks share.
#[derive(Debug, Clone)]
pub(super) struct Head {
    id: Arc<str>,
    created: u64,
    model: Arc<str>,
    include_usage: bool,
}

impl Head {
    pub(super) fn new(options: &ChatOptions) -> Self {
        Self {
            id: options.id.as_str().into(),
            created: options.created,
            model: options.model.as_str().into(),
            include_usage: options.include_usage,
        }
    }

    fn chunk(&self, choices: Vec<ChunkChoice>, usage: Option<Value>) -> ChatFrame {
        ChatFrame::Chunk(ChatChunk {
            id: Arc::clone(&self.id),
            object: "chat.completion.chunk",
            created: self.created,
            model: Arc::clone(&self.model),
            choices,
            usage: usage.or(self.include_usage.then_some(Value::Null)),
        })
    }

    pub(super) fn delta(&self, delta: Delta) -> ChatFrame {
        self.choice(delta, None)
    }

    pub(super) fn finish(&self, reason: &'static str) -> ChatFrame {
        self.choice(Delta::default(), Some(reason))
    }

    fn choice(&self, delta: Delta, finish_reason: Option<&'static str>) -> ChatFrame {
        let choice = ChunkChoice {
            index: 0,
            delta,
            logprobs: None,
            finish_reason,
        };
        self.chunk(vec![choice], None)
    }

    /// Returns the chunk with the usage, if the client asked for it and it is known.
    pub(super) fn usage(&self, usage: Option<Value>) -> Option<ChatFrame> {
        let usage = usage.filter(|_| self.include_usage)?;
        Some(self.chunk(Vec::new(), Some(usage)))
    }

    /// Returns the fields of a completion that is sent as a whole.
    pub(super) fn body(&self, choice: &Value, usage: Option<Value>) -> Value {
        let mut body = json!({
            "id": *self.id,
            "object": "chat.completion",
            "created": self.created,
            "model": *self.model,
            "choices": [choice],
        });
        if let (Some(usage), Some(fields)) = (usage, body.as_object_mut()) {
            fields.insert("usage".to_owned(), usage);
        }
        body
    }
}
