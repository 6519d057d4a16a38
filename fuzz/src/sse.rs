//! Server-sent events.
//!
//! - The events are those of the specification's algorithm, transcribed here, with the two
//!   additions that [`SseStream`] documents.
//! - They equal those of `eventsource-stream`, where it follows the specification.
//! - They do not depend on how the bytes are split, even with a limit on their size.

use std::{convert::Infallible, num::NonZeroUsize};

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use geppetto_transport::{Body, SseStream, TransportErrorKind};
use serde_json::Value;

use crate::{chunks, replay::block_on};

/// Type, data and last id of an event; an empty id means none.
type Event = (String, String, String);

/// The outcome of a stream: its events, and how it ended.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<Event>,
    end: Result<bool, TransportErrorKind>,
}

/// A limit that the inputs of a fuzzer reach.
const LIMIT: NonZeroUsize = NonZeroUsize::new(32).unwrap();

/// Checks one input.
pub fn check(data: &[u8]) {
    for limit in [None, Some(LIMIT)] {
        let whole = read(chunks::whole(data), limit);
        assert_eq!(whole, read(chunks::small(data), limit), "limit {limit:?}");
        assert_eq!(whole, read(chunks::bytes(data), limit), "limit {limit:?}");
        if limit.is_none() {
            assert_eq!(whole.events, by_the_letter(data));
        }
    }
    if let Ok(text) = std::str::from_utf8(data)
        && is_plain(text)
    {
        // The parser waits for the character after a CR; a comment at the end shows it that no LF
        // follows. The blank line ends the last event for both.
        let bytes = format!("{text}\n\n:\n").into_bytes();
        let events = read(chunks::small(&bytes), None).events;
        assert_eq!(events, theirs(chunks::small(&bytes)));
    }
}

fn read(chunks: Vec<Bytes>, limit: Option<NonZeroUsize>) -> Seen {
    block_on(async {
        let mut stream = SseStream::new(Body::from_chunks(chunks));
        if let Some(limit) = limit {
            stream = stream.with_max_event_bytes(limit);
        }
        let mut events = Vec::new();
        let end = loop {
            match stream.next().await {
                Ok(Some(event)) => {
                    let id = event.id.unwrap_or_default();
                    events.push((event.event.to_owned(), event.data.to_owned(), id.to_owned()));
                }
                Ok(None) => break Ok(stream.ended_mid_event()),
                Err(error) => break Err(error.kind()),
            }
        };
        Seen { events, end }
    })
}

/// Returns `true` if `eventsource-stream` follows the specification for this text. It handles a
/// byte order mark, a field without a colon, and NUL differently, and does not know lines
/// `error: ..`.
fn is_plain(text: &str) -> bool {
    let has_error = text.lines().any(|line| line.starts_with("error:"));
    !has_error && !text.contains(['\u{feff}', '\0', '\r'])
}

fn theirs(chunks: Vec<Bytes>) -> Vec<Event> {
    let source = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let events = source.eventsource().map(|event| {
        let event = event.expect("text is valid and the source cannot fail");
        (event.event, event.data, event.id)
    });
    block_on(events.collect())
}

/// The algorithm of the specification, on the whole text at once, with two additions for servers
/// that break its rules: a line `error: ..` between two events is an event, and so is a last event
/// that lacks only its blank line.
fn by_the_letter(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let mut reader = Reader::default();
    let (lines, cut) = text.rsplit_once('\n').unwrap_or(("", &text));
    if text.contains('\n') {
        for line in lines.split('\n') {
            reader.line(line);
        }
    }
    reader.end(cut)
}

/// The state of the algorithm.
#[derive(Default)]
struct Reader {
    events: Vec<Event>,
    kind: String,
    data: String,
    id: String,
    /// Whether there was a field since the last blank line.
    has_field: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        if line.is_empty() {
            if self.data.pop().is_some() {
                let name = if self.kind.is_empty() {
                    "message"
                } else {
                    &self.kind
                };
                self.events
                    .push((name.to_owned(), self.data.clone(), self.id.clone()));
            }
            self.kind.clear();
            self.data.clear();
            self.has_field = false;
            return;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field == "error" && line.contains(':') && !self.has_field {
            self.error(value);
            return;
        }
        self.has_field |= !line.starts_with(':');
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => self.kind = value.to_owned(),
            "data" => self.data.extend([value, "\n"]),
            "id" if !value.contains('\0') => self.id = value.to_owned(),
            _ => {}
        }
    }

    fn error(&mut self, value: &str) {
        let error = ("error".to_owned(), value.trim().to_owned(), self.id.clone());
        self.events.push(error);
    }

    /// Ends the text with an unterminated line.
    fn end(mut self, cut: &str) -> Vec<Event> {
        if !self.has_field
            && let Some(value) = cut.strip_prefix("error:")
        {
            if is_whole(value) {
                self.error(value);
            }
            return self.events;
        }
        if !cut.is_empty() {
            self.line(cut);
        }
        if is_whole(&self.data) {
            self.line("");
        }
        self.events
    }
}

/// Returns `true` if each line of `data` is a JSON object, a list or the end mark, or if all of
/// `data` is one.
fn is_whole(data: &str) -> bool {
    let is_value = |text: &str| {
        let value = serde_json::from_str::<Value>(text);
        text.trim() == "[DONE]" || value.is_ok_and(|value| value.is_object() || value.is_array())
    };
    let mut lines = data
        .lines()
        .filter(|line| !line.trim().is_empty())
        .peekable();
    is_value(data) || (lines.peek().is_some() && lines.all(is_value))
}
