//! What a block says: one type for each kind.

use std::fmt;

use serde_json::{Map, Value};

use crate::{Args, FilePart, ImagePart};

mod extra;

pub use extra::Extra;

/// The kind of a block, as in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BlockKind {
    /// Instructions to the model.
    System,
    /// What a user said.
    User,
    /// Text that a model wrote.
    LlmText,
    /// A model's reasoning.
    Reasoning,
    /// A model asks for a tool.
    ToolCall,
    /// A tool's answer.
    ToolUse,
    /// A kind that this crate does not know; preserved unchanged.
    Other,
}

impl BlockKind {
    /// The name in files: `system`, `user`, `llm_text`, `reasoning`, `tool_call`, `tool_use`,
    /// `other`.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::LlmText => "llm_text",
            Self::Reasoning => "reasoning",
            Self::ToolCall => "tool_call",
            Self::ToolUse => "tool_use",
            Self::Other => "other",
        }
    }

    /// Returns `true` if a model produced the block.
    #[must_use]
    pub fn is_model_output(self) -> bool {
        matches!(self, Self::LlmText | Self::Reasoning | Self::ToolCall)
    }
}

impl fmt::Display for BlockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The content of a [`Block`](crate::Block).
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// Instructions to the model.
    System(SystemText),
    /// What a user said: text and images.
    User(UserContent),
    /// Text that a model wrote.
    LlmText(LlmText),
    /// A model's reasoning.
    Reasoning(Reasoning),
    /// A model asks for a tool.
    ToolCall(ToolCall),
    /// A tool's answer.
    ToolUse(ToolUse),
    /// Content of a kind that this crate does not know.
    Other(OtherContent),
}

impl Content {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> BlockKind {
        match self {
            Self::System(_) => BlockKind::System,
            Self::User(_) => BlockKind::User,
            Self::LlmText(_) => BlockKind::LlmText,
            Self::Reasoning(_) => BlockKind::Reasoning,
            Self::ToolCall(_) => BlockKind::ToolCall,
            Self::ToolUse(_) => BlockKind::ToolUse,
            Self::Other(_) => BlockKind::Other,
        }
    }
}

/// Content of a system block.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SystemText {
    /// The instructions.
    pub text: String,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

/// Content of a user block.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct UserContent {
    /// The text.
    pub text: String,
    /// The images, in order.
    pub images: Vec<ImagePart>,
    /// The files, in order.
    pub files: Vec<FilePart>,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

impl UserContent {
    /// Returns `true` if there are images or files.
    #[must_use]
    pub fn has_media(&self) -> bool {
        !(self.images.is_empty() && self.files.is_empty())
    }
}

/// Content of a block of model text.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct LlmText {
    /// The text.
    pub text: String,
    /// `true` if the text is a refusal of the model instead of an answer.
    pub refusal: bool,
    /// The provider's id of the item, where it replays by id.
    pub item_id: Option<String>,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

/// Content of a reasoning block.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Reasoning {
    /// The reasoning in plain text, as far as the provider shows it.
    pub text: String,
    /// The provider's summaries of it.
    pub summary: Vec<SummaryPart>,
    /// The reasoning, encrypted by the provider for replay.
    pub encrypted_content: Option<String>,
    /// The provider's id of the item, where it replays by id.
    pub item_id: Option<String>,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

/// One part of a reasoning summary.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct SummaryPart {
    /// The type as sent, `summary_text` as a rule.
    pub part_type: String,
    /// The text.
    pub text: String,
    /// Keys that this crate does not know.
    pub extra: Extra,
}

impl SummaryPart {
    /// A part of type `summary_text`.
    pub fn new(text: impl Into<String>) -> Self {
        Self {
            part_type: "summary_text".to_owned(),
            text: text.into(),
            extra: Extra::default(),
        }
    }
}

/// Content of a tool call block.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ToolCall {
    /// The call's id, which its answer repeats.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments, exactly as the model wrote them.
    pub args: Args,
    /// The provider's id of the item, where it replays by id.
    pub item_id: Option<String>,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

impl ToolCall {
    /// A call of the tool `name`.
    pub fn new(id: impl Into<String>, name: impl Into<String>, args: impl Into<Args>) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            args: args.into(),
            item_id: None,
            extra: Extra::default(),
        }
    }
}

/// Content of a tool use block: the answer to a call.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct ToolUse {
    /// The id of the call that this answers.
    pub id: String,
    /// The result: a string as a rule, any JSON value when read.
    pub result: Option<Value>,
    /// What went wrong; absent or empty when nothing did.
    pub error: Option<String>,
    /// The arguments that the tool ran with, if they are not those that the model wrote: a person
    /// or a hook changed them.
    pub ran_with: Option<Args>,
    /// The images that the tool gave, in order.
    pub images: Vec<ImagePart>,
    /// The files that the tool gave, in order.
    pub files: Vec<FilePart>,
    /// Payload keys that this crate does not know.
    pub extra: Extra,
}

impl ToolUse {
    /// Returns `true` if the call failed.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.error.as_deref().is_some_and(|error| !error.is_empty())
    }

    /// The answer as the text that the model gets: the result (JSON where it is not a string), or
    /// the error, after the arguments that the tool ran with if they were changed.
    #[must_use]
    pub fn output(&self) -> String {
        let result = match &self.result {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(other) => Some(other.to_string()),
        };
        let text = match (result, &self.error) {
            (None, Some(error)) if !error.is_empty() => format!("Error: {error}"),
            (Some(text), Some(error)) if !error.is_empty() => format!("Error: {error}\n{text}"),
            (text, _) => text.unwrap_or_default(),
        };
        match &self.ran_with {
            Some(args) => format!("(run with other arguments: {})\n{text}", args.as_str()),
            None => text,
        }
    }

    /// Returns `true` if the tool gave images or files.
    #[must_use]
    pub fn has_media(&self) -> bool {
        !(self.images.is_empty() && self.files.is_empty())
    }
}

/// Content of a block whose kind this crate does not know; written back unchanged.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct OtherContent {
    /// The kind as written.
    pub kind: String,
    /// The payload as written.
    pub payload: Map<String, Value>,
}

impl OtherContent {
    /// Content of kind `kind`.
    pub fn new(kind: impl Into<String>, payload: Map<String, Value>) -> Self {
        Self {
            kind: kind.into(),
            payload,
        }
    }
}
