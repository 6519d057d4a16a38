//! The event that stands for events that were not stored.

use geppetto_events::{Event, EventKind, EventRow, kind::Log};

/// Returns the row that takes the `count` sequence numbers after `last`, so that the log has no gap.
pub(super) fn row(last: u64, count: u64, message: &str) -> EventRow {
    let mut event = Event::new(EventKind::Log(Log::new("warn", message)));
    event.seq = last.saturating_add(count);
    event.merged = count;
    EventRow::single(event)
}
