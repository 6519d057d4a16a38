//! [`EventStream`]: numbering, delivery, the resumable log, subscriptions.
//!
//! Every session has one. Publishing gives the event its number, appends it to the log and tells
//! the sinks, in this order and one event at a time. Readers that can be slow do not hold a queue
//! of their own: a [`Subscription`] is a place in the log, which keeps neighbouring deltas of one
//! segment as one text. So a slow reader costs no more memory than the text itself, however many
//! there are, and never slows the run or another reader.

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
mod subscription;

#[cfg(test)]
mod tests;

use delivery::{Delivery, Telling, Turn};
use log::Log;
pub use subscription::{Received, SlowReaderPolicy, Subscription};

/// The bytes of events that a stream retains by default for readers that resume: 256 KiB.
pub const DEFAULT_RETAINED_BYTES: usize = 256 * 1024;

/// The numbered events of one session. Cheap to clone; clones are the same stream.
#[derive(Clone)]
pub struct EventStream {
    shared: Arc<Shared>,
}

struct Shared {
    /// Never held while sinks or wakers run.
    state: Mutex<State>,
    /// Who delivers to the sinks.
    turn: Turn,
    /// Wakes a publisher whose event another thread tells the sinks.
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
    /// that a live subscription has not read yet are retained in addition.
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

    /// Sets the sequence number after which the stream continues: the first event gets `seq + 1`.
    /// For a session that continues in another process, whose readers resume by the numbers that
    /// they have. No effect once the stream has events or readers.
    #[must_use]
    pub fn starting_after(self, seq: u64) -> Self {
        let mut state = self.lock();
        if state.log.is_unused() {
            state.log.start_after(seq);
        }
        drop(state);
        self
    }

    /// For engines that run outside of a session: in debug builds the order of events is checked
    /// as that of a piece of a run.
    #[must_use]
    pub fn fragment() -> Self {
        let stream = Self::new();
        let mut state = stream.lock();
        state.grammar = state.grammar.take().map(|_| Grammar::fragment());
        drop(state);
        stream
    }

    /// Publishes an event: gives it its number, appends it to the log, and tells `sinks` in
    /// order. Returns the number.
    ///
    /// When it returns, the sinks have received the event. A sink may publish in turn, to this
    /// stream or to another. Such an event is numbered at once; if its stream is delivering another
    /// event meanwhile, it is delivered after that one, and the sink that published it does not
    /// wait.
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

    /// Tells the sinks of an event, and of those that others published meanwhile.
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

    /// The number of the last event; 0 before the first.
    #[must_use]
    pub fn last_seq(&self) -> u64 {
        self.lock().log.next_seq() - 1
    }

    /// How often a sink panicked.
    #[must_use]
    pub fn sink_panics(&self) -> u64 {
        self.shared.sink_panics.load(Ordering::Relaxed)
    }

    /// Events that came where they are not legal. Checked in debug builds only.
    #[must_use]
    pub fn violations(&self) -> Vec<GrammarError> {
        self.lock().violations.clone()
    }

    /// Reads the events from now on, with the default policy: merge, lose nothing.
    pub fn subscribe(&self) -> Subscription {
        self.subscribe_with(SlowReaderPolicy::default())
    }

    /// Reads the events from now on.
    pub fn subscribe_with(&self, policy: SlowReaderPolicy) -> Subscription {
        let mut state = self.lock();
        let next = state.log.next_seq();
        let reader = state.log.readers.add(next, policy);
        Subscription::new(self.clone(), reader)
    }

    /// Reads the events after number `seq`: first what the log still has, then what comes.
    ///
    /// Where events after `seq` are not retained any more, the first item received is
    /// [`Received::Lagged`] with their count. A number that is not reached yet, whatever a client
    /// sent, reads from now on.
    pub fn resume_after(&self, seq: u64, policy: SlowReaderPolicy) -> Subscription {
        let mut state = self.lock();
        let from = seq.saturating_add(1).min(state.log.next_seq());
        let reader = state.log.readers.add(from, policy);
        Subscription::new(self.clone(), reader)
    }

    /// The retained events after number `seq`, neighbouring deltas merged.
    #[must_use]
    pub fn events_after(&self, seq: u64) -> Vec<Event> {
        self.lock().log.events_after(seq)
    }

    /// Closes the stream: subscriptions end when they have read all events.
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
