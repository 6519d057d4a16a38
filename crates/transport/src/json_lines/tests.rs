use std::{
    collections::VecDeque,
    task::{Context, Poll},
};

use proptest::prelude::*;

use super::*;
use crate::BodySource;

fn lines<B: Into<Bytes>>(chunks: impl IntoIterator<Item = B>, limit: usize) -> JsonLines {
    let limit = NonZeroUsize::new(limit).unwrap();
    JsonLines::new(Body::from_chunks(chunks)).with_max_line_bytes(limit)
}

/// Returns the next value.
async fn next(lines: &mut JsonLines) -> Option<String> {
    let line = lines.next().await.unwrap();
    line.map(|line| line.text.to_owned())
}

/// Returns all values of a body, and whether it ended inside a value.
async fn read(chunks: Vec<Vec<u8>>) -> (Vec<String>, bool) {
    let mut lines = lines(chunks, 1_000);
    let mut values = Vec::new();
    let mut cut = false;
    while let Some(line) = lines.next().await.unwrap() {
        assert!(!cut);
        values.push(line.text.to_owned());
        cut = line.is_cut;
    }
    assert_eq!(lines.next().await.unwrap(), None);
    (values, cut)
}

/// Bodies, their values, and whether they end inside a value.
const BODIES: &[(&str, &[&str], bool)] = &[
    ("", &[], false),
    (" \r\n\n", &[], false),
    ("{}\n{\"a\":1}\n", &["{}", "{\"a\":1}"], false),
    ("{}\r\n{}\r\n", &["{}", "{}"], false),
    ("{}\n\n \n{}", &["{}", "{}"], false),
    ("{}{} {}", &["{}", "{}", "{}"], false),
    ("{\n  \"a\": {}\n}\n{}", &["{\n  \"a\": {}\n}", "{}"], false),
    (
        "{\"a\":\"}\\\"{\\\\\"}\n{\"ä\":\"€😀\"}",
        &["{\"a\":\"}\\\"{\\\\\"}", "{\"ä\":\"€😀\"}"],
        false,
    ),
    ("[DONE]\r\n", &["[DONE]"], false),
    ("{}\n[DONE]", &["{}", "[DONE]"], false),
    ("null\n7\n", &["null", "7"], false),
    ("{}\n{\"a\": \"b", &["{}", "{\"a\": \"b"], true),
    ("{\"a\": {}", &["{\"a\": {}"], true),
];

#[tokio::test]
async fn values_are_the_same_wherever_a_body_is_cut() {
    for (body, values, mid_value) in BODIES {
        let bytes = body.as_bytes();
        let expected: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
        let expected = (expected, *mid_value);
        for first in 0..=bytes.len() {
            for second in first..=bytes.len() {
                let cuts = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                let chunks = cuts.iter().map(|chunk| chunk.to_vec()).collect();
                assert_eq!(read(chunks).await, expected, "{body:?} {first} {second}");
            }
        }
    }
}

proptest! {
    #[test]
    fn any_objects_are_found_again(
        texts in prop::collection::vec(".{0,8}", 0..6),
        end in prop::sample::select(vec!["", " ", "\n", "\r\n", "\n\n"]),
        cut in 1_usize..9,
    ) {
        let objects: Vec<String> = texts
            .iter()
            .map(|text| serde_json::json!({"text": text, "more": [{}, text]}).to_string())
            .collect();
        let body: String = objects.iter().map(|object| format!("{object}{end}")).collect();
        let chunks = body.as_bytes().chunks(cut).map(<[u8]>::to_vec).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        prop_assert_eq!(runtime.block_on(read(chunks)), (objects, false));
    }
}

#[tokio::test]
async fn a_line_is_bounded() {
    for body in [
        "{\"a\": \"123456789\"}",
        "1234567890123",
        "{\n\n\n\n\n\n\n\n\n\n\n}",
    ] {
        for size in [1, 5, 100] {
            let chunks: Vec<Vec<u8>> = body.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
            let mut lines = lines(chunks, 12);
            let error = lines.next().await.unwrap_err();
            assert_eq!(error.kind(), TransportErrorKind::TooLarge);
            assert!(matches!(lines.next().await, Ok(None)));
        }
    }
    let mut lines = lines(["{\"a\": \"12345\"}\n"], 14);
    assert_eq!(next(&mut lines).await.unwrap(), "{\"a\": \"12345\"}");
}

#[tokio::test]
async fn what_is_no_utf8_is_replaced_and_counted() {
    let chunks = [b"{\"a\":\"\xff\xc3".to_vec(), b"\xa4\"}\n\xfe".to_vec()];
    let mut lines = lines(chunks, 100);
    assert_eq!(next(&mut lines).await.unwrap(), "{\"a\":\"\u{fffd}ä\"}");
    assert_eq!(lines.invalid_utf8(), 1);
    assert_eq!(next(&mut lines).await.unwrap(), "\u{fffd}");
    assert_eq!(lines.invalid_utf8(), 2);
}

#[tokio::test]
async fn what_has_arrived_needs_no_waiting() {
    let mut lines = lines(["{}{\"a\":1}\n{", "}"], 100);
    assert_eq!(lines.next_received().unwrap(), None);
    assert_eq!(next(&mut lines).await.unwrap(), "{}");
    let received = lines.next_received().unwrap();
    assert_eq!(received.map(|line| line.text), Some("{\"a\":1}"));
    assert_eq!(lines.next_received().unwrap(), None);
    assert_eq!(next(&mut lines).await.unwrap(), "{}");
}

/// Returns chunks, then fails.
struct Breaks(VecDeque<Bytes>);

impl BodySource for Breaks {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        let broken = || TransportError::new(TransportErrorKind::Disconnected, "reset");
        Poll::Ready(Some(self.0.pop_front().ok_or_else(broken)))
    }
}

#[tokio::test]
async fn a_connection_that_breaks_gives_what_was_whole() {
    let body = Body::new(Breaks(
        [Bytes::from("{}\n{\"a\":1}"), Bytes::from("{\"b")].into(),
    ));
    let mut lines = JsonLines::new(body);
    assert_eq!(next(&mut lines).await.unwrap(), "{}");
    assert_eq!(next(&mut lines).await.unwrap(), "{\"a\":1}");
    let error = lines.next().await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Disconnected);
    assert!(matches!(lines.next().await, Ok(None)));
}

#[tokio::test]
async fn a_backslash_outside_of_a_string_escapes_nothing() {
    let (values, cut) = read(vec![b"{\\}\n{\"a\":1}\n".to_vec()]).await;
    assert_eq!(
        (values, cut),
        (vec!["{\\}".to_owned(), "{\"a\":1}".to_owned()], false)
    );
}
