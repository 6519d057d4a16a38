//! The beginning and the end of a reply: what it is, and the release of its connection.

use std::{
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{Body, BodySource, Response, SseStream, TransportError};
use tokio::time::timeout;

use super::stop::Stop;

/// The largest body that is read as one reply, in bytes: room for generated speech and images.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What some servers on Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How much white space may stand before a body, in bytes; what has more is read as a stream.
const MAX_BLANK: usize = 64 * 1024;

/// How long the end of a body may take to come after the event that ends the stream.
const RELEASE: Duration = Duration::from_millis(10);

/// The data of the event that ends a stream, on the wire where it always does and behind gateways
/// that add it to the other one.
pub(crate) const DONE: &str = "[DONE]";

/// What a reply turned out to be.
pub(crate) enum Reply {
    /// One body: JSON, or a page of a proxy.
    Whole(Body),
    /// A stream of events.
    Stream(Box<SseStream>),
}

/// Tells from its first byte what a reply is: what was asked for and the content type may lie.
///
/// # Errors
///
/// The reply broke, or the run was stopped, before its first byte was there.
pub(crate) async fn open(
    mut response: Response,
    stop: &mut Stop<'_>,
) -> Result<Reply, EngineError> {
    let mut head = BytesMut::new();
    while first_visible(&head).is_none() && head.len() < MAX_BLANK {
        match stop.race(response.body_mut().chunk()).await?? {
            Some(chunk) => head.extend_from_slice(&chunk),
            None => break,
        }
    }
    let is_whole = matches!(first_visible(&head), Some(b'{' | b'<'));
    let body = Body::new(Rejoined {
        head: Some(head.freeze()),
        rest: response.into_body(),
    });
    Ok(match is_whole {
        true => Reply::Whole(body),
        false => Reply::Stream(Box::new(SseStream::new(body))),
    })
}

/// The first byte that is neither white space nor of a byte order mark, which may have come in
/// part only.
fn first_visible(head: &[u8]) -> Option<u8> {
    if BYTE_ORDER_MARK.starts_with(head) {
        return None;
    }
    let text = head.strip_prefix(BYTE_ORDER_MARK).unwrap_or(head);
    text.trim_ascii_start().first().copied()
}

/// Reads one body as text.
///
/// # Errors
///
/// The body broke or is too large, or the run was stopped.
pub(crate) async fn text(body: Body, stop: &mut Stop<'_>) -> Result<String, EngineError> {
    let bytes = stop.race(body.read_to_end(MAX_BODY)).await??;
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// Reads the end of the body, which comes with the last event or right behind it, so that its
/// connection can be used again.
pub(crate) async fn release(events: &mut SseStream) {
    // A server that keeps the connection open instead only loses it.
    let _ = timeout(RELEASE, events.next()).await;
}

/// The error of a reply that ended before the server said that it was complete.
pub(crate) fn truncated() -> EngineError {
    EngineError::new(
        ErrorKind::Truncated,
        "the reply ended before the server said that it was complete",
    )
}

/// A body whose beginning was looked at.
struct Rejoined {
    head: Option<Bytes>,
    rest: Body,
}

impl BodySource for Rejoined {
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match self.head.take() {
            Some(head) => Poll::Ready(Some(Ok(head))),
            None => Poll::Ready(ready!(self.rest.poll_chunk(cx)).transpose()),
        }
    }
}
