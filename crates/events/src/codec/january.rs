//! Names of January 2026: always decoded, encoded on request.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{
    Event, EventKind, EventMeta,
    kind::{ProviderCallFinished, ReasoningSource},
};

/// Translates a type and fields of January 2026 into the current ones. Fields without a current
/// counterpart (such as `completion`, the text so far) are kept unchanged.
pub(super) fn to_present(event_type: String, fields: &mut Map<String, Value>) -> String {
    let present = match event_type.as_str() {
        "start" => "provider-call-started",
        "partial" => "text-delta",
        "final" => "text-segment-finished",
        "partial-thinking" => {
            source(fields, "thinking");
            "reasoning-delta"
        }
        "reasoning-text-delta" => {
            source(fields, "provider");
            "reasoning-delta"
        }
        "reasoning-text-done" => {
            source(fields, "provider");
            "reasoning-segment-finished"
        }
        "tool-call" => {
            unpack(fields, "tool_call");
            "tool-call-requested"
        }
        "tool-call-execute" => {
            unpack(fields, "tool_call");
            "tool-execution-started"
        }
        "tool-result" => {
            unpack(fields, "tool_result");
            "tool-call-finished"
        }
        "tool-call-execution-result" => {
            unpack(fields, "tool_result");
            "tool-result-ready"
        }
        "status" => {
            if let Some(text) = fields.remove("text") {
                fields.entry("message").or_insert(text);
            }
            "info"
        }
        _ => return event_type,
    };
    present.to_owned()
}

fn source(fields: &mut Map<String, Value>, name: &str) {
    fields.entry("source").or_insert_with(|| json!(name));
}

/// Moves the fields of a nested call or result to the top level, where they are today.
fn unpack(fields: &mut Map<String, Value>, name: &str) {
    let Some(Value::Object(inner)) = fields.remove(name) else {
        return;
    };
    for (key, value) in inner {
        let key = match key.as_str() {
            "id" => "tool_call_id".to_owned(),
            "name" => "tool_name".to_owned(),
            _ => key,
        };
        fields.entry(key).or_insert(value);
    }
}

/// Encodes events for consumers that only understand the names of January 2026.
///
/// Accumulates the text of each provider call and of each reasoning segment, because the old events
/// carried it. A call ends with one `final`, which has its complete text and usage. A stopped run
/// ends with one `interrupt`, which has the partial text of the interrupted call. A failed run ends
/// with one `error`; errors of retried attempts are omitted. Events without an old counterpart are
/// omitted; events whose names are unchanged are passed through.
#[derive(Debug, Clone, Default)]
pub struct JanuaryEncoder {
    thoughts: HashMap<String, String>,
    /// Text of the open provider call.
    text: String,
    /// `true` if the provider call announced its beginning and so will announce its end.
    called: bool,
    /// `true` after an `interrupt` event of the run.
    interrupted: bool,
    /// `true` if the run announced its beginning and so will announce its end.
    in_run: bool,
}

impl JanuaryEncoder {
    /// Creates an encoder for the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes an event in the old format; `None` if it has no counterpart.
    pub fn encode(&mut self, event: &Event) -> Option<Value> {
        let segment = event.correlation.segment_id.as_deref().unwrap_or_default();
        let body = match &event.kind {
            EventKind::RunStarted(_) => {
                *self = Self::default();
                self.in_run = true;
                return None;
            }
            EventKind::ProviderCallStarted(_) => {
                self.text.clear();
                self.called = true;
                json!({"type": "start"})
            }
            EventKind::TextDelta(e) => {
                self.text.push_str(&e.delta);
                let completion = &self.text;
                json!({"type": "partial", "delta": e.delta, "completion": completion})
            }
            EventKind::ReasoningDelta(e) if e.source == ReasoningSource::Provider => {
                json!({"type": "reasoning-text-delta", "delta": e.delta})
            }
            EventKind::ReasoningDelta(e) => {
                let completion = self.grow(segment, &e.delta);
                json!({"type": "partial-thinking", "delta": e.delta, "completion": completion})
            }
            EventKind::ReasoningSegmentFinished(e) => {
                self.thoughts.remove(segment);
                json!({"type": "reasoning-text-done", "text": e.text})
            }
            EventKind::TextSegmentFinished(_) if self.called => return None,
            EventKind::TextSegmentFinished(e) => {
                self.text.clear();
                json!({"type": "final", "text": e.text})
            }
            EventKind::ProviderCallFinished(e) => return self.finish(event, e),
            EventKind::ProviderCallDiscarded(_) => {
                self.text.clear();
                return None;
            }
            // Belongs to an attempt that broke off: it is retried, or the run fails with it.
            EventKind::Error(_) if self.in_run && self.called && segment.is_empty() => return None,
            EventKind::RunFailed(e) => json!({"type": "error", "error_string": e.error_string}),
            EventKind::RunStopped(_) if std::mem::take(&mut self.interrupted) => return None,
            EventKind::RunStopped(_) => {
                json!({"type": "interrupt", "text": std::mem::take(&mut self.text)})
            }
            EventKind::Interrupt(_) => {
                self.interrupted = true;
                return serde_json::to_value(event).ok();
            }
            kind if has_same_name(kind) => return serde_json::to_value(event).ok(),
            kind => tool(kind)?,
        };
        Some(with_meta(body, &event.meta))
    }

    /// Returns the end of a provider call; `None` if the call broke off, which the end of the run
    /// reports.
    fn finish(&mut self, event: &Event, finished: &ProviderCallFinished) -> Option<Value> {
        self.called = false;
        if let Some("interrupted" | "error") = finished.finish_class.as_deref() {
            return None;
        }
        let mut meta = EventMeta::clone(&event.meta);
        meta.usage = finished.usage.clone().or(meta.usage);
        meta.stop_reason = finished.stop_reason.clone().or(meta.stop_reason);
        meta.duration_ms = finished.duration_ms.or(meta.duration_ms);
        let text = std::mem::take(&mut self.text);
        Some(with_meta(json!({"type": "final", "text": text}), &meta))
    }

    fn grow(&mut self, segment: &str, delta: &str) -> &str {
        let text = self.thoughts.entry(segment.to_owned()).or_default();
        text.push_str(delta);
        text
    }
}

fn with_meta(mut body: Value, meta: &EventMeta) -> Value {
    if let (Value::Object(map), Ok(meta)) = (&mut body, serde_json::to_value(meta)) {
        map.insert("meta".to_owned(), meta);
    }
    body
}

/// Returns an event of a tool call in the old format; `None` for any other event.
fn tool(kind: &EventKind) -> Option<Value> {
    Some(match kind {
        EventKind::ToolCallRequested(e) => {
            let call = json!({"id": e.tool_call_id, "name": e.tool_name, "input": e.input});
            json!({"type": "tool-call", "tool_call": call})
        }
        EventKind::ToolExecutionStarted(e) => {
            let call = json!({"id": e.tool_call_id, "name": e.tool_name, "input": e.input});
            json!({"type": "tool-call-execute", "tool_call": call})
        }
        EventKind::ToolResultReady(e) => {
            let result = json!({"id": e.tool_call_id, "result": e.result});
            json!({"type": "tool-call-execution-result", "tool_result": result})
        }
        _ => return None,
    })
}

/// Returns `true` if the event's name was the same in January 2026.
fn has_same_name(kind: &EventKind) -> bool {
    let name = kind.type_name();
    let later = [
        "run-",
        "provider-call-",
        "text-",
        "reasoning-",
        "tool-call-",
        "tool-execution-",
        "tool-result-",
        "server-tool",
    ];
    !later.iter().any(|prefix| name.starts_with(prefix))
}
