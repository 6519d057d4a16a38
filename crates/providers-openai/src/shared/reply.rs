//! The beginning and the end of a reply: what it is, and the release of its connection.

use std::time::Duration;

use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{Body, Response, SseStream};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};
use tokio::time::timeout;

use super::{error::text_for_a_reply, stop::Stop};

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
/// The reply broke, or the run was stopped, before its first byte was there, or it is neither a
/// stream nor JSON nor a page.
pub(crate) async fn open(
    mut response: Response,
    stop: &mut Stop<'_>,
) -> Result<Reply, EngineError> {
    let first = stop.race(response.body_mut().first_visible()).await??;
    // No field of an event begins like this. A list is how Google reports errors.
    if matches!(first, Some(b'{' | b'<' | b'[' | b'"')) {
        return Ok(Reply::Whole(response.into_body()));
    }
    let is_named_stream = is_event_stream(response.headers());
    let begin = response.body().looked_at();
    if !is_named_stream && !begin.is_empty() && !begins_events(begin) {
        return Err(text_for_a_reply(begin, response.redactor()));
    }
    Ok(Reply::Stream(Box::new(SseStream::new(
        response.into_body(),
    ))))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

/// Whether text can be the beginning of a stream of events: its first line is a comment or a field
/// of an event, as far as it is there.
fn begins_events(text: &[u8]) -> bool {
    const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b"error"];
    let end = text
        .iter()
        .position(|byte| matches!(byte, b':' | b'\n' | b'\r'));
    let name = text.get(..end.unwrap_or(text.len())).unwrap_or_default();
    match end {
        Some(_) => name.is_empty() || FIELDS.contains(&name),
        None => FIELDS.iter().any(|field| field.starts_with(name)),
    }
}

/// A body as text.
#[derive(Debug)]
pub(crate) struct BodyText {
    /// The text. What is no UTF-8 is replaced by U+FFFD.
    pub(crate) text: String,
    /// Number of replacements.
    pub(crate) replaced: u64,
}

/// Reads one body as text.
///
/// # Errors
///
/// The body broke or is too large, or the run was stopped.
pub(crate) async fn text(body: Body, stop: &mut Stop<'_>) -> Result<BodyText, EngineError> {
    let bytes = stop.race(body.read_to_end(MAX_BODY)).await??;
    let text = bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(&bytes);
    let broken = text
        .utf8_chunks()
        .filter(|chunk| !chunk.invalid().is_empty());
    Ok(BodyText {
        replaced: broken.count() as u64,
        text: String::from_utf8_lossy(text).into_owned(),
    })
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
