//! [`EventSchedule`]: when the events of sessions are written.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

use super::STORE_EVENTS_AFTER;

/// Distance between the times at which events are written.
const TICK: Duration = Duration::from_millis(25);

/// Number of sessions above which events are written half as often.
const MANY: usize = 100;

/// Times at which the events of sessions are written. Clones have the same times.
///
/// Events are written at most [`STORE_EVENTS_AFTER`] they were published, and at most 25 ms earlier,
/// so that the sessions of a store write at the same times. While more than 100 sessions have events
/// to write, it is at most twice that time: a row of events costs about the same whether it stands
/// for five deltas or for ten.
///
/// A store that groups writes shares one schedule among its sessions
/// ([`SessionStore::schedule`](crate::SessionStore::schedule)): with a thousand live sessions, it then
/// commits 40 times per second, not thousands of times.
#[derive(Debug, Clone, Default)]
pub struct EventSchedule {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    start: OnceLock<Instant>,
    /// Number of sessions that have events to write.
    waiting: AtomicUsize,
}

impl EventSchedule {
    /// Creates a schedule that begins with its first event.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Waits until events that were published now are written.
    pub(super) async fn wait(&self) {
        let place = Waiting::new(&self.shared);
        let next = self.next(Instant::now(), place.count);
        sleep_until(next).await;
    }

    /// Returns when events that were published at `now` are written, if so many sessions have some.
    fn next(&self, now: Instant, waiting: usize) -> Instant {
        let after = if waiting > MANY {
            STORE_EVENTS_AFTER * 2
        } else {
            STORE_EVENTS_AFTER
        };
        let latest = now + after;
        let start = *self.shared.start.get_or_init(|| latest);
        let since = latest.saturating_duration_since(start).as_nanos();
        let late = u64::try_from(since % TICK.as_nanos()).unwrap_or_default();
        latest
            .checked_sub(Duration::from_nanos(late))
            .unwrap_or(latest)
    }
}

/// A session that has events to write.
struct Waiting<'a> {
    shared: &'a Shared,
    /// Number of sessions that have some, this one included.
    count: usize,
}

impl<'a> Waiting<'a> {
    fn new(shared: &'a Shared) -> Self {
        let count = shared.waiting.fetch_add(1, Ordering::Relaxed) + 1;
        Self { shared, count }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.shared.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
