//! Server-sent events.
//!
//! - The events are those of the specification's algorithm, written down here word for word.
//! - They are those of `eventsource-stream`, where it follows the specification.
//! - They are the same however the bytes are cut, a limit on their size included.

use std::{convert::Infallible, num::NonZeroUsize};

use bytes::Bytes;
use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use geppetto_transport::{Body, SseStream, TransportErrorKind};

use crate::{chunks, replay::block_on};

/// Type, data and last id of an event; no id is an empty one.
type Event = (String, String, String);

/// What a stream came to: its events, and how it ended.
#[derive(Debug, PartialEq)]
struct Seen {
    events: Vec<Event>,
    end: Result<bool, TransportErrorKind>,
}

/// A limit that inputs of a fuzzer reach.
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
        // It waits for what follows a CR; a comment at the end lets it see that nothing does.
        let bytes = format!("{text}\n:\n").into_bytes();
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

/// Whether `eventsource-stream` follows the specification here: it takes a byte order mark, a
/// field without a colon and NUL in another way.
fn is_plain(text: &str) -> bool {
    !text.contains(['\u{feff}', '\0']) && !text.contains('\r')
}

fn theirs(chunks: Vec<Bytes>) -> Vec<Event> {
    let source = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let events = source.eventsource().map(|event| {
        let event = event.expect("text is valid and the source cannot fail");
        (event.event, event.data, event.id)
    });
    block_on(events.collect())
}

/// The algorithm of the specification, on the whole text at once.
fn by_the_letter(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // What follows the last line end is not a line.
    let (lines, _cut) = text.rsplit_once('\n').unwrap_or(("", ""));
    let mut events = Vec::new();
    let (mut kind, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in lines.split('\n') {
        if line.is_empty() {
            if data.pop().is_some() {
                let name = if kind.is_empty() { "message" } else { &kind };
                events.push((name.to_owned(), data.clone(), id.clone()));
            }
            kind.clear();
            data.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => kind = value.to_owned(),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}
