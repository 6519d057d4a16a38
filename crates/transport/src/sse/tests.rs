use std::{
    num::NonZeroUsize,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use super::{DEFAULT_MAX_EVENT_BYTES, SseEnd, SseStream};
use crate::{Body, BodySource, TransportError, TransportErrorKind};

type Owned = (String, String, Option<String>);

fn limit(bytes: usize) -> NonZeroUsize {
    NonZeroUsize::new(bytes).unwrap()
}

async fn events(stream: &mut SseStream) -> Vec<Owned> {
    let mut all = Vec::new();
    while let Some(event) = stream.next().await.unwrap() {
        all.push((
            event.event.to_owned(),
            event.data.to_owned(),
            event.id.map(str::to_owned),
        ));
    }
    all
}

/// Decodes `text` whole and byte by byte; both must give `expected`.
async fn check(text: impl AsRef<[u8]>, expected: &[(&str, &str)], mid_event: bool) {
    let bytes = text.as_ref().to_vec();
    let whole = Body::from_chunks([bytes.clone()]);
    let single = Body::from_chunks(bytes.iter().map(|byte| vec![*byte]));
    for body in [whole, single] {
        let mut stream = SseStream::new(body);
        let decoded = events(&mut stream).await;
        let decoded: Vec<(&str, &str)> = decoded
            .iter()
            .map(|(event, data, _)| (event.as_str(), data.as_str()))
            .collect();
        let text = String::from_utf8_lossy(&bytes);
        assert_eq!(decoded, expected, "{text:?}");
        assert_eq!(stream.end(), Some(SseEnd { mid_event }), "{text:?}");
        assert_eq!(stream.bytes_received(), bytes.len() as u64);
    }
}

#[tokio::test]
async fn lines_end_with_lf_cr_or_crlf() {
    for end in ["\n", "\r", "\r\n"] {
        let text = format!("event: a{end}data: 1{end}{end}data: 2{end}data: 3{end}{end}");
        check(text, &[("a", "1"), ("message", "2\n3")], false).await;
    }
}

#[tokio::test]
async fn the_examples_of_the_specification_decode_as_it_says() {
    check(
        "data: YHOO\ndata: +2\ndata: 10\n\n",
        &[("message", "YHOO\n+2\n10")],
        false,
    )
    .await;
    check(
        ": test stream\n\ndata: first event\nid: 1\n\ndata:second event\nid\n\ndata:  third event\n",
        &[("message", "first event"), ("message", "second event")],
        true,
    )
    .await;
    check(
        "data\n\ndata\ndata\n\ndata:",
        &[("message", ""), ("message", "\n")],
        true,
    )
    .await;
    check(
        "data:test\n\ndata: test\n\n",
        &[("message", "test"), ("message", "test")],
        false,
    )
    .await;
}

#[tokio::test]
async fn a_leading_byte_order_mark_is_dropped_and_a_later_one_is_not() {
    check("\u{feff}data: 1\n\n", &[("message", "1")], false).await;
    check("data: \u{feff}1\n\n", &[("message", "\u{feff}1")], false).await;
    check("\n\u{feff}data: 1\n\n", &[], false).await;
}

#[tokio::test]
async fn characters_may_be_cut_anywhere_and_broken_ones_are_replaced() {
    check("data: 日本語 🦀\n\n", &[("message", "日本語 🦀")], false).await;
    check(
        b"data: a\xffb\xe6\x97\n\n",
        &[("message", "a\u{fffd}b\u{fffd}")],
        false,
    )
    .await;
}

#[tokio::test]
async fn comments_unknown_fields_and_retry_make_no_event() {
    check(": ping\n\n:\n\nretry: 10\n\nfoo: bar\n\n", &[], false).await;
    check("event: ping\n\ndata: 1\n\n", &[("message", "1")], false).await;
}

#[tokio::test]
async fn an_end_inside_an_event_is_told_from_one_between_events() {
    check("", &[], false).await;
    check("data: 1\n\n", &[("message", "1")], false).await;
    check("data: 1\n\n: bye\n", &[("message", "1")], false).await;
    check("data: 1\r\n\r\n", &[("message", "1")], false).await;
    check("data: 1\n", &[], true).await;
    check("data: 1\r", &[], true).await;
    check("data: 1", &[], true).await;
    check("data\n", &[], true).await;
    check("event: error\n", &[], true).await;
    check("event: message\n", &[], true).await;
    check("id: 5\n", &[], true).await;
    check("id: 5\r\n", &[], true).await;
    check("data:\n: ping\n", &[], true).await;
    check("data: 1\n\nid: 5\n", &[("message", "1")], true).await;
    check("id: 5\n\n", &[], false).await;
    check("id: 5\r\n\r\n", &[], false).await;
    check("retry: 10\n", &[], true).await;
    check(": whole comment\r\n", &[], false).await;
    check(": half a comm", &[], true).await;
    check("\u{feff}: ping\n", &[], false).await;
    check("\u{feff}", &[], false).await;
    check("da", &[], true).await;
}

#[tokio::test]
async fn the_last_id_stays_until_the_next() {
    let text = "id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\nid: x\u{0}y\ndata: d\n\n";
    let mut stream = SseStream::new(Body::from_chunks([text]));
    let ids: Vec<_> = events(&mut stream)
        .await
        .into_iter()
        .map(|event| event.2)
        .collect();
    assert_eq!(
        ids,
        [Some("1".to_owned()), Some("1".to_owned()), None, None]
    );
}

#[tokio::test]
async fn an_event_over_the_limit_ends_the_stream() {
    let exact = Body::from_chunks(["data: 12345678\n\ndata: 123456789\n\ndata: 1\n\n"]);
    let mut stream = SseStream::new(exact).with_max_event_bytes(limit(8));
    assert_eq!(stream.next().await.unwrap().unwrap().data, "12345678");
    let error = stream.next().await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::TooLarge);
    assert_eq!(stream.next().await.unwrap(), None);
    assert_eq!(stream.end(), None);
}

#[tokio::test]
async fn many_lines_of_one_event_count_together() {
    let lines = Body::from_chunks((0..100).map(|_| "data: 1234567\n"));
    let mut stream = SseStream::new(lines).with_max_event_bytes(limit(100));
    assert_eq!(
        stream.next().await.unwrap_err().kind(),
        TransportErrorKind::TooLarge
    );
}

#[tokio::test]
async fn events_go_on_unchanged_after_a_large_one() {
    let large = "x".repeat(300 * 1024);
    for end in ["\n", "\r", "\r\n"] {
        let text = format!(
            "id: 7{end}data: {large}{end}{end}data: a{end}{end}\u{feff}data: no{end}data: b{end}{end}"
        );
        let mut stream = SseStream::new(Body::from_chunks([text]));
        let decoded = events(&mut stream).await;
        let id = Some("7".to_owned());
        let message = |data: &str| ("message".to_owned(), data.to_owned(), id.clone());
        assert_eq!(decoded, [message(&large), message("a"), message("b")]);
        assert!(!stream.ended_mid_event());
    }
}

#[tokio::test]
async fn received_events_are_handed_out_without_waiting() {
    let body = Body::from_chunks(["data: 1\n\ndata: 2\n\ndat", "a: 3\n\n"]);
    let mut stream = SseStream::new(body);
    assert_eq!(stream.next_received().unwrap(), None);
    assert_eq!(stream.next().await.unwrap().unwrap().data, "1");
    assert_eq!(stream.next_received().unwrap().unwrap().data, "2");
    assert_eq!(stream.next_received().unwrap(), None);
    assert_eq!(stream.next().await.unwrap().unwrap().data, "3");
    assert_eq!(stream.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_event_that_lacks_only_its_blank_line_is_handed_out() {
    for end in ["", "\n", "\r", "\r\n"] {
        let last = |data: &str| format!("data: 1\n\nevent: e\ndata: {data}{end}");
        for data in ["{\"a\":1}", "[1]", "[DONE]"] {
            check(last(data), &[("message", "1"), ("e", data)], false).await;
        }
        for data in ["{\"a\":1", "[DONE", "12", "\"a\"", "tru", "{\"a\":1} x", ""] {
            check(last(data), &[("message", "1")], true).await;
        }
    }
    // The text after a complete event may have become part of it.
    check("data: {}\ndata: {", &[], true).await;
    check("data: {}\nid: 5", &[("message", "{}")], false).await;
}

#[tokio::test]
async fn a_connection_that_breaks_after_a_whole_event_is_told_after_it() {
    let transport = crate::memory::MemoryTransport::new([crate::memory::Reply::ok()
        .chunk("data: {\"a\":1}")
        .fail(TransportError::new(
            TransportErrorKind::Disconnected,
            "broke",
        ))]);
    let request = crate::Request::get("http://model.test/");
    let response = crate::HttpTransport::send(&transport, request)
        .await
        .unwrap();
    let mut stream = response.into_sse();
    assert_eq!(stream.next().await.unwrap().unwrap().data, "{\"a\":1}");
    let error = stream.next().await.unwrap_err();
    assert_eq!(error.kind(), TransportErrorKind::Disconnected);
    assert_eq!(stream.next().await.unwrap(), None);
}

#[tokio::test]
async fn an_error_in_a_field_of_its_own_is_an_event() {
    let error = "{\"code\":400}";
    for end in ["\n", "\r", "\r\n"] {
        let line = format!("error: {error}{end}");
        check(format!("{line}{end}"), &[("error", error)], false).await;
        check(
            format!(": ping{end}{end}{line}{end}data: 1{end}{end}"),
            &[("error", error), ("message", "1")],
            false,
        )
        .await;
        check(
            format!("data: 1{end}{end}error:{error}{end}{end}data: 2{end}{end}"),
            &[("message", "1"), ("error", error), ("message", "2")],
            false,
        )
        .await;
        check(
            format!("retry: 5{end}{end}{line}"),
            &[("error", error)],
            false,
        )
        .await;
    }
    check(format!("error: {error}"), &[("error", error)], false).await;
    check("error: {\"code\":4", &[], true).await;
    check("erro", &[], true).await;
    check(
        "errors: 1\n\nevent: error\ndata: 1\n\n",
        &[("error", "1")],
        false,
    )
    .await;
    check("error\n\ndata: 1\n\n", &[("message", "1")], false).await;
    // An event without data is not an event, so the line is between two events.
    for before in [
        "event: x\n\n",
        "id: 1\r\n\r\n",
        "dog\n\n",
        "event: x\n: y\n\n",
    ] {
        check(
            format!("{before}error: {error}\n"),
            &[("error", error)],
            false,
        )
        .await;
    }
    check(
        format!("\u{feff}error: {error}\n"),
        &[("error", error)],
        false,
    )
    .await;
    // Inside an event it is an unknown field.
    check("data: 1\nerror: 2\n\n", &[("message", "1")], false).await;
}

#[tokio::test]
async fn an_error_object_between_events_is_an_event() {
    let line = r#"{"error":{"code":503,"message":"overloaded"}}"#;
    let indented =
        "{\n  \"error\": {\n    \"code\": 499,\n    \"list\": [\n      {}\n    ]\n  }\n}";
    let list = "[{\n  \"error\": {\n    \"code\": 503\n  }\n}\n]";
    for error in [line, indented, list] {
        for end in ["", "\n", "\n\n", "\r\n\r\n"] {
            let text = format!("data: 1\n\n{error}{end}");
            check(text, &[("message", "1"), ("error", error)], false).await;
        }
        let text = format!("{error}\n\ndata: 1\n\n");
        check(text, &[("error", error), ("message", "1")], false).await;
    }
    // Other lines are unknown fields, as the rules say.
    for dropped in [
        "{\"text\":\"error\"}\n\n",
        "{x\r\r",
        "[1]\n\n",
        "{\n  \"a\": 1\n}\n\n",
        "{\"error\":null}\r\n\r\n",
    ] {
        for before in ["", "data: 0\n\n"] {
            let first: &[(&str, &str)] = if before.is_empty() {
                &[]
            } else {
                &[("message", "0")]
            };
            let all = [first, &[("message", "1")]].concat();
            check(format!("{before}{dropped}data: 1\n\n"), &all, false).await;
        }
    }
    let inside = "{x\ndata: 1\n\ndata: 2\n\n";
    check(inside, &[("message", "1"), ("message", "2")], false).await;
    let with_cr = "{x\rdata: 1\r\rdata: 2\r\r";
    check(with_cr, &[("message", "1"), ("message", "2")], false).await;
    check("{\n  \"error\": {", &[], true).await;
}

#[tokio::test]
async fn an_error_line_has_the_limit_of_an_event() {
    let text = "error: 12345678901234567890\n";
    for size in 1..=text.len() {
        let body = Body::from_chunks(text.as_bytes().chunks(size).map(Bytes::copy_from_slice));
        let mut stream = SseStream::new(body).with_max_event_bytes(limit(16));
        let error = stream.next().await.unwrap_err();
        assert_eq!(error.kind(), TransportErrorKind::TooLarge, "by {size}");
    }
}

#[tokio::test]
async fn one_byte_order_mark_is_dropped() {
    let data = [("message", "1")];
    check("\u{feff}data: 1\n\n", &data, false).await;
    check("\u{feff}\u{feff}data: 2\n\ndata: 1\n\n", &data, false).await;
    check("\n\u{feff}data: 2\n\ndata: 1\n\n", &data, false).await;
    check(&b"\xef\xbbdata: 2\n\ndata: 1\n\n"[..], &data, false).await;
    check(&b"\xef\xbb"[..], &[], true).await;
    check("\u{feff}", &[], false).await;
}

/// Memory that reports when it is freed.
struct Buffer(&'static [u8], Arc<AtomicBool>);

impl AsRef<[u8]> for Buffer {
    fn as_ref(&self) -> &[u8] {
        self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        self.1.store(true, Ordering::Relaxed);
    }
}

/// Returns one chunk and then the end.
struct Once(Option<Bytes>);

impl BodySource for Once {
    fn poll_chunk(&mut self, _: &mut Context<'_>) -> Poll<Option<Result<Bytes, TransportError>>> {
        match self.0.take() {
            Some(chunk) => Poll::Ready(Some(Ok(chunk))),
            None => Poll::Pending,
        }
    }
}

#[tokio::test]
async fn a_chunk_is_let_go_before_the_next_one_is_waited_for() {
    for text in [
        &b"data: 1\n\ndata: 2\n\n"[..],
        b"data: 1\n\ndata: 2\n\ndata: be",
    ] {
        let let_go = Arc::default();
        let buffer = Buffer(text, Arc::clone(&let_go));
        let chunk = Bytes::from_owner(buffer);
        let mut stream = SseStream::new(Body::new(Once(Some(chunk))));
        for data in ["1", "2"] {
            assert_eq!(stream.next().await.unwrap().unwrap().data, data);
        }
        assert!(!let_go.load(Ordering::Relaxed));
        let waiting = pin!(stream.next());
        let mut cx = Context::from_waker(Waker::noop());
        assert!(waiting.poll(&mut cx).is_pending());
        assert!(let_go.load(Ordering::Relaxed));
    }
}

#[tokio::test]
async fn invalid_utf8_is_counted_up_to_the_last_event() {
    let text = b"data: a\xff\n\ndata: b\xe2\x28\n\n: \xfe\n\ndata: c\n\n";
    let counts = [1, 2, 3];
    let chunked = |size: usize| Body::from_chunks(text.chunks(size).map(<[u8]>::to_vec));
    for size in 1..=text.len() {
        let mut stream = SseStream::new(chunked(size));
        for count in counts {
            assert!(stream.next().await.unwrap().is_some());
            assert_eq!(stream.invalid_utf8(), count, "chunks of {size} bytes");
        }
        assert!(stream.next().await.unwrap().is_none());
        assert_eq!(stream.invalid_utf8(), 3);
    }
}

#[tokio::test]
async fn an_object_that_is_no_error_ends_no_stream_well() {
    let one = &[("message", "x")];
    for text in ["data: x\n\n{\"a\":1}", "data: x\n\n{\"a\":1}\n"] {
        check(text, one, true).await;
    }
    // Not held back until the end of the stream.
    check("{\n nonsense\n}\n\ndata: x\n\n", one, false).await;
}

#[tokio::test]
async fn a_last_event_of_several_values_needs_no_blank_line() {
    let text = "data: {\"a\":1}\ndata: [DONE]\n";
    check(text, &[("message", "{\"a\":1}\n[DONE]")], false).await;
}

/// However they are cut into chunks.
#[tokio::test]
async fn errors_outside_of_events_may_be_as_long_as_the_limit() {
    for line in ["error: {\"a\":1}", "{\"error\":\"123\"}\n"] {
        let text = format!("{line}\n");
        let longest = line.len();
        for cut in [0, 1, 3, 7, line.len() - 1] {
            let read = async |most: usize| {
                let (first, second) = text.split_at(cut);
                let body = Body::from_chunks([first.to_owned(), second.to_owned()]);
                let mut stream = SseStream::new(body).with_max_event_bytes(limit(most));
                let read = stream.next().await.map(|own| own.is_some());
                read.map_err(|error| error.kind())
            };
            assert_eq!(read(longest).await, Ok(true), "{line:?} {cut}");
            let refused = Err(TransportErrorKind::TooLarge);
            assert_eq!(read(longest - 1).await, refused, "{line:?} {cut}");
        }
    }
}

#[tokio::test]
async fn an_image_in_an_event_is_read_without_settings() {
    let data = "x".repeat(4 << 20);
    let mut stream = SseStream::new(Body::from_chunks([format!("data: {data}\n\n")]));
    let event = stream.next().await.unwrap().unwrap();
    assert_eq!(event.data.len(), data.len());
    assert_eq!(DEFAULT_MAX_EVENT_BYTES, 16 << 20);
}
