//! [`EventSchedule`]: when the events of sessions are written.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::time::Instant;

use super::STORE_EVENTS_AFTER;

/// Distance between the times at which events are written.
const TICK: Duration = Duration::from_millis(25);

/// Times at which the events of sessions are written. Clones have the same times.
///
/// Events are written at most [`STORE_EVENTS_AFTER`] they were published, and at most 25 ms earlier,
/// so that the sessions of a store write at the same times. A store that groups writes shares one
/// schedule among its sessions ([`SessionStore::schedule`](crate::SessionStore::schedule)): with a
/// thousand live sessions, it then commits 40 times per second, not thousands of times.
#[derive(Debug, Clone, Default)]
pub struct EventSchedule {
    start: Arc<OnceLock<Instant>>,
}

impl EventSchedule {
    /// Creates a schedule that begins with its first event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns when events that were published now are written.
    pub(super) fn next(&self, now: Instant) -> Instant {
        let latest = now + STORE_EVENTS_AFTER;
        let start = *self.start.get_or_init(|| latest);
        let since = latest.saturating_duration_since(start).as_nanos();
        let late = u64::try_from(since % TICK.as_nanos()).unwrap_or_default();
        latest
            .checked_sub(Duration::from_nanos(late))
            .unwrap_or(latest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_write_at_the_same_times_and_none_too_late() {
        let schedule = EventSchedule::new();
        let start = Instant::now();
        let first = schedule.next(start);
        assert_eq!(first, start + STORE_EVENTS_AFTER);
        for millis in 0..200 {
            let now = start + Duration::from_millis(millis);
            let next = schedule.clone().next(now);
            assert!(next <= now + STORE_EVENTS_AFTER, "{millis}");
            assert!(next + TICK > now + STORE_EVENTS_AFTER, "{millis}");
            let since = next.duration_since(start).as_millis();
            assert_eq!(since % TICK.as_millis(), 0, "{millis}");
        }
    }

    #[test]
    fn a_time_before_the_start_has_the_full_delay() {
        let schedule = EventSchedule::new();
        let now = Instant::now();
        schedule.next(now + Duration::from_secs(1));
        assert_eq!(schedule.next(now), now + STORE_EVENTS_AFTER);
    }
}
