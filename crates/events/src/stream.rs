//! [`EventStream`]: numbering, delivery, resumable log, subscriptions.
//!
//! Every session has one stream. Publishing an event numbers it, appends it to the log and delivers
//! it to the sinks, in this order and one event at a time. Slow readers have no queue: a
//! [`Subscription`] is a position in the log, which stores consecutive deltas of a segment as a
//! single text. Memory use is therefore bounded by the text itself for any number of slow readers,
//! and a slow reader never delays the run or other readers.

use std::{
    fmt,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    task::Waker,
};

use crate::{Event, EventSink, Grammar, GrammarError, isolate};

mod delivery;
mod entry;
mod log;
mod readers;
mod row;
mod subscription;

#[cfg(test)]
mod tests;

use delivery::{Delivery, Telling, Turn};
use log::Log;
pub use row::EventRow;
pub use subscription::{Received, SlowReaderPolicy, Subscription};

/// Default size of the log retained for readers that resume, in bytes: 256 KiB.
pub const DEFAULT_RETAINED_BYTES: usize = 256 * 1024;

/// Numbered event stream of one session. Clones are cheap and refer to the same stream.
#[derive(Clone)]
pub struct EventStream {
    shared: Arc<Shared>,
}

struct Shared {
    /// Never held while sinks or wakers run.
    state: Mutex<State>,
    /// Ownership of the delivery to the sinks.
    turn: Turn,
    /// Wakes a publisher whose event is delivered to the sinks by another thread.
    delivered: Condvar,
    sink_panics: AtomicU64,
}

struct State {
    log: Log,
    delivery: Delivery,
    grammar: Option<Grammar>,
    violations: Vec<GrammarError>,
    closed: bool,
}

impl EventStream {
    /// Creates a stream that retains [`DEFAULT_RETAINED_BYTES`] for readers that resume.
    #[must_use]
    pub fn new() -> Self {
        Self::with_retained_bytes(DEFAULT_RETAINED_BYTES)
    }

    /// Creates a stream that retains about `bytes` bytes of events for readers that resume. Events
    /// not yet read by a live subscription are retained in addition.
    #[must_use]
    pub fn with_retained_bytes(bytes: usize) -> Self {
        Self {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    log: Log::new(bytes),
                    delivery: Delivery::default(),
                    grammar: cfg!(debug_assertions).then(Grammar::new),
                    violations: Vec::new(),
                    closed: false,
                }),
                turn: Turn::default(),
                delivered: Condvar::new(),
                sink_panics: AtomicU64::new(0),
            }),
        }
    }

    /// Sets the last used sequence number: the first event is numbered `seq + 1`. For sessions that
    /// continue in another process, with readers that resume by sequence number. No effect if the
    /// stream already has events or readers.
    #[must_use]
    pub fn starting_after(self, seq: u64) -> Self {
        let mut state = self.lock();
        if state.log.is_unused() {
            state.log.start_after(seq);
        }
        drop(state);
        self
    }

    /// Creates a stream for an engine that runs outside of a session: in debug builds, events are
    /// checked as a fragment of a run.
    #[must_use]
    pub fn fragment() -> Self {
        let stream = Self::new();
        let mut state = stream.lock();
        state.grammar = state.grammar.take().map(|_| Grammar::fragment());
        drop(state);
        stream
    }

    /// Numbers an event, appends it to the log and delivers it to `sinks`, in order. Returns the
    /// sequence number.
    ///
    /// The sinks have received the event when this method returns. A sink may itself publish, to
    /// this stream or to another. Such an event is numbered immediately; if its stream is busy
    /// delivering another event, delivery is deferred until after that one, and the publishing sink
    /// does not wait.
    pub fn publish(&self, mut event: Event, sinks: &[Arc<dyn EventSink>]) -> u64 {
        let mut state = self.lock();
        let seq = state.log.next_seq();
        event.seq = seq;
        if let Some(Err(violation)) = state.grammar.as_mut().map(|grammar| grammar.accept(&event)) {
            state.violations.push(violation);
        }
        state.log.push(&event);
        let now = sinks.is_empty() || state.delivery.begin(&self.shared.turn, &event, sinks);
        let readers = state.log.readers.take_waiting();
        drop(state);
        readers.for_each(Waker::wake);
        if !now {
            self.wait_for_delivery(seq);
        } else if !sinks.is_empty() {
            self.deliver(&event, sinks);
        }
        seq
    }

    /// Delivers an event to the sinks, followed by the events that were published in the meantime.
    fn deliver(&self, event: &Event, sinks: &[Arc<dyn EventSink>]) {
        let _telling = Telling::begin();
        self.tell(event, sinks);
        if self.shared.turn.end() {
            return;
        }
        let mut next = self.lock().delivery.next(&self.shared.turn, event.seq);
        while let Some((event, sinks)) = next {
            self.tell(&event, &sinks);
            next = self.lock().delivery.next(&self.shared.turn, event.seq);
            self.shared.delivered.notify_all();
        }
    }

    fn tell(&self, event: &Event, sinks: &[Arc<dyn EventSink>]) {
        for sink in sinks {
            if isolate::catch(|| sink.publish(event)).is_err() {
                self.shared.sink_panics.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// Waits until another thread has delivered event number `seq` to the sinks. A sink does not
    /// wait: the other thread may be inside of a sink that waits for this one.
    fn wait_for_delivery(&self, seq: u64) {
        if Telling::is_on() {
            return;
        }
        let waited = self
            .shared
            .delivered
            .wait_while(self.lock(), |state| !state.delivery.is_done(seq));
        drop(waited);
    }

    /// Returns the sequence number of the last event; 0 if there is none.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.lock().log.next_seq() - 1
    }

    /// Returns the number of panics caught in sinks.
    #[must_use]
    pub fn sink_panics(&self) -> u64 {
        self.shared.sink_panics.load(Ordering::Relaxed)
    }

    /// Returns the grammar violations detected so far. Always empty in release builds.
    #[must_use]
    pub fn violations(&self) -> Vec<GrammarError> {
        self.lock().violations.clone()
    }

    /// Subscribes to future events with the default policy, which merges deltas and loses nothing.
    pub fn subscribe(&self) -> Subscription {
        self.subscribe_with(SlowReaderPolicy::default())
    }

    /// Subscribes to future events with the given policy.
    pub fn subscribe_with(&self, policy: SlowReaderPolicy) -> Subscription {
        let mut state = self.lock();
        let next = state.log.next_seq();
        let reader = state.log.readers.add(next, policy);
        Subscription::new(self.clone(), reader)
    }

    /// Subscribes to the events after sequence number `seq`: retained events first, then future
    /// ones.
    ///
    /// If events after `seq` are no longer retained, the first item is [`Received::Lagged`] with
    /// their number. A `seq` beyond the last event, which an untrusted client may send, subscribes
    /// to future events.
    pub fn resume_after(&self, seq: u64, policy: SlowReaderPolicy) -> Subscription {
        let mut state = self.lock();
        let from = seq.saturating_add(1).min(state.log.next_seq());
        let reader = state.log.readers.add(from, policy);
        Subscription::new(self.clone(), reader)
    }

    /// Returns the retained events after sequence number `seq`, with consecutive deltas merged.
    #[must_use]
    pub fn events_after(&self, seq: u64) -> Vec<Event> {
        self.lock().log.events_after(seq)
    }

    /// Closes the stream. Subscriptions end after their remaining events.
    pub fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let readers = state.log.readers.take_waiting();
        drop(state);
        readers.for_each(Waker::wake);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for EventStream {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("last_seq", &self.last_seq())
            .field("sink_panics", &self.sink_panics())
            .finish_non_exhaustive()
    }
}
