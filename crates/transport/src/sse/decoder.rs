//! The decoder of `sse-core`, with borrowed events, a watch on its memory and a verdict at the
//! end.

use std::num::NonZeroUsize;

use bytes::Bytes;
use sse_core::{MessageEvent, PayloadTooLargeError, SseDecoder, SseEvent as Decoded};

use super::{SseEvent, rest::Rest};

/// `sse-core` keeps a buffer as large as the largest event so far, and allocates one of that size
/// for each event. Above this size the decoder is replaced after the event, so that one image
/// does not leave its megabytes with the stream and with every later delta.
const LARGEST_KEPT_BUFFER: usize = 64 * 1024;

#[derive(Debug)]
pub(super) struct Decoder {
    inner: SseDecoder,
    limit: NonZeroUsize,
    current: Option<MessageEvent>,
    /// The chunk at hand, until what it leaves unfinished was looked at.
    chunk: Bytes,
    rest: Rest,
}

impl Decoder {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self {
            inner: SseDecoder::with_limit(limit),
            limit,
            current: None,
            chunk: Bytes::new(),
            rest: Rest::of_stream(),
        }
    }

    /// Notes the chunk that the next [`advance`](Self::advance)s consume.
    pub(super) fn received(&mut self, chunk: &Bytes) {
        self.chunk = chunk.clone();
    }

    /// Consumes bytes up to the end of the next event; whether there was one. The error is the
    /// limit that the event passed.
    pub(super) fn advance(&mut self, chunk: &mut Bytes) -> Result<bool, NonZeroUsize> {
        self.drop_current();
        loop {
            let begins = self.chunk.len().saturating_sub(chunk.len());
            let decoded = self.inner.next(chunk);
            if let Some(Ok(Decoded::Message(message))) = decoded {
                self.current = Some(message);
                self.rest = Rest::default();
                return Ok(true);
            }
            let ends = self.chunk.len().saturating_sub(chunk.len());
            self.rest
                .read(self.chunk.get(begins..ends).unwrap_or_default());
            match decoded {
                Some(Err(PayloadTooLargeError)) => return Err(self.limit),
                Some(Ok(_)) => {}
                None => {
                    self.chunk = Bytes::new();
                    return Ok(false);
                }
            }
        }
    }

    /// The event that the last [`advance`](Self::advance) reached.
    pub(super) fn current(&self) -> Option<SseEvent<'_>> {
        self.current.as_ref().map(|message| SseEvent {
            event: &message.event,
            data: &message.data,
            id: message.last_event_id.as_deref(),
        })
    }

    /// Ends the stream; whether an event had begun.
    pub(super) fn finish(&mut self) -> bool {
        self.current = None;
        self.rest.is_event()
    }

    fn drop_current(&mut self) {
        let Some(message) = self.current.take() else {
            return;
        };
        if message.data.capacity() > LARGEST_KEPT_BUFFER {
            let mut fresh = SseDecoder::with_limit(self.limit);
            fresh.reconnect_with_id(self.inner.last_event_id().cloned());
            // A blank line takes the new decoder past the place where a byte order mark is
            // dropped. The LF of a CRLF that is still to come is one more blank line to it.
            let mut blank: &[u8] = b"\n";
            let _no_event = fresh.next(&mut blank);
            self.inner = fresh;
        }
    }
}
