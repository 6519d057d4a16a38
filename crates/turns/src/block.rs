//! [`Block`]: one entry of a conversation.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use crate::{
    BlockKind, Content, Extra, FilePart, ImagePart, LlmText, Metadata, Reasoning, SystemText,
    ToolCall, ToolUse, UserContent,
    keys::{BlockMeta, block_meta},
};

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Block {
    /// Block id; empty until one is assigned.
    pub id: String,
    /// Role as written in a file; redundant with the kind.
    pub role: Option<String>,
    /// Content of the block.
    pub content: Content,
    /// Block metadata.
    pub metadata: Metadata<BlockMeta>,
    /// Unknown keys next to `payload`, preserved on write.
    pub extra: Extra,
}

impl Block {
    /// Creates a block without an id.
    #[must_use]
    pub fn new(content: Content) -> Self {
        let role = match content {
            Content::System(_) => Some("system"),
            Content::User(_) => Some("user"),
            Content::LlmText(_) => Some("assistant"),
            _ => None,
        };
        Self {
            id: String::new(),
            role: role.map(str::to_owned),
            content,
            metadata: Metadata::new(),
            extra: Extra::default(),
        }
    }

    /// Creates a system block.
    pub fn system(text: impl Into<String>) -> Self {
        Self::new(Content::System(SystemText {
            text: text.into(),
            ..SystemText::default()
        }))
    }

    /// Creates a user block.
    pub fn user(text: impl Into<String>) -> Self {
        Self::user_with_images(text, [])
    }

    /// Creates a user block with images.
    pub fn user_with_images(
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) -> Self {
        Self::new(Content::User(UserContent {
            text: text.into(),
            images: images.into_iter().collect(),
            ..UserContent::default()
        }))
    }

    /// Creates a user block with files.
    pub fn user_with_files(
        text: impl Into<String>,
        files: impl IntoIterator<Item = FilePart>,
    ) -> Self {
        Self::new(Content::User(UserContent {
            text: text.into(),
            files: files.into_iter().collect(),
            ..UserContent::default()
        }))
    }

    /// Creates a block of model text.
    pub fn llm_text(text: impl Into<String>) -> Self {
        Self::new(Content::LlmText(LlmText {
            text: text.into(),
            ..LlmText::default()
        }))
    }

    /// Creates a block with the model's refusal to answer.
    pub fn refusal(text: impl Into<String>) -> Self {
        Self::new(Content::LlmText(LlmText {
            text: text.into(),
            refusal: true,
            ..LlmText::default()
        }))
    }

    /// Creates a reasoning block from plain text.
    pub fn reasoning(text: impl Into<String>) -> Self {
        Self::new(Content::Reasoning(Reasoning {
            text: text.into(),
            ..Reasoning::default()
        }))
    }

    /// Creates a tool call block, with the id of the call as block id.
    #[must_use]
    pub fn tool_call(call: ToolCall) -> Self {
        let id = call.id.clone();
        Self::new(Content::ToolCall(call)).with_id(id)
    }

    /// Creates a tool use block with the result of a call.
    pub fn tool_result(call_id: impl Into<String>, result: impl Into<Value>) -> Self {
        Self::new(Content::ToolUse(ToolUse {
            id: call_id.into(),
            result: Some(result.into()),
            ..ToolUse::default()
        }))
    }

    /// Creates a tool use block with the error of a failed call.
    pub fn tool_error(call_id: impl Into<String>, error: impl Into<String>) -> Self {
        Self::new(Content::ToolUse(ToolUse {
            id: call_id.into(),
            error: Some(error.into()),
            ..ToolUse::default()
        }))
    }

    /// Sets the id.
    #[must_use]
    pub fn with_id(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Marks the block as incomplete.
    #[must_use]
    pub fn with_incomplete(mut self, why: Incomplete) -> Self {
        self.mark_incomplete(why);
        self
    }

    /// Returns the kind.
    #[must_use]
    pub fn kind(&self) -> BlockKind {
        self.content.kind()
    }

    /// Returns the text of a system, user, model text or reasoning block; `None` for other kinds.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.content {
            Content::System(content) => Some(&content.text),
            Content::User(content) => Some(&content.text),
            Content::LlmText(content) => Some(&content.text),
            Content::Reasoning(content) => Some(&content.text),
            Content::ToolCall(_) | Content::ToolUse(_) | Content::Other(_) => None,
        }
    }

    /// Returns the tool call if the block is one.
    #[must_use]
    pub fn as_tool_call(&self) -> Option<&ToolCall> {
        match &self.content {
            Content::ToolCall(call) => Some(call),
            _ => None,
        }
    }

    /// Returns the answer to a tool call if the block is one.
    #[must_use]
    pub fn as_tool_use(&self) -> Option<&ToolUse> {
        match &self.content {
            Content::ToolUse(answer) => Some(answer),
            _ => None,
        }
    }

    /// Returns why the block is incomplete; `None` if it is complete.
    ///
    /// An unreadable mark counts as [`Incomplete::Failed`], so that a marked block never passes for
    /// a complete one.
    #[must_use]
    pub fn incomplete(&self) -> Option<Incomplete> {
        self.metadata
            .get(&block_meta::INCOMPLETE)
            .unwrap_or(Some(Incomplete::Failed))
    }

    /// Marks the block as incomplete.
    pub fn mark_incomplete(&mut self, why: Incomplete) {
        self.metadata
            .set_raw(block_meta::INCOMPLETE.id(), Value::from(why.as_str()));
    }
}

/// Reason that a block is incomplete.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Incomplete {
    /// The run was cancelled while the block was being written.
    Cancelled,
    /// The run failed while the block was being written.
    Failed,
    /// The stream ended before the block was complete.
    Truncated,
}

impl Incomplete {
    /// Returns the name in files: `cancelled`, `failed` or `truncated`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::Truncated => "truncated",
        }
    }
}

impl fmt::Display for Incomplete {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for Incomplete {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Incomplete {
    /// Any other text is read as [`Incomplete::Failed`].
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(match text.as_str() {
            "cancelled" => Self::Cancelled,
            "truncated" => Self::Truncated,
            _ => Self::Failed,
        })
    }
}
