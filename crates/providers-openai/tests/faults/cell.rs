//! [`Cell`]: a wire, a way to reply, and the correct reply to which faults are applied.

use geppetto_testing::{At, Reply};
use serde_json::Value;

use crate::wire::Wire;

/// Text of the good reply, in two deltas. The check mark is there to be split.
pub(crate) const DELTAS: [&str; 2] = ["Grü", "ezi ✓ all"];

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
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        let of = |wire: &Wire| [Mode::Streamed, Mode::Single].map(|mode| Self::of(*wire, mode));
        Wire::ALL.iter().flat_map(of)
    }

    pub(crate) const fn of(wire: Wire, mode: Mode) -> Self {
        Self { wire, mode }
    }

    pub(crate) fn is_streamed(self) -> bool {
        self.mode == Mode::Streamed
    }

    /// Returns the payload of each event of the good reply.
    pub(crate) fn events(self) -> Vec<String> {
        (self.wire.spec().events)()
    }

    /// Returns the number of the event with the first delta.
    pub(crate) fn first_delta(self) -> usize {
        self.wire.spec().first_delta
    }

    /// Returns the bytes of the good reply.
    pub(crate) fn good_body(self) -> String {
        match self.mode {
            Mode::Streamed => sse(&self.events()),
            Mode::Single => (self.wire.spec().single)().to_string(),
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
}

/// Returns the stream of these events.
pub(crate) fn sse(events: &[String]) -> String {
    let event = |data: &String| format!("data: {data}\n\n");
    events.iter().map(event).collect()
}

fn end_of_event(body: &str, inside: usize) -> usize {
    inside + body[inside..].find("\n\n").unwrap() + 2
}
