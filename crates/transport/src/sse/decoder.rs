//! The decoder of `sse-core`, extended with borrowed events, a memory limit and a verdict at the
//! end.

use std::{num::NonZeroUsize, sync::Arc};

use bytes::{Buf as _, Bytes};
use sse_core::{MessageEvent, PayloadTooLargeError, SseDecoder, SseEvent as Decoded};

use super::{
    SseEvent,
    error_line::{ErrorLine, Step},
    in_chunk::InChunk,
    mark::Mark,
    rest::Rest,
    whole::is_whole,
};

/// `sse-core` keeps a buffer as large as the largest event so far, and allocates one of that size
/// for each event. Above this size the decoder is replaced after the event, so that a single image
/// does not cost megabytes for the stream and every later delta.
const LARGEST_KEPT_BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Decoder {
    inner: SseDecoder,
    limit: NonZeroUsize,
    current: Option<Current>,
    mark: Mark,
    rest: Rest,
    error_line: ErrorLine,
}

/// The event that was decoded last.
#[derive(Debug)]
enum Current {
    Message(MessageEvent),
    /// An event that was contained in its chunk and bypassed the decoder.
    InChunk(InChunk),
    /// The value of a line `error: ..`.
    Error(String),
}

/// State at the end of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finish {
    /// Nothing: the stream ended between two events.
    Clean,
    /// One more event, complete except for its blank line.
    Event,
    /// A partial event.
    MidEvent,
}

impl Decoder {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self {
            inner: past_the_mark(limit, None),
            limit,
            current: None,
            mark: Mark::default(),
            rest: Rest::default(),
            error_line: ErrorLine::default(),
        }
    }

    /// Consumes bytes up to the end of the next event; returns `true` if there is one. The error is
    /// the limit that the event exceeds.
    pub(super) fn advance(&mut self, chunk: &mut Bytes) -> Result<bool, NonZeroUsize> {
        self.drop_current();
        let mut text = self.mark.step(chunk);
        let len = text.len();
        self.feed(&mut text, len)?;
        while !chunk.is_empty() {
            if self.rest.is_between_fields() && self.error_line.len() == 0 {
                // The decoder returns an event that ends with CR and LF at the CR.
                if chunk.starts_with(b"\n") {
                    self.feed(chunk, 1)?;
                }
                if let Some(event) = InChunk::take(chunk, self.limit.get()) {
                    self.current = Some(Current::InChunk(event));
                    self.rest = Rest::default();
                    return Ok(true);
                }
            }
            match self.error_line.step(chunk, &self.rest, self.limit.get()) {
                Step::Pass(len) => {
                    if self.feed(chunk, len)? {
                        return Ok(true);
                    }
                }
                Step::NoError => {
                    let mut held = self.error_line.take();
                    let len = held.len();
                    if self.feed(&mut held, len)? {
                        if !held.is_empty() {
                            *chunk = [held, std::mem::take(chunk)].concat().into();
                        }
                        return Ok(true);
                    }
                }
                Step::TooLong => return Err(self.limit),
                Step::Held => {}
                Step::Error(value) => {
                    self.current = Some(Current::Error(value));
                    self.rest = Rest::default();
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// Decodes the first `len` bytes of `chunk`, up to the end of an event.
    fn feed(&mut self, chunk: &mut Bytes, len: usize) -> Result<bool, NonZeroUsize> {
        let mut len = len.min(chunk.len());
        while len > 0 {
            let mut left = chunk.get(..len).unwrap_or_default();
            let decoded = self.inner.next(&mut left);
            let used = len - left.len();
            if !matches!(decoded, Some(Ok(Decoded::Message(_)))) {
                self.rest.read(chunk.get(..used).unwrap_or_default());
            }
            chunk.advance(used);
            len -= used;
            match decoded {
                Some(Ok(Decoded::Message(message))) => {
                    self.current = Some(Current::Message(message));
                    self.rest = Rest::default();
                    return Ok(true);
                }
                Some(Ok(Decoded::Retry(_))) => {}
                Some(Err(PayloadTooLargeError)) => return Err(self.limit),
                None => break,
            }
        }
        Ok(false)
    }

    /// Returns the event that the last [`advance`](Self::advance) or [`finish`](Self::finish)
    /// reached.
    pub(super) fn current(&self) -> Option<SseEvent<'_>> {
        let event = match self.current.as_ref()? {
            Current::Message(message) => SseEvent {
                event: &message.event,
                data: &message.data,
                id: message.last_event_id.as_deref(),
            },
            Current::InChunk(event) => SseEvent {
                event: event.event(),
                data: event.data(),
                id: self.inner.last_event_id().map(|id| &**id),
            },
            Current::Error(value) => SseEvent {
                event: "error",
                data: value,
                id: self.inner.last_event_id().map(|id| &**id),
            },
        };
        Some(event)
    }

    /// Ends the stream.
    pub(super) fn finish(&mut self) -> Finish {
        self.current = None;
        if self.error_line.len() > 0 {
            let value = self.error_line.finish().filter(|value| is_whole(value));
            self.current = value.map(Current::Error);
        } else if self.mark.is_cut() {
            return Finish::MidEvent;
        } else if self.rest.is_event() {
            self.current = self.completed().map(Current::Message);
        } else {
            return Finish::Clean;
        }
        if self.current.is_some() {
            Finish::Event
        } else {
            Finish::MidEvent
        }
    }

    /// Returns the partial event, if only its blank line is missing.
    fn completed(&mut self) -> Option<MessageEvent> {
        let mut blank: &[u8] = b"\n\n";
        while !blank.is_empty() {
            match self.inner.next(&mut blank)? {
                Ok(Decoded::Message(message)) => {
                    return is_whole(&message.data).then_some(message);
                }
                Ok(Decoded::Retry(_)) => {}
                Err(PayloadTooLargeError) => return None,
            }
        }
        None
    }

    fn drop_current(&mut self) {
        let Some(Current::Message(message)) = self.current.take() else {
            return;
        };
        if message.data.capacity() > LARGEST_KEPT_BUFFER {
            // For the new decoder, a pending LF of a CRLF is one more blank line.
            let id = self.inner.last_event_id().cloned();
            self.inner = past_the_mark(self.limit, id);
        }
    }
}

/// Creates a decoder that treats a byte order mark as text, by feeding it a blank line. [`Mark`]
/// removes the mark at the beginning of the stream.
fn past_the_mark(limit: NonZeroUsize, last_id: Option<Arc<str>>) -> SseDecoder {
    let mut decoder = SseDecoder::with_limit(limit);
    if last_id.is_some() {
        // This resets the decoder, so it comes before the blank line.
        decoder.reconnect_with_id(last_id);
    }
    let mut blank: &[u8] = b"\n";
    let _no_event = decoder.next(&mut blank);
    decoder
}
