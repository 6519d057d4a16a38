//! The decoder of `sse-core`, with borrowed events, a watch on its memory and a verdict at the
//! end.

use std::num::NonZeroUsize;

use bytes::{Buf as _, Bytes};
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
    rest: Rest,
}

impl Decoder {
    pub(super) fn new(limit: NonZeroUsize) -> Self {
        Self {
            inner: SseDecoder::with_limit(limit),
            limit,
            current: None,
            rest: Rest::of_stream(),
        }
    }

    /// Consumes bytes up to the end of the next event; whether there was one. The error is the
    /// limit that the event passed.
    pub(super) fn advance(&mut self, chunk: &mut Bytes) -> Result<bool, NonZeroUsize> {
        self.drop_current();
        loop {
            let mut left: &[u8] = chunk;
            let decoded = self.inner.next(&mut left);
            let used = chunk.len() - left.len();
            if !matches!(decoded, Some(Ok(Decoded::Message(_)))) {
                self.rest.read(chunk.get(..used).unwrap_or_default());
            }
            chunk.advance(used);
            match decoded {
                Some(Ok(Decoded::Message(message))) => {
                    self.current = Some(message);
                    self.rest = Rest::default();
                    return Ok(true);
                }
                Some(Ok(Decoded::Retry(_))) => {}
                Some(Err(PayloadTooLargeError)) => return Err(self.limit),
                None => return Ok(false),
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
