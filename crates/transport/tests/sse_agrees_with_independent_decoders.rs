//! The SSE decoder compared with `eventsource-stream` and with the algorithm of the specification.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::convert::Infallible;

use eventsource_stream::Eventsource as _;
use futures_util::StreamExt as _;
use geppetto_transport::{Body, SseStream};
use proptest::{collection::vec, prelude::*};

/// Type, data and last id of an event; an empty id means none, as in the specification.
type Event = (String, String, String);

fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap()
        .block_on(future)
}

fn ours(chunks: Vec<Vec<u8>>) -> (Vec<Event>, bool) {
    block_on(async {
        let mut stream = SseStream::new(Body::from_chunks(chunks));
        let mut events = Vec::new();
        while let Some(event) = stream.next().await.unwrap() {
            let id = event.id.unwrap_or_default();
            events.push((event.event.to_owned(), event.data.to_owned(), id.to_owned()));
        }
        (events, stream.ended_mid_event())
    })
}

fn theirs(chunks: Vec<Vec<u8>>) -> Vec<Event> {
    let source = futures_util::stream::iter(chunks.into_iter().map(Ok::<_, Infallible>));
    let events = source.eventsource().map(|event| {
        let event = event.unwrap();
        (event.event, event.data, event.id)
    });
    block_on(events.collect())
}

/// The algorithm of the specification, on the whole text at once.
fn by_the_letter(bytes: &[u8]) -> Vec<Event> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    // Text after the last line ending is not a line.
    let (lines, _cut) = text.rsplit_once('\n').unwrap_or(("", ""));
    let mut events = Vec::new();
    let (mut event_type, mut data, mut id) = (String::new(), String::new(), String::new());
    for line in lines.split('\n') {
        if line.is_empty() {
            if data.pop().is_some() {
                let name = if event_type.is_empty() {
                    "message"
                } else {
                    &event_type
                };
                events.push((name.to_owned(), data.clone(), id.clone()));
            }
            event_type.clear();
            data.clear();
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => event_type = value.to_owned(),
            "data" => data.extend([value, "\n"]),
            "id" if !value.contains('\0') => id = value.to_owned(),
            _ => {}
        }
    }
    events
}

/// Splits `bytes` at the given positions, modulo its length.
fn cut(bytes: &[u8], places: &[usize]) -> Vec<Vec<u8>> {
    let mut places: Vec<usize> = places
        .iter()
        .map(|place| place % (bytes.len() + 1))
        .collect();
    places.extend([0, bytes.len()]);
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| bytes[pair[0]..pair[1]].to_vec())
        .collect()
}

fn line() -> impl Strategy<Value = String> {
    let value = "[ -~äß日🦀:]{0,12}";
    prop_oneof![
        5 => value.prop_map(|value| format!("data: {value}")),
        2 => value.prop_map(|value| format!("data:{value}")),
        1 => Just("data".to_owned()),
        3 => "[a-z_.]{0,8}".prop_map(|value| format!("event: {value}")),
        1 => Just("event".to_owned()),
        2 => "[0-9a-f\u{0}]{0,4}".prop_map(|value| format!("id: {value}")),
        1 => Just("id".to_owned()),
        1 => "[0-9x]{0,12}".prop_map(|value| format!("retry: {value}")),
        2 => value.prop_map(|value| format!(":{value}")),
        // A line `error:` has a special meaning only here.
        1 => "[a-df-z ]{1,6}(: ?[a-z]{0,4})?",
        6 => Just(String::new()),
    ]
}

fn stream() -> impl Strategy<Value = String> {
    let end = prop_oneof![3 => Just("\n"), 1 => Just("\r"), 2 => Just("\r\n")];
    vec((line(), end), 0..40).prop_map(|lines| {
        lines
            .into_iter()
            .flat_map(|(line, end)| [line, end.to_owned()])
            .collect()
    })
}

/// Bytes that mostly have a meaning, complete and broken.
fn soup() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        4 => prop::sample::select(vec![
            "data", "event", "id", "retry", ":", " ", "\n", "\r", "\r\n", "\n\n", "\u{feff}", "x",
            "data: ", "日", "\0",
        ])
        .prop_map(|text: &str| text.as_bytes().to_vec()),
        1 => prop::sample::select(vec![
            &b"\xef"[..], b"\xbb", b"\xbf", b"\xff", b"\xe6\x97", b"\xf0\x9f\xa6",
        ])
        .prop_map(<[u8]>::to_vec),
    ];
    vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_same_events_as_eventsource_stream(text in stream(), places in vec(any::<usize>(), 0..20)) {
        // The parser waits for the byte after a CR; a comment at the end shows it that no LF
        // follows.
        let bytes = format!("{text}:\n").into_bytes();
        let (events, _) = ours(cut(&bytes, &places));
        prop_assert_eq!(events, theirs(cut(&bytes, &places)));
    }

    #[test]
    fn the_same_events_as_the_specification(bytes in soup(), places in vec(any::<usize>(), 0..30)) {
        let (events, _) = ours(cut(&bytes, &places));
        prop_assert_eq!(events, by_the_letter(&bytes));
    }

    #[test]
    fn an_end_is_mid_event_unless_a_blank_line_would_change_nothing(text in stream(), keep in any::<usize>()) {
        let bytes = text.as_bytes();
        let bytes = &bytes[..keep % (bytes.len() + 1)];
        let (events, mid_event) = ours(vec![bytes.to_vec()]);
        let completed = [bytes, b"\n\n"].concat();
        let more = ours(vec![completed]).0.len() > events.len();
        prop_assert!(mid_event || !more);
    }
}
