//! [`Message`]: a message of a conversation.

use serde::Serialize;

use crate::RawJson;

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(
    tag = "role",
    rename_all = "snake_case",
    rename_all_fields = "camelCase"
)]
#[non_exhaustive]
#[allow(missing_docs, reason = "the fields are those of the protocol")]
pub enum Message {
    /// Of the user.
    User { id: String, content: UserContent },
    /// Of the model.
    Assistant {
        id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        content: Option<String>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        tool_calls: Vec<ToolCall>,
    },
    /// The answer to a tool call.
    Tool {
        id: String,
        content: String,
        tool_call_id: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        error: Option<String>,
    },
    /// Reasoning of the model.
    Reasoning { id: String, content: String },
    /// Progress of a tool that the provider runs.
    Activity {
        id: String,
        activity_type: String,
        content: RawJson,
    },
}

impl Message {
    /// Returns the id.
    #[must_use]
    pub fn id(&self) -> &str {
        match self {
            Self::User { id, .. }
            | Self::Assistant { id, .. }
            | Self::Tool { id, .. }
            | Self::Reasoning { id, .. }
            | Self::Activity { id, .. } => id,
        }
    }

    pub(super) fn is_reasoning(&self) -> bool {
        matches!(self, Self::Reasoning { .. })
    }
}

/// Content of a message of the user: a text, or a list of parts.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum UserContent {
    /// Text.
    Text(String),
    /// Parts: text, images, documents.
    Parts(Vec<RawJson>),
}

/// A tool call of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ToolCall {
    /// Id.
    pub id: String,
    /// `function`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Name and arguments.
    pub function: FunctionCall,
}

/// Name and arguments of a tool call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FunctionCall {
    /// Name of the tool.
    pub name: String,
    /// Text of the arguments.
    pub arguments: String,
}

impl ToolCall {
    pub(super) fn new(id: &str, name: &str, arguments: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: "function",
            function: FunctionCall {
                name: name.to_owned(),
                arguments: arguments.to_owned(),
            },
        }
    }
}

/// Returns the id of the message that answers a call.
pub(super) fn result_id(call: &str) -> String {
    format!("{call}:result")
}
