//! Events of text and reasoning as they grow.

use serde::{Deserialize, Serialize};

/// The model begins a text.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextStarted {
    /// The role of the author: `assistant`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
}

impl TextStarted {
    /// A text of `role`.
    pub fn new(role: impl Into<String>) -> Self {
        Self { role: role.into() }
    }
}

/// A piece of text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextDelta {
    /// The piece.
    pub delta: Box<str>,
    /// Where the piece begins in the segment's text, in bytes. Absent in events of others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The piece's number in the segment, from 1; 0 where the sender does not count.
    #[serde(skip_serializing_if = "is_zero")]
    pub sequence: u64,
}

impl TextDelta {
    /// A piece of text that begins at byte `offset`.
    pub fn new(delta: impl Into<Box<str>>, offset: u64, sequence: u64) -> Self {
        Self {
            delta: delta.into(),
            offset: Some(offset),
            sequence,
        }
    }
}

/// A text is over.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextFinished {
    /// The whole text.
    pub text: String,
    /// Why it is over: the provider's word, or `cancelled`, `failed`, `truncated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
}

impl TextFinished {
    /// The end of `text`.
    pub fn new(text: impl Into<String>, finish_reason: Option<String>) -> Self {
        Self {
            text: text.into(),
            finish_reason,
        }
    }
}

/// Where reasoning comes from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ReasoningSource {
    /// The provider's own field.
    #[default]
    Provider,
    /// A thinking block.
    Thinking,
    /// A summary that the provider made of it.
    Summary,
    /// A source that this crate does not know.
    Other(String),
}

impl ReasoningSource {
    /// The name on the wire.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Provider => "provider",
            Self::Thinking => "thinking",
            Self::Summary => "summary",
            Self::Other(name) => name,
        }
    }

    fn is_absent(&self) -> bool {
        matches!(self, Self::Other(name) if name.is_empty())
    }

    fn absent() -> Self {
        Self::Other(String::new())
    }
}

impl From<String> for ReasoningSource {
    fn from(name: String) -> Self {
        match name.as_str() {
            "provider" => Self::Provider,
            "thinking" => Self::Thinking,
            "summary" => Self::Summary,
            _ => Self::Other(name),
        }
    }
}

impl From<ReasoningSource> for String {
    fn from(source: ReasoningSource) -> Self {
        source.as_str().to_owned()
    }
}

/// The model begins to reason.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningStarted {
    /// Where the reasoning comes from.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
}

impl ReasoningStarted {
    /// Reasoning from `source`.
    #[must_use]
    pub fn new(source: ReasoningSource) -> Self {
        Self { source }
    }
}

/// A piece of reasoning.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningDelta {
    /// The piece.
    #[serde(default)]
    pub delta: Box<str>,
    /// Where the piece begins in the segment's text, in bytes. Absent in events of others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// The piece's number in the segment, from 1; 0 where the sender does not count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// Where the reasoning comes from.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
}

impl ReasoningDelta {
    /// A piece of reasoning that begins at byte `offset`.
    pub fn new(
        delta: impl Into<Box<str>>,
        offset: u64,
        sequence: u64,
        source: ReasoningSource,
    ) -> Self {
        Self {
            delta: delta.into(),
            offset: Some(offset),
            sequence,
            source,
        }
    }
}

/// Reasoning is over.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningFinished {
    /// The whole text.
    #[serde(default)]
    pub text: String,
    /// Why it is over: the provider's word, or `cancelled`, `failed`, `truncated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Where the reasoning comes from.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
}

impl ReasoningFinished {
    /// The end of `text`.
    pub fn new(
        text: impl Into<String>,
        finish_reason: Option<String>,
        source: ReasoningSource,
    ) -> Self {
        Self {
            text: text.into(),
            finish_reason,
            source,
        }
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
pub(super) fn is_zero(number: &u64) -> bool {
    *number == 0
}
