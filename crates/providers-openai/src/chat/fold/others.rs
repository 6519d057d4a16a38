//! [`Others`]: the answers other than the first, if several were requested.

use std::collections::BTreeMap;

use geppetto_provider::{Output, read::halves};
use serde_json::{Value, json};

use super::calls::Calls;
use crate::chat::wire::{Choice, Piece};

/// Choices after the first one. The conversation continues with the first one only; text, calls and
/// finish reason of the others are kept in the details of the result.
#[derive(Debug, Default)]
pub(super) struct Others(BTreeMap<u64, Other>);

#[derive(Debug, Default)]
struct Other {
    text: String,
    refusal: String,
    calls: Calls,
    reason: String,
    /// Number of unreadable characters.
    lost: u64,
}

impl Others {
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Processes an event of a choice that is a separate answer.
    pub(super) fn take(&mut self, index: u64, choice: &Choice<'_>, whole: bool, out: &Output<'_>) {
        let other = self.0.entry(index).or_default();
        if !choice.finish_reason.is_empty() {
            other.reason = out.word(&choice.finish_reason);
        }
        let said = if whole {
            choice.said()
        } else {
            choice.delta.as_ref()
        };
        if let Some(text) = choice.text_alone() {
            other.lost += halves::append(&mut other.text, text);
        }
        let Some(delta) = said else {
            return;
        };
        delta.content.each(&mut |piece| {
            other.lost += match piece {
                Piece::Text(text) => halves::append(&mut other.text, &text),
                Piece::Refusal(text) => halves::append(&mut other.refusal, text),
                Piece::Reasoning(_) => 0,
            };
        });
        other.lost += halves::append(&mut other.refusal, &delta.refusal);
        other.calls.take(&delta.tool_calls, 0, whole, out);
    }

    /// Records text of a second answer that was not requested.
    pub(super) fn take_text(&mut self, index: u64, text: &str) {
        let other = self.0.entry(index).or_default();
        other.lost += halves::append(&mut other.text, text);
    }

    /// Returns the number of unreadable characters.
    pub(super) fn lost(&self) -> u64 {
        let lost = |other: &Other| other.lost + other.calls.lost();
        self.0.values().map(lost).sum()
    }

    /// Returns the choices for the details of the result; `None` if there was one choice.
    pub(super) fn settle(&mut self) -> Option<Value> {
        let choices = self.0.iter_mut();
        let choices: Vec<Value> = choices.map(|(index, other)| other.settle(*index)).collect();
        (!choices.is_empty()).then_some(Value::Array(choices))
    }
}

impl Other {
    fn settle(&mut self, index: u64) -> Value {
        self.lost += halves::clean(&mut self.text) + halves::clean(&mut self.refusal);
        self.calls.settle();
        let calls: Vec<Value> = self
            .calls
            .iter()
            .map(|call| json!({"name": call.name, "arguments": call.args.as_str()}))
            .collect();
        let mut value = json!({"index": index, "text": self.text});
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
