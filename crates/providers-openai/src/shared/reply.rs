//! The beginning and the end of a reply: what it is, and the release of its connection.

use std::time::Duration;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{Body, Response, SseStream};
use tokio::time::timeout;

use super::stop::Stop;

/// The largest body that is read as one reply, in bytes: room for generated speech and images.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// What some servers on Windows put before UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

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
    let first = stop.race(response.body_mut().first_visible()).await??;
    let body = response.into_body();
    Ok(match first {
        // No field of an event begins like this. A list is how Google reports errors.
        Some(b'{' | b'<' | b'[' | b'"') => Reply::Whole(body),
        _ => Reply::Stream(Box::new(SseStream::new(body))),
    })
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
