//! [`Subscription`]: asynchronous reader of a stream.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::{EventRow, EventStream};
use crate::Event;

/// Policy for a reader that falls behind. It never affects the run or other readers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SlowReaderPolicy {
    /// Merges consecutive deltas of a segment. Nothing is lost, and memory is bounded by the text
    /// itself. The default.
    #[default]
    Coalesce,
    /// Drops all but the last `max_behind` events; the reader receives the number of dropped events
    /// as [`Received::Lagged`].
    Drop {
        /// Maximum number of events that the reader may be behind.
        max_behind: u64,
    },
}

impl SlowReaderPolicy {
    pub(super) fn loses_nothing(self) -> bool {
        !matches!(self, Self::Drop { .. })
    }
}

/// Item received from a subscription.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Received {
    /// An event, possibly of merged deltas ([`Event::merged`]).
    Event(Event),
    /// Number of missing events, dropped or no longer retained.
    Lagged(u64),
}

impl Received {
    /// Returns the event, if the item is one.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Lagged(_) => None,
        }
    }
}

/// Asynchronous reader of an [`EventStream`]: a [`Stream`] of [`Received`] items.
#[must_use = "a subscription that is dropped receives nothing"]
pub struct Subscription {
    stream: EventStream,
    reader: usize,
}

impl Subscription {
    pub(super) fn new(stream: EventStream, reader: usize) -> Self {
        Self { stream, reader }
    }

    /// Waits for the next item. `None` if the stream is closed and fully read.
    ///
    /// Cancel safe: dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Received> {
        poll_fn(|cx| self.poll_received(cx)).await
    }

    /// Waits for the next event, skipping [`Received::Lagged`] items.
    pub async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Received::Event(event) = self.next().await? {
                return Some(event);
            }
        }
    }

    /// Returns the next item if one is available.
    pub fn try_next(&mut self) -> Option<Received> {
        self.stream.lock().log.read(self.reader)
    }

    /// Returns the next row if one is available: like [`try_next`](Self::try_next), with the lengths
    /// of merged deltas, for a store of the log.
    ///
    /// # Errors
    ///
    /// The number of missing events, dropped or no longer retained.
    pub fn try_next_row(&mut self) -> Option<Result<EventRow, u64>> {
        self.stream.lock().log.read_row(self.reader)
    }

    /// Reads the next item, registers the waker, or reports the end, all under one lock: with
    /// separate calls, an event and the end could be missed in between.
    fn poll_received(&mut self, cx: &Context<'_>) -> Poll<Option<Received>> {
        let mut state = self.stream.lock();
        if let Some(item) = state.log.read(self.reader) {
            return Poll::Ready(Some(item));
        }
        if state.closed {
            return Poll::Ready(None);
        }
        let replaced = state.log.readers.wait(self.reader, cx.waker());
        drop(state);
        drop(replaced);
        Poll::Pending
    }

    /// Skips the events up to sequence number `seq`, even in the middle of merged deltas.
    ///
    /// Filtering received events by number is not equivalent: a delta after `seq` may be merged
    /// with earlier ones.
    pub fn skip_to(&mut self, seq: u64) {
        self.stream.lock().log.skip_to(self.reader, seq);
    }

    /// Returns the number of published events that this reader has not read.
    #[must_use]
    pub fn behind(&self) -> u64 {
        self.stream.lock().log.behind(self.reader)
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = self.stream.lock();
        let waker = state.log.readers.remove(self.reader);
        state.log.evict();
        drop(state);
        drop(waker);
    }
}

impl Stream for Subscription {
    type Item = Received;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Received>> {
        self.poll_received(cx)
    }
}

impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription")
            .field("behind", &self.behind())
            .finish_non_exhaustive()
    }
}
