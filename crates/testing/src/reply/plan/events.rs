//! A body split into its events, and scripted changes to them.

use bytes::{BufMut, Bytes, BytesMut};

use super::super::{At, Delivery, Rendered, delivery::Writes};

/// A body and the ends of its events. Bytes after the last blank line count as one more event.
#[derive(Debug, Clone)]
pub(super) struct Events {
    pub(super) bytes: Bytes,
    pub(super) ends: Vec<usize>,
}

impl Events {
    /// Finds the events, but only if they are needed.
    pub(super) fn new(rendered: &Rendered, delivery: &Delivery) -> Self {
        let bytes = rendered.bytes.clone();
        let ends = if rendered.events && asks_for_events(delivery) {
            event_ends(&bytes)
        } else if bytes.is_empty() {
            Vec::new()
        } else {
            vec![bytes.len()]
        };
        Self { bytes, ends }
    }

    /// Returns the byte offset of a position.
    pub(super) fn position(&self, at: At) -> usize {
        let end = self.bytes.len();
        match at {
            At::Byte(byte) => byte.min(end),
            At::Headers | At::Event(0) => 0,
            At::Event(count) => self.ends.get(count - 1).copied().unwrap_or(end),
        }
    }

    /// Returns the start of each event.
    pub(super) fn starts(&self) -> impl Iterator<Item = usize> {
        let count = self.ends.len();
        std::iter::once(0)
            .chain(self.ends.iter().copied())
            .take(count)
    }

    /// Returns the body with events added, duplicated and omitted, and with bytes overwritten.
    pub(super) fn edited(self, delivery: &Delivery) -> Self {
        let events = if edits_events(delivery) {
            self.rebuilt(delivery)
        } else {
            self
        };
        if delivery.corruptions.is_empty() {
            return events;
        }
        let mut bytes = BytesMut::from(events.bytes);
        for (position, with) in &delivery.corruptions {
            if let Some(tail) = bytes.get_mut(*position..) {
                for (old, new) in tail.iter_mut().zip(with) {
                    *old = *new;
                }
            }
        }
        Self {
            bytes: bytes.freeze(),
            ends: events.ends,
        }
    }

    fn rebuilt(self, delivery: &Delivery) -> Self {
        let mut bytes = BytesMut::with_capacity(self.bytes.len());
        let mut ends = Vec::with_capacity(self.ends.len());
        let mut push = |event: &[u8]| {
            bytes.put_slice(event);
            ends.push(bytes.len());
        };
        for (number, (start, &end)) in self.starts().zip(&self.ends).enumerate() {
            let event = self.bytes.get(start..end).unwrap_or_default();
            if delivery.without_done && is_done(event) {
                continue;
            }
            push(event);
            if delivery.duplicates.contains(&number) {
                push(event);
            }
        }
        Self {
            bytes: bytes.freeze(),
            ends,
        }
    }
}

fn edits_events(delivery: &Delivery) -> bool {
    delivery.without_done || !delivery.duplicates.is_empty()
}

fn asks_for_events(delivery: &Delivery) -> bool {
    let by_event = |at: &At| matches!(at, At::Event(_));
    matches!(delivery.writes, Writes::PerEvent)
        || edits_events(delivery)
        || delivery.pace.is_some()
        || delivery.stops.iter().any(|(at, _)| by_event(at))
        || delivery.end.as_ref().is_some_and(|(at, _)| by_event(at))
}

fn is_done(event: &[u8]) -> bool {
    let text = event.trim_ascii();
    text.strip_prefix(b"data:")
        .is_some_and(|data| data.trim_ascii() == b"[DONE]")
}

/// Returns the ends of events: after each blank line, for line endings of LF, CRLF and CR.
fn event_ends(bytes: &[u8]) -> Vec<usize> {
    let mut ends = Vec::new();
    let mut line_is_empty = true;
    let mut position = 0;
    let mut last = 0;
    while let Some(&byte) = bytes.get(position) {
        position += 1;
        let ends_line = match byte {
            b'\r' => {
                if bytes.get(position) == Some(&b'\n') {
                    position += 1;
                }
                true
            }
            b'\n' => true,
            _ => false,
        };
        if ends_line && line_is_empty {
            ends.push(position);
            last = position;
        }
        line_is_empty = ends_line;
    }
    if last < bytes.len() {
        ends.push(bytes.len());
    }
    ends
}
