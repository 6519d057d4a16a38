//! Events of text and reasoning segments.

use serde::{Deserialize, Serialize};

/// Finish reason of a segment whose text the provider withdrew. Another segment of the same provider
/// call replaces it; consumers must remove its text.
pub const REPLACED: &str = "replaced";

/// A text segment started.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextStarted {
    /// Role of the author: `assistant`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub role: String,
    /// `true` if the text is a refusal rather than an answer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub refusal: bool,
}

impl TextStarted {
    /// Creates the start of a text of `role`.
    pub fn new(role: impl Into<String>) -> Self {
        Self {
            role: role.into(),
            refusal: false,
        }
    }

    /// Sets whether the text is a refusal.
    #[must_use]
    pub fn with_refusal(mut self, refusal: bool) -> Self {
        self.refusal = refusal;
        self
    }
}

/// Fragment of a text segment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextDelta {
    /// Text of the fragment.
    pub delta: Box<str>,
    /// Byte offset of the fragment in the segment. Absent in events from other implementations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Sequence number of the fragment in the segment, starting at 1; 0 if the sender does not
    /// count.
    #[serde(skip_serializing_if = "is_zero")]
    pub sequence: u64,
}

impl TextDelta {
    /// Creates a fragment of text at byte `offset`.
    pub fn new(delta: impl Into<Box<str>>, offset: u64, sequence: u64) -> Self {
        Self {
            delta: delta.into(),
            offset: Some(offset),
            sequence,
        }
    }
}

/// A text segment ended.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct TextFinished {
    /// Complete text.
    pub text: String,
    /// Finish reason: the provider's value, or `cancelled`, `failed`, `truncated`, or
    /// [`REPLACED`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
}

impl TextFinished {
    /// Creates the end of a segment with `text`.
    pub fn new(text: impl Into<String>, finish_reason: Option<String>) -> Self {
        Self {
            text: text.into(),
            finish_reason,
        }
    }
}

/// Source of a reasoning segment.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
#[non_exhaustive]
pub enum ReasoningSource {
    /// Dedicated reasoning field of the provider.
    #[default]
    Provider,
    /// Thinking block.
    Thinking,
    /// Summary made by the provider.
    Summary,
    /// Unknown source.
    Other(String),
}

impl ReasoningSource {
    /// Returns the wire name.
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

/// A reasoning segment started.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningStarted {
    /// Source of the reasoning.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
    /// Set if several segments are parts of one piece of reasoning, such as the parts of a summary:
    /// its number within the provider call, equal for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part_of: Option<u64>,
}

impl ReasoningStarted {
    /// Creates the start of a reasoning segment from `source`.
    #[must_use]
    pub fn new(source: ReasoningSource) -> Self {
        Self {
            source,
            part_of: None,
        }
    }
}

/// Fragment of a reasoning segment.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningDelta {
    /// Text of the fragment.
    #[serde(default)]
    pub delta: Box<str>,
    /// Byte offset of the fragment in the segment. Absent in events from other implementations.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Sequence number of the fragment in the segment, starting at 1; 0 if the sender does not
    /// count.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub sequence: u64,
    /// Source of the reasoning.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
}

impl ReasoningDelta {
    /// Creates a fragment of reasoning at byte `offset`.
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

/// A reasoning segment ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ReasoningFinished {
    /// Complete text.
    #[serde(default)]
    pub text: String,
    /// Finish reason: the provider's value, or `cancelled`, `failed`, `truncated`, or
    /// [`REPLACED`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finish_reason: Option<String>,
    /// Source of the reasoning.
    #[serde(
        default = "ReasoningSource::absent",
        skip_serializing_if = "ReasoningSource::is_absent"
    )]
    pub source: ReasoningSource,
}

impl ReasoningFinished {
    /// Creates the end of a reasoning segment.
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
