//! A single expectation.

use geppetto_events::{Event, EventKind};
use serde_json::Value;

pub(super) enum Step {
    One(String, Box<dyn Fn(&Value) -> bool + Send + Sync>),
    /// A segment of `text` or `reasoning`.
    Segment(&'static str, String),
    ToolCall(String, String),
    Until(String),
}

impl Step {
    /// Consumes the expected events from the front.
    pub(super) fn take<'e>(&self, events: &'e [Event]) -> Result<&'e [Event], String> {
        match self {
            Self::One(name, accepts) => {
                let (event, rest) = typed(events, name)?;
                let json = serde_json::to_value(event).unwrap_or_default();
                if accepts(&json) {
                    return Ok(rest);
                }
                Err(format!("{name} came, but was not accepted: {json}"))
            }
            Self::Segment(kind, text) => {
                let (_, rest) = typed(events, &format!("{kind}-segment-started"))?;
                let (got, rest) = deltas(rest, &format!("{kind}-delta"));
                let (_, rest) = typed(rest, &format!("{kind}-segment-finished"))?;
                same(kind, text, &got)?;
                Ok(rest)
            }
            Self::ToolCall(name, arguments) => {
                let (_, rest) = typed(events, "tool-call-started")?;
                let (got, rest) = deltas(rest, "tool-call-arguments-delta");
                let (event, rest) = typed(rest, "tool-call-requested")?;
                if let EventKind::ToolCallRequested(call) = &event.kind {
                    same("tool name", name, &call.tool_name)?;
                }
                same("arguments", arguments, &got)?;
                Ok(rest)
            }
            Self::Until(name) => {
                let at = events
                    .iter()
                    .position(|event| event.type_name() == name)
                    .ok_or_else(|| format!("expected {name}, which never came"))?;
                Ok(events.get(at + 1..).unwrap_or_default())
            }
        }
    }
}

fn typed<'e>(events: &'e [Event], name: &str) -> Result<(&'e Event, &'e [Event]), String> {
    match events.split_first() {
        Some((event, rest)) if event.type_name() == name => Ok((event, rest)),
        Some((event, _)) => Err(format!(
            "expected {name}, but number {} is {}",
            event.seq,
            event.type_name()
        )),
        None => Err(format!("expected {name}, but no more events came")),
    }
}

/// Returns the text of a delta of any kind.
fn delta(event: &Event) -> Option<&str> {
    event
        .text_delta()
        .or_else(|| event.reasoning_delta())
        .or_else(|| event.arguments_delta())
}

/// Returns the concatenated deltas of a type at the front of the events.
fn deltas<'e>(events: &'e [Event], name: &str) -> (String, &'e [Event]) {
    let count = events
        .iter()
        .take_while(|event| event.type_name() == name)
        .count();
    let (deltas, rest) = events.split_at_checked(count).unwrap_or((events, &[]));
    (deltas.iter().filter_map(delta).collect(), rest)
}

fn same(what: &str, expected: &str, got: &str) -> Result<(), String> {
    if expected == got {
        return Ok(());
    }
    Err(format!("expected {what} `{expected}`, got `{got}`"))
}
