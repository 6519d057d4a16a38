//! [`Event`] and the data common to all events.

use std::sync::Arc;

use geppetto_turns::{Extra, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::kind::EventKind;

mod app;

#[cfg(test)]
mod tests;

/// Something that happened during an inference. Immutable once published.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Sequence number, starting at 1, gap-free within a session. 0 until published.
    pub seq: u64,
    /// Number of events represented by this one: greater than 1 for deltas merged for a slow
    /// reader, and for events that were lost with their process; `seq` is then the number of the
    /// last of them.
    pub merged: u64,
    /// Metadata of the inference.
    pub meta: Arc<EventMeta>,
    /// Ids of the session, run, call and segment that the event belongs to.
    pub correlation: Arc<Correlation>,
    /// Kind of event, with its fields.
    pub kind: EventKind,
    /// Unknown fields. Fields of a decoded event that would not be encoded identically are also
    /// kept here; they take precedence over the typed ones on encoding.
    pub extra: Extra,
}

impl Event {
    /// Creates an event without metadata and correlation.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self::in_context(kind, Arc::default(), Arc::default())
    }

    /// Creates an event of an inference. Does not allocate, unlike [`Event::new`] followed by
    /// [`with_meta`](Self::with_meta) and [`with_correlation`](Self::with_correlation).
    #[must_use]
    pub fn in_context(
        kind: EventKind,
        meta: Arc<EventMeta>,
        correlation: Arc<Correlation>,
    ) -> Self {
        Self {
            seq: 0,
            merged: 1,
            meta,
            correlation,
            kind,
            extra: Extra::default(),
        }
    }

    /// Sets the metadata of the inference.
    #[must_use]
    pub fn with_meta(mut self, meta: Arc<EventMeta>) -> Self {
        self.meta = meta;
        self
    }

    /// Sets the correlation.
    #[must_use]
    pub fn with_correlation(mut self, correlation: Arc<Correlation>) -> Self {
        self.correlation = correlation;
        self
    }

    /// Returns the wire name of the type, such as `text-delta`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.kind.type_name()
    }

    /// Returns the text of a text delta: output of the model. `None` for all other events,
    /// including reasoning and tool arguments.
    #[must_use]
    pub fn text_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::TextDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// Returns the text of a reasoning delta. `None` for all other events.
    #[must_use]
    pub fn reasoning_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::ReasoningDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// Returns the fragment of JSON text of a tool arguments delta. `None` for all other events.
    #[must_use]
    pub fn arguments_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::ToolCallArgumentsDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// Returns the fragment of a delta of any kind.
    pub(crate) fn any_delta(&self) -> Option<&str> {
        self.text_delta()
            .or_else(|| self.reasoning_delta())
            .or_else(|| self.arguments_delta())
    }

    /// Returns the sequence number of the first event that this one represents: `seq` unless deltas
    /// were merged.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        self.seq.saturating_sub(self.merged.saturating_sub(1))
    }

    /// Returns `true` if the event ends its run.
    #[must_use]
    pub fn is_terminal(&self) -> bool {
        matches!(
            self.kind,
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_)
        )
    }
}

impl From<EventKind> for Event {
    fn from(kind: EventKind) -> Self {
        Self::new(kind)
    }
}

/// Metadata of the inference that an event comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventMeta {
    /// Id of the message being generated; the inference id in events of this project.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// Session id.
    #[serde(skip_serializing_if = "Option::is_none", alias = "run_id")]
    pub session_id: Option<String>,
    /// Inference id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_id: Option<String>,
    /// Turn id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// Model name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Requested sampling temperature.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Number>,
    /// Requested nucleus sampling probability.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<Number>,
    /// Requested output limit, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Stop reason, verbatim from the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// Token usage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// Duration of the call, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Unknown fields, preserved on encoding. Engine-specific data is under `extra`.
    #[serde(skip)]
    pub extra: Extra,
}

/// Ids of what an event belongs to. All ids are opaque.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Correlation {
    /// Session id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Run id: the inference id of the session's inference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// Turn id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// Id of the provider call within the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_call_id: Option<String>,
    /// Attempt number of the call, starting at 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// Id of the text, reasoning or tool call segment within the provider call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<String>,
    /// Tool call id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Unknown fields, preserved on encoding.
    #[serde(skip)]
    pub extra: Extra,
}

impl Correlation {
    /// Returns the correlation of a segment of this provider call.
    #[must_use]
    pub fn segment(&self, id: impl Into<String>) -> Self {
        Self {
            segment_id: Some(id.into()),
            ..self.clone()
        }
    }

    /// Returns the correlation of a tool call of this provider call.
    #[must_use]
    pub fn tool_call(&self, id: impl Into<String>) -> Self {
        Self {
            tool_call_id: Some(id.into()),
            ..self.clone()
        }
    }

    /// Returns the id and attempt number of the provider call, if the event belongs to one.
    #[must_use]
    pub fn call(&self) -> Option<(&str, u32)> {
        let id = self.provider_call_id.as_deref()?;
        Some((id, self.attempt.unwrap_or(1)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
