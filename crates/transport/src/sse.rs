//! [`SseStream`]: a body read as server-sent events.

use std::num::NonZeroUsize;

use bytes::Bytes;

use crate::{
    Body,
    error::{TransportError, TransportErrorKind},
};
use decoder::{Decoder, Finish};
use utf8::Utf8;

mod bare_json;
mod decoder;
mod error_line;
mod in_chunk;
mod mark;
mod rest;
#[cfg(test)]
mod tests;
mod utf8;
mod whole;

/// Default limit on the size of an event: 16 MiB, enough for the largest images that providers send
/// in an event.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// One event of the stream, valid until the next one is requested.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// Event type; `message` if the server sent none.
    pub event: &'a str,
    /// Payload; multiple `data` lines are joined by `\n`.
    pub data: &'a str,
    /// Last event id sent by the server, as of the end of this event.
    pub id: Option<&'a str>,
}

/// How a stream of events ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEnd {
    /// `true` if an event was cut off: a field or a partial line followed the last blank line
    /// (complete comments do not count). The stream was truncated. An event that only lacks its
    /// blank line is not cut off: it was returned.
    pub mid_event: bool,
}

/// Body read as server-sent events according to the WHATWG rules.
///
/// Lines end with CR, LF or CRLF. Chunks may split line endings and UTF-8 sequences; invalid UTF-8
/// is replaced by U+FFFD; a leading byte order mark and comments are dropped. `retry` fields are
/// ignored, because the stream does not reconnect.
///
/// Two deviations accommodate servers that violate the rules:
///
/// - An event without a blank line at the end of the body is dispatched if its data is complete: a
///   JSON object or list, or `[DONE]`. Servers and gateways omit the last line ending although the
///   event itself is complete. Any other unterminated event was cut off.
/// - A line `error: ..` before the first field of an event is an event of type `error` with that
///   data (llama.cpp). According to the rules it is an unknown field, and a failed reply would look
///   complete. So is a JSON object with a key `error` between events (Google).
///
/// All events of a chunk are returned before more of the body is read. All waits are cancel safe: a
/// `select!` never loses an event.
///
/// Rules: <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>
#[derive(Debug)]
pub struct SseStream {
    body: Body,
    chunk: Bytes,
    decoder: Decoder,
    finished: bool,
    end: Option<SseEnd>,
    /// Error of the body, returned after the last event.
    broken: Option<TransportError>,
    bytes: u64,
    utf8: Utf8,
    /// Bytes of the chunk whose invalid sequences are not counted yet. Empty if there are none.
    uncounted: Bytes,
}

impl SseStream {
    /// Creates a reader for events of at most [`DEFAULT_MAX_EVENT_BYTES`].
    #[must_use]
    pub fn new(body: Body) -> Self {
        Self {
            body,
            chunk: Bytes::new(),
            decoder: Decoder::new(
                NonZeroUsize::new(DEFAULT_MAX_EVENT_BYTES).unwrap_or(NonZeroUsize::MAX),
            ),
            finished: false,
            end: None,
            broken: None,
            bytes: 0,
            utf8: Utf8::default(),
            uncounted: Bytes::new(),
        }
    }

    /// Sets the limit on the data of an event, in bytes; its type and its id are each subject to
    /// the same limit. Call it before the first event is read.
    #[must_use]
    pub fn with_max_event_bytes(mut self, limit: NonZeroUsize) -> Self {
        self.decoder = Decoder::new(limit);
        self
    }

    /// Returns the next event; `None` at the end of the body (see [`end`](Self::end) for how it
    /// ended). Cancel safe.
    ///
    /// # Errors
    ///
    /// Returns an error if the connection broke, a time limit passed, or an event exceeds the limit
    /// ([`TransportErrorKind::TooLarge`]). There are no more events after an error.
    pub async fn next(&mut self) -> Result<Option<SseEvent<'_>>, TransportError> {
        while !self.advance()? {
            if self.finished {
                return self.broken.take().map_or(Ok(None), Err);
            }
            match self.body.message_chunk().await {
                Ok(Some(chunk)) => {
                    self.bytes += chunk.len() as u64;
                    if !self.utf8.is_valid(&chunk) {
                        self.uncounted = chunk.clone();
                    }
                    self.chunk = chunk;
                }
                Ok(None) => {
                    self.finished = true;
                    let finish = self.decoder.finish();
                    self.end = Some(SseEnd {
                        mid_event: finish == Finish::MidEvent,
                    });
                    if finish == Finish::Event {
                        break;
                    }
                }
                Err(error) => {
                    self.finished = true;
                    let finish = self.decoder.finish();
                    self.end = Some(SseEnd {
                        mid_event: finish == Finish::MidEvent,
                    });
                    if finish != Finish::Event {
                        return Err(error);
                    }
                    self.broken = Some(error);
                    break;
                }
            }
        }
        Ok(self.decoder.current())
    }

    /// Returns the next event if it has already been received, without waiting. `None` does not
    /// imply the end of the stream.
    ///
    /// # Errors
    ///
    /// Returns an error if an event exceeds the limit.
    pub fn next_received(&mut self) -> Result<Option<SseEvent<'_>>, TransportError> {
        match self.advance()? {
            true => Ok(self.decoder.current()),
            false => Ok(None),
        }
    }

    /// Marks the last returned event as a heartbeat, which like a comment does not reset the
    /// `message` limit ([`Timeouts::message`](crate::Timeouts)).
    pub fn was_heartbeat(&mut self) {
        self.body.message_was_none();
    }

    /// Returns how the stream ended; `None` until [`next`](Self::next) has returned `None` or the error
    /// of a broken connection.
    #[must_use]
    pub fn end(&self) -> Option<SseEnd> {
        self.end
    }

    /// Returns `true` if the body ended inside an event: the stream was truncated.
    #[must_use]
    pub fn ended_mid_event(&self) -> bool {
        self.end.is_some_and(|end| end.mid_event)
    }

    /// Returns the number of invalid UTF-8 sequences up to the last event, each replaced by U+FFFD.
    #[must_use]
    pub fn invalid_utf8(&self) -> u64 {
        self.utf8.invalid()
    }

    /// Returns the number of bytes received, including comments and line endings. It grows with
    /// every keep-alive, which distinguishes a silent server from a dead one.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.bytes
    }

    /// Decodes up to the next event in the buffered bytes; returns `true` if there is one.
    fn advance(&mut self) -> Result<bool, TransportError> {
        let advanced = self.decoder.advance(&mut self.chunk);
        if !self.uncounted.is_empty() {
            let used = self.uncounted.len().saturating_sub(self.chunk.len());
            self.utf8.read(&self.uncounted.split_to(used));
        }
        match advanced {
            Ok(true) => self.body.message_is_whole(),
            // Even an empty chunk keeps its underlying memory alive, and as long as it does, the
            // client reads into a new buffer.
            _ => self.chunk = Bytes::new(),
        }
        advanced.map_err(|limit| {
            self.finished = true;
            TransportError::new(
                TransportErrorKind::TooLarge,
                format!("the server sent an event larger than the limit of {limit} bytes"),
            )
        })
    }
}
