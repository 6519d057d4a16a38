//! [`Body`]: the bytes of a reply, read in chunks.

use std::{
    collections::VecDeque,
    fmt,
    future::poll_fn,
    task::{Context, Poll},
};

use bytes::{Buf as _, Bytes, BytesMut};

use crate::{
    Timeouts,
    error::{TransportError, TransportErrorKind},
};
use limits::ReadLimits;
use tokio::time::Instant;

mod head;
mod limits;
#[cfg(test)]
mod tests;

/// Source of the bytes of a [`Body`]: a socket, or memory in tests.
///
/// A poll function rather than an async one, so that reading a chunk through the trait object does
/// not allocate.
pub trait BodySource: Send {
    /// Polls for the next chunk; `None` at the end of the body.
    ///
    /// Not polled again after `None` or an error. Implementations must be cancel safe: data that
    /// was received stays in the source if the caller stops polling.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>>;
}

/// Body of a reply, read in chunks.
///
/// Dropping it cancels the request: the connection is closed (HTTP/1.1) or the stream is reset
/// (HTTP/2). All waits are cancel safe and can be used in a `select!` with a cancellation token.
pub struct Body {
    source: Box<dyn BodySource>,
    /// Bytes that were peeked at, to be returned first.
    head: Bytes,
    limits: Option<ReadLimits>,
    done: bool,
}

impl Body {
    /// Creates a body that reads from `source`, without time limits.
    #[must_use]
    pub fn new(source: impl BodySource + 'static) -> Self {
        Self {
            source: Box::new(source),
            head: Bytes::new(),
            limits: None,
            done: false,
        }
    }

    /// Creates an empty body.
    #[must_use]
    pub fn empty() -> Self {
        Self::from_chunks::<Bytes>([])
    }

    /// Creates an in-memory body that yields `chunks` in order.
    #[must_use]
    pub fn from_chunks<B: Into<Bytes>>(chunks: impl IntoIterator<Item = B>) -> Self {
        Self::new(Chunks(chunks.into_iter().map(Into::into).collect()))
    }

    /// Applies the `idle` limit and the `total` limit, counted from `started`, to every read, and
    /// the `message` limit to reading events or the complete body.
    ///
    /// Subsequent reads require a tokio timer.
    #[must_use]
    pub fn with_timeouts(mut self, timeouts: &Timeouts, started: Instant) -> Self {
        self.limits = Some(ReadLimits::new(timeouts, started));
        self
    }

    /// Returns the next non-empty chunk; `None` at the end of the body. Cancel safe.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection broke or a time limit passed. The body has then ended.
    pub async fn chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        poll_fn(|cx| self.poll_chunk(cx)).await
    }

    /// Polling variant of [`chunk`](Self::chunk), for hand-written futures.
    ///
    /// # Errors
    ///
    /// Same as [`chunk`](Self::chunk).
    pub fn poll_chunk(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Result<Option<Bytes>, TransportError>> {
        if !self.head.is_empty() {
            return Poll::Ready(Ok(Some(std::mem::take(&mut self.head))));
        }
        self.poll_more(cx)
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        if self.done {
            return Poll::Ready(Ok(None));
        }
        let outcome = match self.poll_source(cx) {
            Poll::Pending => match &mut self.limits {
                Some(limits) => std::task::ready!(limits.poll_expired(cx)),
                None => return Poll::Pending,
            },
            Poll::Ready(outcome) => match self.limits.as_mut().map(ReadLimits::received) {
                Some(Err(expired)) => Err(expired),
                _ => outcome,
            },
        };
        self.done = !matches!(outcome, Ok(Some(_)));
        Poll::Ready(outcome)
    }

    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Result<Option<Bytes>, TransportError>> {
        loop {
            match std::task::ready!(self.source.poll_chunk(cx)) {
                Some(Ok(chunk)) if chunk.is_empty() => {}
                next => return Poll::Ready(next.transpose()),
            }
        }
    }

    /// Returns the first byte that is neither white space nor part of a byte order mark, to detect
    /// the format of the body; `None` if there is none. Everything before that byte is dropped.
    /// Cancel safe.
    ///
    /// # Errors
    ///
    /// Same as [`chunk`](Self::chunk); also if the `message` limit passes.
    pub async fn first_visible(&mut self) -> Result<Option<u8>, TransportError> {
        loop {
            self.head.advance(head::blank_prefix(&self.head));
            if !head::is_undecided(&self.head) {
                return Ok(self.head.first().copied());
            }
            self.message_grows()?;
            match poll_fn(|cx| self.poll_more(cx)).await? {
                Some(next) => self.head = head::joined(&self.head, next),
                None => return Ok(None),
            }
        }
    }

    /// Waits for the next chunk of a message, within the `message` limit.
    pub(crate) async fn message_chunk(&mut self) -> Result<Option<Bytes>, TransportError> {
        self.message_grows()?;
        self.chunk().await
    }

    /// Marks a message as complete: the limit for the next one starts with its first wait.
    pub(crate) fn message_is_whole(&mut self) {
        if let Some(limits) = &mut self.limits {
            limits.message_is_whole();
        }
    }

    /// Marks the last message as a heartbeat: the limit continues from its earlier start.
    pub(crate) fn message_was_none(&mut self) {
        if let Some(limits) = &mut self.limits {
            limits.message_was_none();
        }
    }

    /// Peeks at the beginning of the body: reads until `decided` returns `true` for the bytes so
    /// far, `limit` bytes have been read, or the body ends, and returns these bytes, at most
    /// `limit`. Nothing is consumed: the next read returns them first. Cancel safe.
    ///
    /// The result is independent of chunk boundaries if `decided` stays `true` for every extension
    /// of the bytes for which it is first `true`.
    ///
    /// # Errors
    ///
    /// Same as [`chunk`](Self::chunk); also if the `message` limit passes.
    pub async fn look_until(
        &mut self,
        limit: usize,
        mut decided: impl FnMut(&[u8]) -> bool,
    ) -> Result<&[u8], TransportError> {
        while self.head.len() < limit && !decided(&self.head) {
            self.message_grows()?;
            match poll_fn(|cx| self.poll_more(cx)).await? {
                Some(next) => self.head = head::joined(&self.head, next),
                None => break,
            }
        }
        Ok(self.head.get(..limit).unwrap_or(&self.head))
    }

    fn message_grows(&mut self) -> Result<(), TransportError> {
        let passed = self.limits.as_mut().map(ReadLimits::message_grows);
        self.done |= matches!(passed, Some(Err(_)));
        passed.unwrap_or(Ok(()))
    }

    /// Reads the complete body, for replies that are not streamed. Cancelling leaks nothing, but
    /// the data read so far is lost.
    ///
    /// # Errors
    ///
    /// Same as [`chunk`](Self::chunk); also if the `message` limit passes, and
    /// [`TransportErrorKind::TooLarge`] if the body exceeds `limit` bytes.
    pub async fn read_to_end(mut self, limit: usize) -> Result<Bytes, TransportError> {
        let first = self.message_chunk().await?.unwrap_or_default();
        let Some(second) = self.message_chunk().await? else {
            return match first.len() <= limit {
                true => Ok(first),
                false => Err(too_large(limit)),
            };
        };
        let mut all = BytesMut::from(first);
        all.extend_from_slice(&second);
        while all.len() <= limit {
            match self.message_chunk().await? {
                Some(chunk) => all.extend_from_slice(&chunk),
                None => return Ok(all.freeze()),
            }
        }
        Err(too_large(limit))
    }

    /// Returns at most the first `limit` bytes, and the error that stopped the read, if any.
    pub(crate) async fn read_prefix(&mut self, limit: usize, into: &mut BytesMut) {
        while into.len() < limit {
            let Ok(Some(chunk)) = self.chunk().await else {
                return;
            };
            let room = limit - into.len();
            into.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        }
    }
}

fn too_large(limit: usize) -> TransportError {
    TransportError::new(
        TransportErrorKind::TooLarge,
        format!("the reply is larger than the limit of {limit} bytes"),
    )
}

impl Default for Body {
    fn default() -> Self {
        Self::empty()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Body")
            .field("done", &self.done)
            .finish_non_exhaustive()
    }
}

struct Chunks(VecDeque<Bytes>);

impl BodySource for Chunks {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        Poll::Ready(self.0.pop_front().map(Ok))
    }
}
