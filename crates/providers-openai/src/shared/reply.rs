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

/// Tells from its first bytes what a reply is: what was asked for and the content type may lie.
///
/// What the network cut the reply into does not matter.
///
/// # Errors
///
/// The reply broke, or the run was stopped, before it could be told, or it is neither a stream nor
/// JSON nor a page.
pub(crate) async fn open(
    mut response: Response,
    stop: &mut Stop<'_>,
) -> Result<Reply, EngineError> {
    let first = stop.race(response.body_mut().first_visible()).await??;
    // No field of an event begins like this. A list is how Google reports errors.
    if matches!(first, Some(b'{' | b'<' | b'[' | b'"')) {
        return Ok(Reply::Whole(response.into_body()));
    }
    if first.is_some() && !is_event_stream(response.headers()) {
        let body = response.body_mut();
        let begin = stop.race(body.look_until(LONGEST_FIELD + 1, has_field_end));
        if !begins_events(begin.await??) {
            let text = stop.race(response.error_body()).await?;
            return Err(text_for_a_reply(&text, response.redactor()));
        }
    }
    Ok(Reply::Stream(Box::new(SseStream::new(
        response.into_body(),
    ))))
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

/// The fields of an event. `error` is no field of the specification, but servers send it.
const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b"error"];

/// The length of the longest name in [`FIELDS`], in bytes.
const LONGEST_FIELD: usize = 5;

/// Returns `true` if the first line of `text` is a comment or a field of an event. It is enough to
/// see the name of the field and what follows it.
fn begins_events(text: &[u8]) -> bool {
    let name = text.split(is_field_end).next().unwrap_or_default();
    FIELDS.contains(&name) || text.starts_with(b":")
}

fn has_field_end(text: &[u8]) -> bool {
    text.iter().any(is_field_end)
}

fn is_field_end(byte: &u8) -> bool {
    matches!(byte, b':' | b'\n' | b'\r')
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
