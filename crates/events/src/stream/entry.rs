//! [`Entry`]: one event of the log, or consecutive deltas merged into one text.

use std::sync::Arc;

use crate::{Event, EventKind};

/// Maximum size of a merged text, so that the log can drop old text piece by piece.
const MAX_TEXT: usize = 16 * 1024;

#[derive(Debug)]
pub(super) enum Entry {
    Single(Event),
    Deltas(Box<Deltas>),
}

/// Consecutive deltas of one segment.
#[derive(Debug)]
pub(super) struct Deltas {
    /// The first delta, without its text.
    first: Event,
    text: String,
    /// Length of each delta in bytes, as LEB128: one byte for all but the longest.
    lens: Vec<u8>,
    count: u64,
}

/// Position of a reader within merged deltas.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    pub(super) read: u64,
    pub(super) text: usize,
    pub(super) lens: usize,
}

impl Place {
    /// Returns the position after the first `read` of the deltas with these encoded lengths.
    pub(super) fn after(lens: &[u8], read: u64) -> Self {
        let mut place = Self::default();
        while place.read < read {
            let rest = lens.get(place.lens..).unwrap_or_default();
            let Some((len, bytes)) = read_len(rest) else {
                break;
            };
            place.read += 1;
            place.text = place.text.saturating_add(len);
            place.lens += bytes;
        }
        place
    }
}

impl Entry {
    pub(super) fn first_seq(&self) -> u64 {
        match self {
            Self::Single(event) => event.seq,
            Self::Deltas(deltas) => deltas.first.seq,
        }
    }

    pub(super) fn count(&self) -> u64 {
        match self {
            Self::Single(_) => 1,
            Self::Deltas(deltas) => deltas.count,
        }
    }

    pub(super) fn last_seq(&self) -> u64 {
        self.first_seq() + self.count() - 1
    }

    /// Returns the approximate size of the entry in bytes.
    pub(super) fn weight(&self) -> usize {
        let text = match self {
            Self::Single(event) => text_len(&event.kind),
            Self::Deltas(deltas) => deltas.text.capacity() + deltas.lens.capacity(),
        };
        size_of::<Event>() + text
    }

    /// Merges a delta that follows directly; returns `false` if it cannot be merged.
    pub(super) fn merge(&mut self, event: &Event) -> bool {
        let Some(delta) = event.any_delta() else {
            return false;
        };
        let (first, len) = match self {
            Self::Single(first) => (&*first, first.any_delta().map_or(0, str::len)),
            Self::Deltas(deltas) => (&deltas.first, deltas.text.len()),
        };
        if len + delta.len() > MAX_TEXT || !continues(first, len, event) {
            return false;
        }
        if let Self::Single(single) = self {
            let text = delta_mut(&mut single.kind).map(|(delta, ..)| std::mem::take(delta));
            let text = String::from(text.unwrap_or_default());
            let mut lens = Vec::new();
            write_len(&mut lens, text.len());
            *self = Self::Deltas(Box::new(Deltas {
                first: single.clone(),
                text,
                lens,
                count: 1,
            }));
        }
        if let Self::Deltas(deltas) = self {
            deltas.text.push_str(delta);
            write_len(&mut deltas.lens, delta.len());
            deltas.count += 1;
        }
        true
    }

    /// Returns the position after the first `read` events.
    pub(super) fn place(&self, read: u64) -> Place {
        match self {
            Self::Single(_) => Place::default(),
            Self::Deltas(deltas) => Place::after(&deltas.lens, read),
        }
    }

    /// Returns the encoded lengths of the deltas after `place`; empty for a single event.
    pub(super) fn lens_from(&self, place: Place) -> &[u8] {
        match self {
            Self::Single(_) => &[],
            Self::Deltas(deltas) => deltas.lens.get(place.lens..).unwrap_or_default(),
        }
    }

    /// Returns everything after `place` as one event, and the position after it if the entry has
    /// several positions.
    pub(super) fn read_from(&self, place: Place) -> Option<(Event, Option<Place>)> {
        match self {
            Self::Single(event) => (place.read == 0).then(|| (event.clone(), None)),
            Self::Deltas(deltas) => {
                let merged = deltas.count.checked_sub(place.read).filter(|n| *n > 0)?;
                let mut event = deltas.first.clone();
                event.seq = deltas.first.seq + deltas.count - 1;
                event.merged = merged;
                let text = deltas.text.get(place.text..)?;
                set_delta(&mut event.kind, text, place);
                let end = Place {
                    read: deltas.count,
                    text: deltas.text.len(),
                    lens: deltas.lens.len(),
                };
                Some((event, Some(end)))
            }
        }
    }
}

/// Returns `true` if `next` is a delta of the same segment as `first` and begins `len` bytes after
/// it.
fn continues(first: &Event, len: usize, next: &Event) -> bool {
    if !first.extra.is_empty() || !next.extra.is_empty() || next.merged != 1 || first.merged != 1 {
        return false;
    }
    if !Arc::ptr_eq(&first.meta, &next.meta) && first.meta != next.meta {
        return false;
    }
    if !Arc::ptr_eq(&first.correlation, &next.correlation) && first.correlation != next.correlation
    {
        return false;
    }
    let joins = |a: Option<u64>, b: Option<u64>| match (a, b) {
        (Some(a), Some(b)) => a + len as u64 == b,
        (None, None) => true,
        _ => false,
    };
    match (&first.kind, &next.kind) {
        (EventKind::TextDelta(a), EventKind::TextDelta(b)) => joins(a.offset, b.offset),
        (EventKind::ReasoningDelta(a), EventKind::ReasoningDelta(b)) => {
            a.source == b.source && joins(a.offset, b.offset)
        }
        (EventKind::ToolCallArgumentsDelta(a), EventKind::ToolCallArgumentsDelta(b)) => {
            a.tool_call_id == b.tool_call_id && joins(a.offset, b.offset)
        }
        _ => false,
    }
}

/// Returns the text, offset and sequence number of a delta.
fn delta_mut(kind: &mut EventKind) -> Option<(&mut Box<str>, &mut Option<u64>, &mut u64)> {
    Some(match kind {
        EventKind::TextDelta(e) => (&mut e.delta, &mut e.offset, &mut e.sequence),
        EventKind::ReasoningDelta(e) => (&mut e.delta, &mut e.offset, &mut e.sequence),
        EventKind::ToolCallArgumentsDelta(e) => (&mut e.delta, &mut e.offset, &mut e.sequence),
        _ => return None,
    })
}

/// Replaces the delta and advances offset and sequence number accordingly.
pub(super) fn set_delta(kind: &mut EventKind, text: &str, place: Place) {
    let Some((delta, offset, sequence)) = delta_mut(kind) else {
        return;
    };
    *delta = text.into();
    *offset = offset.map(|offset| offset + place.text as u64);
    if *sequence != 0 {
        *sequence += place.read;
    }
}

/// Returns the text of a delta.
pub(super) fn text_of(kind: &EventKind) -> Option<&str> {
    Some(match kind {
        EventKind::TextDelta(e) => &e.delta,
        EventKind::ReasoningDelta(e) => &e.delta,
        EventKind::ToolCallArgumentsDelta(e) => &e.delta,
        _ => return None,
    })
}

fn text_len(kind: &EventKind) -> usize {
    match kind {
        EventKind::TextDelta(e) => e.delta.len(),
        EventKind::ReasoningDelta(e) => e.delta.len(),
        EventKind::ToolCallArgumentsDelta(e) => e.delta.len(),
        EventKind::TextSegmentFinished(e) => e.text.len(),
        EventKind::ReasoningSegmentFinished(e) => e.text.len(),
        EventKind::ToolCallRequested(e) => e.input.len(),
        EventKind::ToolCallWaiting(e) => e.input.len() + e.question.len(),
        EventKind::ToolCallResumed(e) => e.input.len(),
        EventKind::ToolExecutionStarted(e) => e.input.len(),
        EventKind::ToolResultReady(e) => e.result.len(),
        EventKind::ServerTool(e) => {
            let texts = e.data.values().filter_map(serde_json::Value::as_str);
            texts.map(str::len).sum()
        }
        _ => 0,
    }
}

#[allow(clippy::cast_possible_truncation, reason = "seven bits at a time")]
fn write_len(lens: &mut Vec<u8>, mut len: usize) {
    while len >= 0x80 {
        lens.push((len as u8) | 0x80);
        len >>= 7;
    }
    lens.push(len as u8);
}

/// Decodes the first length and returns it with its size in bytes. `None` if there is none, or one
/// that no text has.
pub(super) fn read_len(lens: &[u8]) -> Option<(usize, usize)> {
    let mut len = 0_usize;
    for (n, byte) in lens.iter().enumerate() {
        let part = usize::from(byte & 0x7f);
        len |= part.checked_shl(7 * u32::try_from(n).ok()?)?;
        if byte & 0x80 == 0 {
            return Some((len, n + 1));
        }
    }
    None
}
