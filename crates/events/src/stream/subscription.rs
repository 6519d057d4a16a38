//! [`Subscription`]: a reader that may be slow.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    task::{Context, Poll},
};

use futures_core::Stream;

use super::EventStream;
use crate::Event;

/// What happens when a reader does not keep up. Neither the run nor other readers notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum SlowReaderPolicy {
    /// Neighbouring deltas of one segment are merged. Nothing is lost, and memory is bounded by
    /// the text itself. The default.
    #[default]
    Coalesce,
    /// Events beyond the last `max_behind` are dropped; the reader gets their count as
    /// [`Received::Lagged`].
    Drop {
        /// How many events the reader may be behind.
        max_behind: u64,
    },
}

impl SlowReaderPolicy {
    pub(super) fn loses_nothing(self) -> bool {
        !matches!(self, Self::Drop { .. })
    }
}

/// What a subscription receives.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Received {
    /// An event; deltas may be merged ([`Event::merged`]).
    Event(Event),
    /// This many events are missing: they were dropped, or are no longer retained.
    Lagged(u64),
}

impl Received {
    /// The event, where it is one.
    #[must_use]
    pub fn into_event(self) -> Option<Event> {
        match self {
            Self::Event(event) => Some(event),
            Self::Lagged(_) => None,
        }
    }
}

/// Reads the events of an [`EventStream`] in its own time. It is a [`Stream`] of [`Received`] items.
#[must_use = "a subscription that is dropped receives nothing"]
pub struct Subscription {
    stream: EventStream,
    reader: usize,
}

impl Subscription {
    pub(super) fn new(stream: EventStream, reader: usize) -> Self {
        Self { stream, reader }
    }

    /// The next item; waits for it. `None` when the stream is closed and all is read.
    ///
    /// Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<Received> {
        poll_fn(|cx| self.poll_received(cx)).await
    }

    /// The next event; what was lost is skipped.
    pub async fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Received::Event(event) = self.next().await? {
                return Some(event);
            }
        }
    }

    /// The next item, if there is one already.
    pub fn try_next(&mut self) -> Option<Received> {
        self.stream.lock().log.read(self.reader)
    }

    /// Reads, or waits, and tells the end, under one lock: asked apart, an event could come in
    /// between, and the end with it.
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

    /// Skips the events up to number `seq`: reading continues after it, in the middle of merged
    /// deltas if necessary.
    ///
    /// To leave events out by their numbers instead is not enough: a delta beyond `seq` may come
    /// merged with others before it.
    pub fn skip_to(&mut self, seq: u64) {
        self.stream.lock().log.skip_to(self.reader, seq);
    }

    /// How many events were published that this reader has not read.
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
