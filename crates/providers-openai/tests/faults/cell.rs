//! [`Cell`]: a wire, a way to reply, and the correct reply to which faults are applied.

use geppetto_testing::{At, Reply};
use serde_json::{Value, json};

/// Text of the good reply, in two deltas. The check mark is there to be split.
pub(crate) const DELTAS: [&str; 2] = ["Grü", "ezi ✓ all"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wire {
    Chat,
    Responses,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    Streamed,
    Single,
}

/// A column of the matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cell {
    pub(crate) wire: Wire,
    pub(crate) mode: Mode,
}

/// A position in a good reply.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Place {
    /// After the headers.
    Start,
    /// After the first delta.
    FirstDelta,
    /// In the second delta, whose JSON is complete, but whose blank line is missing.
    MidEvent,
    /// In the middle of a character.
    MidCharacter,
    /// In the middle of a string of JSON.
    MidJson,
    /// After all output, before the completion marker.
    LastDelta,
}

impl Cell {
    pub(crate) const ALL: [Self; 4] = [
        Self::of(Wire::Chat, Mode::Streamed),
        Self::of(Wire::Chat, Mode::Single),
        Self::of(Wire::Responses, Mode::Streamed),
        Self::of(Wire::Responses, Mode::Single),
    ];

    pub(crate) const fn of(wire: Wire, mode: Mode) -> Self {
        Self { wire, mode }
    }

    pub(crate) fn is_streamed(self) -> bool {
        self.mode == Mode::Streamed
    }

    /// Returns the payload of each event of the good reply.
    pub(crate) fn events(self) -> Vec<String> {
        match self.wire {
            Wire::Chat => chat_events(),
            Wire::Responses => responses_events(),
        }
    }

    /// Returns the number of the event with the first delta.
    pub(crate) fn first_delta(self) -> usize {
        match self.wire {
            Wire::Chat => 1,
            Wire::Responses => 2,
        }
    }

    /// Returns the bytes of the good reply.
    pub(crate) fn good_body(self) -> String {
        match self.mode {
            Mode::Streamed => sse(&self.events()),
            Mode::Single => self.single().to_string(),
        }
    }

    pub(crate) fn good(self) -> Reply {
        self.reply(self.good_body())
    }

    /// Returns a reply of these bytes, as a stream or as JSON.
    pub(crate) fn reply(self, body: impl Into<Vec<u8>>) -> Reply {
        match self.mode {
            Mode::Streamed => Reply::sse_raw(body.into()),
            Mode::Single => Reply::raw(200, "application/json", body.into()),
        }
    }

    /// Returns a reply of this JSON alone: as an event, or as the body.
    pub(crate) fn only(self, json: &Value) -> Reply {
        match self.mode {
            Mode::Streamed => self.reply(sse(&[json.to_string()])),
            Mode::Single => self.reply(json.to_string()),
        }
    }

    /// Returns the good reply with an event inserted before the one with this number.
    pub(crate) fn with_event(self, number: usize, event: &str) -> Reply {
        let mut events = self.events();
        events.insert(number, event.to_owned());
        self.reply(sse(&events))
    }

    /// Returns the position of a place in the good reply.
    pub(crate) fn at(self, place: Place) -> At {
        let body = self.good_body();
        let find = |text: &str| body.find(text).unwrap();
        let streamed = self.is_streamed();
        At::Byte(match place {
            Place::Start => 0,
            Place::FirstDelta if streamed => end_of_event(&body, find("Grü")),
            Place::FirstDelta => find("Grü") + "Grü".len(),
            Place::MidEvent if streamed => end_of_event(&body, find("ezi")) - 1,
            Place::MidEvent | Place::MidJson => find("ezi") + 1,
            Place::MidCharacter => find("✓") + 1,
            Place::LastDelta if streamed => end_of_event(&body, find("ezi")),
            Place::LastDelta => body.len() - 1,
        })
    }

    fn single(self) -> Value {
        match self.wire {
            Wire::Chat => json!({"id": "chatcmpl-1", "object": "chat.completion", "model": "m",
                "choices": [{"index": 0, "finish_reason": "stop",
                    "message": {"role": "assistant", "content": DELTAS.concat()}}]}),
            Wire::Responses => response("completed"),
        }
    }
}

/// Returns the stream of these events.
pub(crate) fn sse(events: &[String]) -> String {
    let event = |data: &String| format!("data: {data}\n\n");
    events.iter().map(event).collect()
}

fn end_of_event(body: &str, inside: usize) -> usize {
    inside + body[inside..].find("\n\n").unwrap() + 2
}

fn chat_events() -> Vec<String> {
    let chunk = |delta: Value, reason: Option<&str>| {
        json!({"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": "m",
            "choices": [{"index": 0, "delta": delta, "finish_reason": reason}]})
        .to_string()
    };
    vec![
        chunk(json!({"role": "assistant", "content": ""}), None),
        chunk(json!({"content": DELTAS[0]}), None),
        chunk(json!({"content": DELTAS[1]}), None),
        chunk(json!({}), Some("stop")),
        "[DONE]".to_owned(),
    ]
}

fn message() -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": DELTAS.concat(), "annotations": []}]})
}

fn response(status: &str) -> Value {
    let output = match status {
        "completed" => json!([message()]),
        _ => json!([]),
    };
    json!({"id": "resp_1", "object": "response", "model": "m", "status": status, "output": output})
}

fn responses_events() -> Vec<String> {
    let delta = |text: &str| {
        json!({"type": "response.output_text.delta", "item_id": "msg_1", "output_index": 0,
            "content_index": 0, "delta": text})
    };
    let events = [
        json!({"type": "response.created", "response": response("in_progress")}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"type": "message", "id": "msg_1", "role": "assistant", "content": []}}),
        delta(DELTAS[0]),
        delta(DELTAS[1]),
        json!({"type": "response.completed", "response": response("completed")}),
    ];
    let numbered = |(number, mut event): (usize, Value)| {
        event["sequence_number"] = json!(number);
        event.to_string()
    };
    events.into_iter().enumerate().map(numbered).collect()
}
