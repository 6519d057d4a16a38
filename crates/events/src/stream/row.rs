//! [`EventRow`]: consecutive events of a stream, as stored.

use super::entry::{Place, read_len, set_delta, text_of};
use crate::Event;

#[cfg(test)]
mod tests;

/// One event, or consecutive deltas of a segment merged into one event together with the length of
/// each, so that a reader can resume at any sequence number.
///
/// For stores of event logs: merged deltas take one row, and nothing is lost by merging.
#[derive(Debug, Clone, PartialEq)]
pub struct EventRow {
    event: Event,
    /// Length of each delta in bytes, as LEB128; empty for a single event.
    lens: Box<[u8]>,
}

impl EventRow {
    /// Creates the row of one event that does not represent merged deltas. It may stand for events
    /// that were lost ([`Event::merged`] is their number), whose sequence numbers are not used again.
    #[must_use]
    pub fn single(event: Event) -> Self {
        Self {
            event,
            lens: Box::default(),
        }
    }

    pub(super) fn merged(event: Event, lens: &[u8]) -> Self {
        if event.merged == 1 {
            return Self::single(event);
        }
        Self {
            event,
            lens: lens.into(),
        }
    }

    /// Restores a row from its [event](Self::event) and [lengths](Self::lens). `None` if they do
    /// not match: the number of lengths is not the number of merged events, or their sum is not the
    /// length of the text.
    #[must_use]
    pub fn from_parts(event: Event, lens: impl Into<Box<[u8]>>) -> Option<Self> {
        let lens = lens.into();
        if lens.is_empty() {
            let is_single = event.merged == 1 || text_of(&event.kind).is_none();
            return is_single.then(|| Self::single(event));
        }
        let text = text_of(&event.kind)?;
        let row = Self {
            lens,
            event: event.clone(),
        };
        let end = row.place(event.merged);
        let is_whole = event.merged > 1
            && end.read == event.merged
            && end.lens == row.lens.len()
            && end.text == text.len()
            && row.are_boundaries(text);
        is_whole.then_some(row)
    }

    /// Returns the event, which represents all events of the row ([`Event::merged`]).
    #[must_use]
    pub fn event(&self) -> &Event {
        &self.event
    }

    /// Returns the length in bytes of each merged delta, as LEB128; empty if the row has no merged
    /// deltas.
    #[must_use]
    pub fn lens(&self) -> &[u8] {
        &self.lens
    }

    /// Returns the sequence number of the first event of the row.
    #[must_use]
    pub fn first_seq(&self) -> u64 {
        self.event.first_seq()
    }

    /// Returns the sequence number of the last event of the row.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.event.seq
    }

    /// Returns the events after sequence number `seq` as one event; `None` if there are none.
    #[must_use]
    pub fn after(&self, seq: u64) -> Option<Event> {
        let first = self.first_seq();
        if seq < first {
            return Some(self.event.clone());
        }
        if seq >= self.last_seq() {
            return None;
        }
        let mut event = self.event.clone();
        event.merged = self.last_seq() - seq;
        if self.lens.is_empty() {
            return Some(event);
        }
        let place = self.place(seq - first + 1);
        let text = text_of(&self.event.kind)?.get(place.text..)?.to_owned();
        set_delta(&mut event.kind, &text, place);
        Some(event)
    }

    /// Returns the position after the first `read` deltas.
    fn place(&self, read: u64) -> Place {
        Place::after(&self.lens, read)
    }

    /// Returns `true` if every length ends at a character boundary of `text`.
    fn are_boundaries(&self, text: &str) -> bool {
        let (mut lens, mut at) = (&*self.lens, 0_usize);
        while let Some((len, bytes)) = read_len(lens) {
            at = at.saturating_add(len);
            if !text.is_char_boundary(at) {
                return false;
            }
            lens = lens.get(bytes..).unwrap_or_default();
        }
        lens.is_empty()
    }
}
