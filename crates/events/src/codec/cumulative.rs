//! [`CumulativeEncoder`]: deltas with the accumulated text.

use std::collections::HashMap;

use serde_json::{Map, Value, json};

use crate::{Event, EventKind};

/// Encodes events with the current names for consumers that rely on accumulated text: `text` on
/// text and reasoning deltas, `arguments` on arguments deltas.
///
/// Output grows quadratically with the length of a reply; intended for legacy consumers only.
#[derive(Debug, Clone, Default)]
pub struct CumulativeEncoder {
    texts: HashMap<String, String>,
}

impl CumulativeEncoder {
    /// Creates an encoder for the beginning of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Encodes an event with the accumulated text.
    ///
    /// # Errors
    ///
    /// Propagates serializer errors; an event causes none.
    pub fn encode(&mut self, event: &Event) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(event)?;
        let segment = event.correlation.segment_id.as_deref().unwrap_or_default();
        match (&event.kind, &mut value) {
            (EventKind::TextDelta(_) | EventKind::ReasoningDelta(_), Value::Object(map)) => {
                self.grow(segment, event, "text", map);
            }
            (EventKind::ToolCallArgumentsDelta(e), Value::Object(map)) => {
                self.grow(&format!("call {}", e.tool_call_id), event, "arguments", map);
            }
            (
                EventKind::TextSegmentFinished(_) | EventKind::ReasoningSegmentFinished(_),
                Value::Object(_),
            ) => {
                self.texts.remove(segment);
            }
            (EventKind::ToolCallRequested(e), Value::Object(_)) => {
                self.texts.remove(&format!("call {}", e.tool_call_id));
            }
            _ => {}
        }
        Ok(value)
    }

    fn grow(&mut self, key: &str, event: &Event, field: &str, map: &mut Map<String, Value>) {
        let text = self.texts.entry(key.to_owned()).or_default();
        text.push_str(event.any_delta().unwrap_or_default());
        map.insert(field.to_owned(), json!(text));
    }
}
