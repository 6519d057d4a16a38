//! [`SseStream`]: a body read as server-sent events.

use std::num::NonZeroUsize;

use bytes::Bytes;

use crate::{
    Body,
    error::{TransportError, TransportErrorKind},
};
use decoder::{Decoder, Finish};
use utf8::Utf8;

mod decoder;
mod error_line;
mod in_chunk;
mod mark;
mod rest;
#[cfg(test)]
mod tests;
mod utf8;
mod whole;

/// The default limit on one event: 16 MiB, room for the largest images that providers send
/// inside an event.
pub const DEFAULT_MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// One event of the stream, borrowed until the next is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The event's type; `message` when the server named none.
    pub event: &'a str,
    /// The payload; several `data` lines are joined by `\n`.
    pub data: &'a str,
    /// The last id that the server sent, as it stood when this event ended.
    pub id: Option<&'a str>,
}

/// How a stream of events ended, once it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEnd {
    /// Whether an event had begun and was cut off: a field stood there, or part of a line, after
    /// the last blank line; whole comments are none. The stream was truncated then. An event that
    /// lacks nothing but its blank line is none of these: it was handed out.
    pub mid_event: bool,
}

/// A body read as server-sent events, by the WHATWG rules.
///
/// Lines end with CR, LF or CRLF, cut anywhere by the chunks, as may be UTF-8 sequences; invalid
/// UTF-8 is replaced by U+FFFD; a leading byte order mark and comments are dropped. `retry` fields
/// are ignored: nothing reconnects here.
///
/// Two rules are broken, for servers that break them:
///
/// - An event whose blank line is missing at the end of the body is dispatched if its data is whole:
///   a JSON object or list, or `[DONE]`. Servers and gateways forget the last line end, and what
///   they sent before it is all there. Anything else that begins there was cut.
/// - A line `error: ..` before the first field of an event is an event of type `error` with that
///   data (llama.cpp). By the rules it is an unknown field, and what failed would look complete.
///
/// All events of a chunk are handed out before the body is asked for more. All waits are
/// drop-safe: an event is lost by no `select!`.
///
/// Rules: <https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation>
#[derive(Debug)]
pub struct SseStream {
    body: Body,
    chunk: Bytes,
    decoder: Decoder,
    finished: bool,
    end: Option<SseEnd>,
    /// Why the body broke, to be told after the last event.
    broken: Option<TransportError>,
    bytes: u64,
    utf8: Utf8,
}

impl SseStream {
    /// Reads `body` as events of at most [`DEFAULT_MAX_EVENT_BYTES`].
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
        }
    }

    /// Sets the limit on one event's data, in bytes; its type and its id have the same limit
    /// each. Set it before the first event is read.
    #[must_use]
    pub fn with_max_event_bytes(mut self, limit: NonZeroUsize) -> Self {
        self.decoder = Decoder::new(limit);
        self
    }

    /// The next event, `None` at the end of the body ([`end`](Self::end) says how it ended).
    /// Drop-safe.
    ///
    /// # Errors
    ///
    /// The connection broke, a time limit passed, or an event is larger than the limit
    /// ([`TransportErrorKind::TooLarge`]). After an error there are no more events.
    pub async fn next(&mut self) -> Result<Option<SseEvent<'_>>, TransportError> {
        while !self.advance()? {
            if self.finished {
                return self.broken.take().map_or(Ok(None), Err);
            }
            match self.body.message_chunk().await {
                Ok(Some(chunk)) => {
                    self.bytes += chunk.len() as u64;
                    self.utf8.read(&chunk);
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
                    if self.decoder.finish() != Finish::Event {
                        return Err(error);
                    }
                    self.broken = Some(error);
                    break;
                }
            }
        }
        Ok(self.decoder.current())
    }

    /// The next event if it has already been received, without waiting. `None` says nothing
    /// about the end of the stream.
    ///
    /// # Errors
    ///
    /// An event is larger than the limit.
    pub fn next_received(&mut self) -> Result<Option<SseEvent<'_>>, TransportError> {
        match self.advance()? {
            true => Ok(self.decoder.current()),
            false => Ok(None),
        }
    }

    /// Says that the event that was handed out last is a heartbeat: it ends no wait for a message
    /// ([`Timeouts::message`](crate::Timeouts)), as comments do not.
    pub fn was_heartbeat(&mut self) {
        self.body.message_was_none();
    }

    /// How the stream ended; `None` before [`next`](Self::next) has returned `None`, and after
    /// an error.
    #[must_use]
    pub fn end(&self) -> Option<SseEnd> {
        self.end
    }

    /// Whether the body ended inside an event: the stream was truncated.
    #[must_use]
    pub fn ended_mid_event(&self) -> bool {
        self.end.is_some_and(|end| end.mid_event)
    }

    /// Number of byte sequences so far that are no UTF-8. In the events, U+FFFD stands for them.
    #[must_use]
    pub fn invalid_utf8(&self) -> u64 {
        self.utf8.invalid()
    }

    /// How many bytes have been received, comments and line ends included. It grows with every
    /// keep-alive, so it tells an alive but silent server from a dead one.
    #[must_use]
    pub fn bytes_received(&self) -> u64 {
        self.bytes
    }

    /// Decodes on to the next event in the bytes at hand; whether there was one.
    fn advance(&mut self) -> Result<bool, TransportError> {
        let advanced = self.decoder.advance(&mut self.chunk);
        match advanced {
            Ok(true) => self.body.message_is_whole(),
            // An empty chunk still holds the memory that it is a part of, and as long as it does,
            // the client reads into a new buffer.
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
