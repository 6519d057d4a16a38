//! [`Part`]: a content block of a message.

use std::borrow::Cow;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value, value::RawValue};

use super::media::Media;

/// A content block of a message.
#[derive(Debug)]
pub(super) enum Part<'a> {
    Text {
        text: Cow<'a, str>,
        citations: Option<Cow<'a, [Value]>>,
    },
    Thinking {
        thinking: &'a str,
        /// `None` if the server does not sign.
        signature: Option<&'a str>,
    },
    Redacted(&'a str),
    Call {
        id: Cow<'a, str>,
        name: Cow<'a, str>,
        input: Box<RawValue>,
        caller: Option<&'a Value>,
    },
    Answer {
        id: Cow<'a, str>,
        content: Vec<Part<'a>>,
        is_error: bool,
    },
    Media(Media<'a>),
    /// A content block as the API sent it.
    Raw(&'a Map<String, Value>),
}

impl<'a> Part<'a> {
    pub(super) fn text(text: &'a str) -> Self {
        Self::Text {
            text: Cow::Borrowed(text),
            citations: None,
        }
    }

    pub(super) fn owned_text(text: String) -> Self {
        Self::Text {
            text: Cow::Owned(text),
            citations: None,
        }
    }

    pub(super) fn is_thinking(&self) -> bool {
        matches!(self, Self::Thinking { .. } | Self::Redacted(_))
    }

    /// Returns a field of a content block as the API sent it.
    pub(super) fn raw_text(&self, name: &str) -> Option<&'a str> {
        match self {
            Self::Raw(payload) => payload.get(name).and_then(Value::as_str),
            _ => None,
        }
    }

    fn write<M: SerializeMap>(&self, map: &mut M) -> Result<(), M::Error> {
        match self {
            Self::Text { text, citations } => {
                map.serialize_entry("type", "text")?;
                map.serialize_entry("text", text)?;
                if let Some(citations) = citations {
                    map.serialize_entry("citations", citations)?;
                }
            }
            Self::Thinking {
                thinking,
                signature,
            } => {
                map.serialize_entry("type", "thinking")?;
                map.serialize_entry("thinking", thinking)?;
                if let Some(signature) = signature {
                    map.serialize_entry("signature", signature)?;
                }
            }
            Self::Redacted(data) => {
                map.serialize_entry("type", "redacted_thinking")?;
                map.serialize_entry("data", data)?;
            }
            Self::Call {
                id,
                name,
                input,
                caller,
            } => {
                map.serialize_entry("type", "tool_use")?;
                map.serialize_entry("id", id)?;
                map.serialize_entry("name", name)?;
                map.serialize_entry("input", input)?;
                if let Some(caller) = caller {
                    map.serialize_entry("caller", caller)?;
                }
            }
            Self::Answer {
                id,
                content,
                is_error,
            } => {
                map.serialize_entry("type", "tool_result")?;
                map.serialize_entry("tool_use_id", id)?;
                map.serialize_entry("content", content)?;
                if *is_error {
                    map.serialize_entry("is_error", is_error)?;
                }
            }
            Self::Media(media) => media.write(map)?,
            Self::Raw(payload) => {
                for (name, value) in *payload {
                    map.serialize_entry(name, value)?;
                }
            }
        }
        Ok(())
    }
}

impl Serialize for Part<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.write(&mut map)?;
        map.end()
    }
}

/// A content block, and the mark of the cache if it has one.
pub(super) struct Marked<'a>(pub(super) &'a Part<'a>, pub(super) Option<&'a Value>);

impl Serialize for Marked<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.0.write(&mut map)?;
        if let Some(mark) = self.1 {
            map.serialize_entry("cache_control", mark)?;
        }
        map.end()
    }
}
