//! [`Others`]: the answers beside the first, where several were asked for.

use serde_json::{Value, json};

use super::calls::Calls;
use crate::chat::wire::{Choice, Piece};

/// The choices beside the first. The conversation goes on with the first alone; of the others,
/// text, calls and finish reason are kept in the result's details.
#[derive(Debug, Default)]
pub(super) struct Others(Vec<Other>);

#[derive(Debug, Default)]
struct Other {
    index: u64,
    text: String,
    refusal: String,
    calls: Calls,
    reason: String,
}

impl Others {
    pub(super) fn take(&mut self, index: u64, choice: &Choice<'_>, whole: bool) {
        let at = self.0.iter().position(|other| other.index == index);
        let at = at.unwrap_or_else(|| {
            self.0.push(Other {
                index,
                ..Other::default()
            });
            self.0.len() - 1
        });
        let Some(other) = self.0.get_mut(at) else {
            return;
        };
        if !choice.finish_reason.is_empty() {
            other.reason = choice.finish_reason.to_string();
        }
        let said = match whole {
            true => choice.said(),
            false => choice.delta.as_ref(),
        };
        let Some(delta) = said else {
            return;
        };
        delta.content.each(&mut |piece| match piece {
            Piece::Text(text) => other.text.push_str(&text),
            Piece::Refusal(text) => other.refusal.push_str(text),
            Piece::Reasoning(_) => {}
        });
        other.refusal.push_str(&delta.refusal);
        other.calls.take(&delta.tool_calls, whole);
    }

    /// As they stand in the result's details; `None` where there was one choice.
    pub(super) fn to_value(&self) -> Option<Value> {
        let choices: Vec<Value> = self.0.iter().map(Other::to_value).collect();
        (!choices.is_empty()).then_some(Value::Array(choices))
    }
}

impl Other {
    fn to_value(&self) -> Value {
        let calls: Vec<Value> = self
            .calls
            .iter()
            .map(|call| json!({"name": call.name, "arguments": call.args}))
            .collect();
        let mut value = json!({"index": self.index, "text": self.text});
        let fields = [
            ("refusal", Value::from(self.refusal.as_str())),
            ("finish_reason", Value::from(self.reason.as_str())),
            ("tool_calls", Value::from(calls)),
        ];
        if let Value::Object(map) = &mut value {
            let filled = |value: &Value| *value != "" && *value != json!([]);
            map.extend(
                fields
                    .into_iter()
                    .filter(|(_, value)| filled(value))
                    .map(|(name, value)| (name.to_owned(), value)),
            );
        }
        value
    }
}
