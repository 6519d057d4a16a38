//! [`Delivery`]: the events that sinks have not received yet.

use std::{cell::Cell, collections::VecDeque, sync::Arc};

use crate::{Event, EventSink};

/// An event that waits for delivery to its sinks.
pub(super) type Waiting = (Event, Vec<Arc<dyn EventSink>>);

/// One thread at a time tells the sinks, in the order of the events' numbers. No lock is held
/// meanwhile: what others publish, and sinks themselves, is left here for that thread. So sinks of
/// two streams may publish to each other's.
#[derive(Default)]
pub(super) struct Delivery {
    waiting: VecDeque<Waiting>,
    /// `true` while a thread delivers events to sinks.
    telling: bool,
    /// The number of the last event that its sinks know.
    done: u64,
}

impl Delivery {
    /// Returns `true` if the caller must deliver to the sinks now; otherwise the event is queued
    /// for the thread that delivers.
    pub(super) fn begin(&mut self, event: &Event, sinks: &[Arc<dyn EventSink>]) -> bool {
        if self.telling {
            self.waiting.push_back((event.clone(), sinks.to_vec()));
            return false;
        }
        self.telling = true;
        true
    }

    /// Marks event number `done` as delivered and returns the next one. Without a next one, the
    /// delivery is over.
    pub(super) fn next(&mut self, done: u64) -> Option<Waiting> {
        self.done = done;
        let next = self.waiting.pop_front();
        self.telling = next.is_some();
        next
    }

    /// Returns `true` if event number `seq` was delivered to the sinks.
    pub(super) fn is_done(&self, seq: u64) -> bool {
        self.done >= seq
    }
}

thread_local! {
    /// How many sinks of any streams this thread is inside of, one within the other.
    static DEPTH: Cell<usize> = const { Cell::new(0) };
}

/// Marks this thread as telling sinks, for as long as it lives.
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
