//! [`Event`] and what every event carries.

use std::sync::Arc;

use geppetto_turns::{Extra, Usage};
use serde::{Deserialize, Serialize};
use serde_json::Number;

use crate::kind::EventKind;

mod app;

#[cfg(test)]
mod tests;

/// One thing that happened during an inference. Immutable once published.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// The event's number: without gaps per session, from 1. 0 until it is published.
    pub seq: u64,
    /// The number of events that this one represents: more than 1 for deltas merged for a slow
    /// reader, the last of which is `seq`.
    pub merged: u64,
    /// What is known about the inference.
    pub meta: Arc<EventMeta>,
    /// What the event belongs to.
    pub correlation: Arc<Correlation>,
    /// What happened.
    pub kind: EventKind,
    /// Fields that this crate does not know; fields of a decoded event that would not be written
    /// back the same stand here too and win over the typed ones when the event is encoded.
    pub extra: Extra,
}

impl Event {
    /// An event that belongs to nothing yet.
    #[must_use]
    pub fn new(kind: EventKind) -> Self {
        Self::in_context(kind, Arc::default(), Arc::default())
    }

    /// An event of an inference. Allocates nothing, unlike [`Event::new`] with
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

    /// Sets what is known about the inference.
    #[must_use]
    pub fn with_meta(mut self, meta: Arc<EventMeta>) -> Self {
        self.meta = meta;
        self
    }

    /// Sets what the event belongs to.
    #[must_use]
    pub fn with_correlation(mut self, correlation: Arc<Correlation>) -> Self {
        self.correlation = correlation;
        self
    }

    /// The wire name of the type, such as `text-delta`.
    #[must_use]
    pub fn type_name(&self) -> &str {
        self.kind.type_name()
    }

    /// The piece of a text delta: what the model answers. `None` for all other events, reasoning
    /// and tool arguments included.
    #[must_use]
    pub fn text_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::TextDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// The piece of a reasoning delta: what the model thinks. `None` for all other events.
    #[must_use]
    pub fn reasoning_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::ReasoningDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// The piece of a tool call's arguments, as a part of JSON text. `None` for all other events.
    #[must_use]
    pub fn arguments_delta(&self) -> Option<&str> {
        match &self.kind {
            EventKind::ToolCallArgumentsDelta(event) => Some(&event.delta),
            _ => None,
        }
    }

    /// The piece of a delta of any kind.
    pub(crate) fn any_delta(&self) -> Option<&str> {
        self.text_delta()
            .or_else(|| self.reasoning_delta())
            .or_else(|| self.arguments_delta())
    }

    /// The number of the first event that this one represents: `seq` unless deltas were merged.
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

/// What is known about the inference that an event comes from.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct EventMeta {
    /// The id of the message that is being made; the inference's id in our own events.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub message_id: String,
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none", alias = "run_id")]
    pub session_id: Option<String>,
    /// The inference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference_id: Option<String>,
    /// The turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// The sampling temperature that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub temperature: Option<Number>,
    /// The nucleus sampling share that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub top_p: Option<Number>,
    /// The output limit that was asked for, in tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u64>,
    /// Why the model stopped, in the provider's own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<String>,
    /// The tokens.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub usage: Option<Box<Usage>>,
    /// How long the call took, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
    /// Fields that this crate does not know. Engine-specific data is under `extra`.
    #[serde(skip)]
    pub extra: Extra,
}

/// What an event belongs to. All ids are opaque.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Correlation {
    /// The session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// The run, which is one inference of the session: its inference id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run_id: Option<String>,
    /// The turn.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub turn_id: Option<String>,
    /// The provider call within the run.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_call_id: Option<String>,
    /// Which attempt at that call, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// The segment of text, reasoning or tool call within the provider call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment_id: Option<String>,
    /// The tool call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tool_call_id: Option<String>,
    /// Fields that this crate does not know.
    #[serde(skip)]
    pub extra: Extra,
}

impl Correlation {
    /// The correlation of a segment of this provider call.
    #[must_use]
    pub fn segment(&self, id: impl Into<String>) -> Self {
        Self {
            segment_id: Some(id.into()),
            ..self.clone()
        }
    }

    /// The correlation of a tool call of this provider call.
    #[must_use]
    pub fn tool_call(&self, id: impl Into<String>) -> Self {
        Self {
            tool_call_id: Some(id.into()),
            ..self.clone()
        }
    }

    /// The provider call and its attempt, where the event belongs to one.
    #[must_use]
    pub fn call(&self) -> Option<(&str, u32)> {
        let id = self.provider_call_id.as_deref()?;
        Some((id, self.attempt.unwrap_or(1)))
    }

    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
