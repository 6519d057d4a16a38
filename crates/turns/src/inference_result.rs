//! [`InferenceResult`]: outcome of an inference.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, ser::SerializeMap};
use serde_json::Value;

use crate::{Extra, Usage, serial::Fields};

#[cfg(test)]
mod tests;

/// Provider-neutral class of how an inference ended.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum FinishClass {
    /// The model completed its answer.
    Completed,
    /// The output limit was reached.
    MaxTokens,
    /// The context window of the model was exhausted: the reply is cut off, and raising the output
    /// limit does not help.
    ContextWindow,
    /// The model requested tool calls and awaits their results.
    ToolCallsPending,
    /// The provider paused a long reply, to be continued by another call with the same history.
    Paused,
    /// The model or the provider's content policy refused.
    Refused,
    /// The run was cancelled.
    Interrupted,
    /// The run failed.
    Error,
    /// The provider reported no reason, or an unknown one.
    #[default]
    Unknown,
    /// Unknown class, preserved.
    Other(String),
}

impl FinishClass {
    /// Returns the name in files.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Completed => "completed",
            Self::MaxTokens => "max_tokens",
            Self::ContextWindow => "context_window",
            Self::ToolCallsPending => "tool_calls_pending",
            Self::Paused => "paused",
            Self::Refused => "refused",
            Self::Interrupted => "interrupted",
            Self::Error => "error",
            Self::Unknown => "unknown",
            Self::Other(name) => name,
        }
    }
}

impl From<&str> for FinishClass {
    fn from(name: &str) -> Self {
        match name {
            "completed" => Self::Completed,
            "max_tokens" => Self::MaxTokens,
            "context_window" => Self::ContextWindow,
            "tool_calls_pending" => Self::ToolCallsPending,
            "paused" => Self::Paused,
            "refused" => Self::Refused,
            "interrupted" => Self::Interrupted,
            "error" => Self::Error,
            "unknown" | "" => Self::Unknown,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for FinishClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for FinishClass {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for FinishClass {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self::from(String::deserialize(deserializer)?.as_str()))
    }
}

/// Outcome and cost of one inference.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct InferenceResult {
    /// Provider, by the name of its engine.
    pub provider: String,
    /// Model that answered, as reported by the provider; otherwise the requested model.
    pub model: String,
    /// Stop reason, verbatim from the provider.
    pub stop_reason: Option<String>,
    /// Provider-neutral finish class.
    pub finish_class: FinishClass,
    /// `true` if the output was cut off (output limit, cancellation, broken stream).
    pub truncated: bool,
    /// Token usage.
    pub usage: Option<Usage>,
    /// Requested output limit, in tokens.
    pub max_tokens: Option<u64>,
    /// Time from sending the request to the end of the reply, in milliseconds.
    pub duration_ms: Option<u64>,
    /// Time from sending the request to the first output, in milliseconds.
    pub time_to_first_token_ms: Option<u64>,
    /// Request id assigned by the provider.
    pub request_id: Option<String>,
    /// Response id assigned by the provider.
    pub response_id: Option<String>,
    /// Engine-specific details, under `extra` in files.
    pub details: Extra,
    /// Unknown keys, preserved on write.
    pub extra: Extra,
}

impl InferenceResult {
    /// Creates a result with only provider and model set.
    pub fn new(provider: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            provider: provider.into(),
            model: model.into(),
            ..Self::default()
        }
    }

    /// Sets the finish class.
    #[must_use]
    pub fn with_finish(mut self, class: FinishClass) -> Self {
        self.finish_class = class;
        self
    }

    /// Sets the token usage.
    #[must_use]
    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.usage = Some(usage);
        self
    }

    /// Returns the estimated cost in USD; `None` if it is unknown, because the price of the model or
    /// the usage is.
    #[must_use]
    pub fn cost_usd(&self) -> Option<f64> {
        self.usage.as_ref()?.cost_usd
    }
}

impl Serialize for InferenceResult {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        let texts = [("provider", &self.provider), ("model", &self.model)];
        for (name, text) in texts.into_iter().filter(|(_, text)| !text.is_empty()) {
            map.serialize_entry(name, text)?;
        }
        if let Some(reason) = &self.stop_reason {
            map.serialize_entry("stop_reason", reason)?;
        }
        map.serialize_entry("finish_class", &self.finish_class)?;
        if self.truncated {
            map.serialize_entry("truncated", &true)?;
        }
        if let Some(usage) = &self.usage {
            map.serialize_entry("usage", usage)?;
        }
        for (name, number) in [
            ("max_tokens", self.max_tokens),
            ("duration_ms", self.duration_ms),
            ("time_to_first_token_ms", self.time_to_first_token_ms),
        ] {
            if let Some(number) = number {
                map.serialize_entry(name, &number)?;
            }
        }
        for (name, id) in [
            ("request_id", &self.request_id),
            ("response_id", &self.response_id),
        ] {
            if let Some(id) = id {
                map.serialize_entry(name, id)?;
            }
        }
        if !self.details.is_empty() {
            map.serialize_entry("extra", &crate::serial::AsMap(self.details.iter()))?;
        }
        for (key, value) in self.extra.iter() {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for InferenceResult {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut fields = Fields::deserialize(deserializer)?;
        let usage = match fields.take("usage") {
            None | Some(Value::Null) => None,
            Some(value) => Some(
                Usage::deserialize(value)
                    .map_err(|error| serde::de::Error::custom(format!("usage: {error}")))?,
            ),
        };
        Ok(Self {
            provider: fields.text("provider")?.unwrap_or_default(),
            model: fields.text("model")?.unwrap_or_default(),
            stop_reason: fields.text("stop_reason")?,
            finish_class: fields
                .text("finish_class")?
                .map_or(FinishClass::Unknown, |name| name.as_str().into()),
            truncated: fields.flag("truncated")?.unwrap_or_default(),
            usage,
            max_tokens: fields.count("max_tokens")?,
            duration_ms: fields.count("duration_ms")?,
            time_to_first_token_ms: fields.count("time_to_first_token_ms")?,
            request_id: fields.text("request_id")?,
            response_id: fields.text("response_id")?,
            details: fields.map("extra")?.unwrap_or_default().into(),
            extra: fields.rest(),
        })
    }
}
