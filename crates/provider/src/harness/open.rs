//! Detection of a reply's form from its beginning.

use std::{collections::VecDeque, num::NonZeroUsize};

use geppetto_engine::EngineError;
use geppetto_transport::{Body, JsonLines, Response, SseStream};
use http::{HeaderMap, HeaderValue, header::CONTENT_TYPE};

use super::{Call, classify::text_for_a_reply, source::Source, stop::Stop};
use crate::Frames;

/// Maximum size of a body that is read as one reply, in bytes; sufficient for generated speech and
/// images.
const MAX_BODY: usize = 64 * 1024 * 1024;

/// UTF-8 byte order mark, sent by some servers on Windows.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Form of a reply.
pub(super) enum Reply {
    /// One body: JSON, or a page of a proxy.
    Whole(BodyText),
    /// A stream of frames.
    Stream(Box<Source>),
}

/// Detects the form of a reply from its first bytes, because neither the request nor the content
/// type is reliable.
///
/// Chunk boundaries of the network do not matter.
///
/// # Errors
///
/// If the reply broke off or the run was stopped before the form was detected, or if it is neither
/// a stream nor JSON nor a page.
pub(super) async fn open(
    mut response: Response,
    call: &Call<'_>,
    stop: &mut Stop<'_>,
) -> Result<Reply, EngineError> {
    let first = stop.race(response.body_mut().first_visible()).await??;
    // No field of an event starts like this.
    match first {
        Some(b'{') => return objects(response, call, stop).await,
        // Google reports errors in a list.
        Some(b'<' | b'[' | b'"') => {
            return Ok(Reply::Whole(text(response.into_body(), stop).await?));
        }
        _ => {}
    }
    if first.is_some() && !is_event_stream(response.headers()) {
        let body = response.body_mut();
        let begin = stop.race(body.look_until(LONGEST_FIELD + 1, has_field_end));
        if !begins_events(begin.await??) {
            let text = stop.race(response.error_body()).await?;
            return Err(text_for_a_reply(&text, response.redactor()));
        }
    }
    let events = SseStream::new(response.into_body());
    Ok(Reply::Stream(Box::new(Source::Events(events))))
}

/// Distinguishes a single object, which is a complete body, from the first of several. If lines
/// were requested, the first one does not wait for the second.
async fn objects(
    response: Response,
    call: &Call<'_>,
    stop: &mut Stop<'_>,
) -> Result<Reply, EngineError> {
    let limit = NonZeroUsize::new(MAX_BODY).unwrap_or(NonZeroUsize::MAX);
    let mut lines = JsonLines::new(response.into_body()).with_max_line_bytes(limit);
    let mut ahead = VecDeque::new();
    if !call.is_stream || call.frames != Frames::JsonLines {
        let first = stop.race(lines.next()).await??;
        let first = first.map_or_else(String::new, |line| line.text.to_owned());
        let mut second = None;
        while let Some(line) = stop.race(lines.next()).await?? {
            if !is_end_marker(line.text) {
                second = Some((!line.is_cut).then(|| line.text.to_owned()));
                break;
            }
        }
        let Some(second) = second else {
            return Ok(Reply::Whole(BodyText {
                text: first,
                replaced: lines.invalid_utf8(),
            }));
        };
        ahead.extend([Some(first), second].into_iter().flatten());
    }
    Ok(Reply::Stream(Box::new(Source::lines(lines, ahead))))
}

/// Returns `true` if a line is the end marker of a stream, which a gateway appends to a body:
/// <https://github.com/decolua/9router/issues/3492>.
fn is_end_marker(line: &str) -> bool {
    let data = line.trim().strip_prefix("data:");
    data.is_some_and(|data| data.trim() == "[DONE]")
}

fn is_event_stream(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    kind.is_some_and(|kind| kind.starts_with(b"text/event-stream"))
}

/// Fields of an event. `error` is not in the specification, but servers send it.
const FIELDS: [&[u8]; 5] = [b"data", b"event", b"id", b"retry", b"error"];

/// Length of the longest name in [`FIELDS`], in bytes.
const LONGEST_FIELD: usize = 5;

/// Returns `true` if the first line of `text` is a comment or a field of an event. The name of the
/// field and the character after it are sufficient.
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
pub(super) struct BodyText {
    /// The text, with invalid UTF-8 replaced by U+FFFD.
    pub(super) text: String,
    /// Number of replacements.
    pub(super) replaced: u64,
}

/// Reads one body as text.
///
/// # Errors
///
/// If the body broke off or is too large, or the run was stopped.
pub(super) async fn text(body: Body, stop: &mut Stop<'_>) -> Result<BodyText, EngineError> {
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
