//! [`Delivery`]: events that are waiting for delivery to the sinks.

use std::{
    cell::Cell,
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
};

use crate::{Event, EventSink};

/// An event that waits for delivery to its sinks.
pub(super) type Waiting = (Event, Vec<Arc<dyn EventSink>>);

/// One thread at a time calls the sinks, in the order of the event numbers, without holding a lock.
/// Events that other threads or the sinks themselves publish in the meantime are queued here for
/// that thread. Sinks of two streams can therefore publish to each other's stream.
#[derive(Default)]
pub(super) struct Delivery {
    waiting: VecDeque<Waiting>,
    /// Number of the last deferred event that was delivered.
    done: u64,
}

/// Ownership of the delivery to the sinks: free, owned by a thread, or owned by a thread with
/// deferred events.
///
/// Ownership is acquired under the stream's lock. It is released without the lock unless events
/// were deferred, so an undisturbed delivery takes the lock once.
#[derive(Debug, Default)]
pub(super) struct Turn(AtomicU8);

const NOBODYS: u8 = 0;
const TAKEN: u8 = 1;
const EVENTS_LEFT: u8 = 2;

impl Turn {
    /// Acquires ownership, or announces an event deferred to the owning thread. Requires the
    /// stream's lock.
    fn begin(&self) -> bool {
        let change = |from, to| {
            self.0
                .compare_exchange(from, to, Ordering::AcqRel, Ordering::Acquire)
        };
        match change(TAKEN, EVENTS_LEFT) {
            // It was free, or has just become so; no other thread can acquire it now.
            Err(NOBODYS) => {
                self.0.store(TAKEN, Ordering::Release);
                true
            }
            _ => false,
        }
    }

    /// Ends the turn; returns `false` if events were deferred to it.
    pub(super) fn end(&self) -> bool {
        self.0
            .compare_exchange(TAKEN, NOBODYS, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }
}

impl Delivery {
    /// Returns `true` if the caller must deliver to the sinks now; otherwise the event is queued
    /// for the thread that delivers.
    pub(super) fn begin(
        &mut self,
        turn: &Turn,
        event: &Event,
        sinks: &[Arc<dyn EventSink>],
    ) -> bool {
        let now = turn.begin();
        if !now {
            self.waiting.push_back((event.clone(), sinks.to_vec()));
        }
        now
    }

    /// Marks event number `done` as delivered and returns the next one. Without a next one, the
    /// turn ends.
    pub(super) fn next(&mut self, turn: &Turn, done: u64) -> Option<Waiting> {
        self.done = done;
        let next = self.waiting.pop_front();
        if next.is_none() {
            turn.0.store(NOBODYS, Ordering::Release);
        }
        next
    }

    /// Returns `true` if event number `seq` was delivered to the sinks.
    pub(super) fn is_done(&self, seq: u64) -> bool {
        self.done >= seq
    }
}

thread_local! {
    /// Number of nested sink calls on this thread, over all streams.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Marks this thread as calling sinks for the lifetime of the value.
pub(super) struct Telling(());

impl Telling {
    pub(super) fn begin() -> Self {
        DEPTH.set(DEPTH.get() + 1);
        Self(())
    }

    pub(super) fn is_on() -> bool {
        DEPTH.get() > 0
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get() - 1);
    }
}
