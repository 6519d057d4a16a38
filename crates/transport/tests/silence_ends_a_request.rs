//! The time limits, to the millisecond, on the paused clock.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::time::Duration;

use bytes::Bytes;
use geppetto_engine::{EngineError, ErrorKind};
use geppetto_transport::{
    Body, HttpClient, JsonLines, Request, Response, RetryPolicy, TimeoutPhase, Timeouts,
    TransportError, TransportErrorKind,
    memory::{MemoryTransport, Reply},
};
use http::StatusCode;
use tokio::time::{Instant, sleep};

const SECOND: Duration = Duration::from_secs(1);

fn client(replies: impl IntoIterator<Item = Reply>) -> HttpClient {
    HttpClient::new(MemoryTransport::new(replies)).with_retry_policy(RetryPolicy::never())
}

fn with_total(client: HttpClient, total: Duration) -> HttpClient {
    let timeouts = Timeouts {
        total: Some(total),
        ..Timeouts::default()
    };
    client.with_timeouts(timeouts)
}

async fn open(client: &HttpClient) -> Result<Body, EngineError> {
    let request = Request::post("https://api.example/v1");
    client.open(&request).await.map(Response::into_body)
}

async fn drain(body: &mut Body) -> Result<Vec<Bytes>, TransportError> {
    let mut chunks = Vec::new();
    while let Some(chunk) = body.chunk().await? {
        chunks.push(chunk);
    }
    Ok(chunks)
}

/// Returns `true` if `elapsed` is `expected`, up to the millisecond to which tokio's timer rounds.
fn is_exactly(elapsed: Duration, expected: Duration) -> bool {
    elapsed >= expected && elapsed <= expected + Duration::from_millis(2)
}

#[tokio::test(start_paused = true)]
async fn a_reply_must_begin_within_a_minute() {
    let started = Instant::now();
    let in_time = client([Reply::ok().after(SECOND * 59)]);
    open(&in_time).await.unwrap();
    let late = client([Reply::ok().after(SECOND * 61)]);
    let begun = Instant::now();
    let error = open(&late).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);
    assert_eq!(error.to_string(), "no reply began within 60s");
    assert!(error.is_retryable());
    assert!(is_exactly(begun.elapsed(), SECOND * 60));
    assert!(is_exactly(started.elapsed(), SECOND * 119));
}

#[tokio::test(start_paused = true)]
async fn a_late_first_byte_is_tried_again() {
    let slow = || Reply::ok().after(SECOND * 600);
    let client = client([slow(), slow(), Reply::ok().chunk("x")])
        .with_retry_policy(RetryPolicy::new().with_backoff(Duration::ZERO, 2.0, Duration::ZERO));
    let started = Instant::now();
    let mut body = open(&client).await.unwrap();
    assert_eq!(drain(&mut body).await.unwrap(), ["x"]);
    assert!(is_exactly(started.elapsed(), SECOND * 120));
}

#[tokio::test(start_paused = true)]
async fn any_bytes_keep_a_stream_alive() {
    let reply = (0..10).fold(Reply::ok(), |reply, _| {
        reply.wait(SECOND * 59).chunk(": ping\n\n")
    });
    let mut stream = client([reply.chunk("data: done\n\n")])
        .open(&Request::get("https://api.example"))
        .await
        .unwrap()
        .into_sse();
    let started = Instant::now();
    assert_eq!(stream.next().await.unwrap().unwrap().data, "done");
    assert!(is_exactly(started.elapsed(), SECOND * 590));
    assert_eq!(stream.bytes_received(), 10 * 8 + 12);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_body_ends_a_minute_after_its_last_byte() {
    for reply in [
        Reply::ok()
            .wait(SECOND * 30)
            .chunk("a")
            .wait(SECOND * 59)
            .chunk("b")
            .hang(),
        Reply::ok()
            .wait(SECOND * 30)
            .chunk("a")
            .wait(SECOND * 59)
            .chunk("b")
            .wait(SECOND * 61),
    ] {
        let mut body = open(&client([reply])).await.unwrap();
        let started = Instant::now();
        let error = drain(&mut body).await.unwrap_err();
        assert_eq!(
            error.kind(),
            TransportErrorKind::Timeout(TimeoutPhase::Idle)
        );
        assert!(
            is_exactly(started.elapsed(), SECOND * (30 + 59 + 60)),
            "{:?}",
            started.elapsed()
        );
        assert_eq!(body.chunk().await.unwrap(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_is_not_a_silent_server() {
    let reply = Reply::ok().chunk("a").wait(SECOND * 50).chunk("b");
    let mut body = open(&client([reply])).await.unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "a");
    sleep(SECOND * 600).await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "b");
    sleep(SECOND * 600).await;
    assert_eq!(body.chunk().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn an_abandoned_wait_loses_nothing_and_does_not_start_over() {
    let reply = Reply::ok().wait(SECOND * 30).chunk("a").hang();
    let mut body = open(&client([reply])).await.unwrap();
    let started = Instant::now();
    for _ in 0..2 {
        let wait = tokio::time::timeout(SECOND * 10, body.chunk());
        assert!(wait.await.is_err());
    }
    assert_eq!(body.chunk().await.unwrap().unwrap(), "a");
    for _ in 0..5 {
        let wait = tokio::time::timeout(SECOND * 11, body.chunk());
        assert!(wait.await.is_err());
    }
    body.chunk().await.unwrap_err();
    assert!(
        is_exactly(started.elapsed(), SECOND * 90),
        "{:?}",
        started.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_ends_even_a_healthy_stream() {
    let busy = (0..100).fold(Reply::ok(), |reply, _| reply.wait(SECOND).chunk("x"));
    let client = with_total(client([busy.after(SECOND * 5)]), SECOND * 20);
    let started = Instant::now();
    let mut body = open(&client).await.unwrap();
    let error = drain(&mut body).await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Total)
    );
    assert!(
        is_exactly(started.elapsed(), SECOND * 20),
        "{:?}",
        started.elapsed()
    );
    assert!(!EngineError::from(error).is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_also_covers_the_wait_for_the_reply() {
    let client = with_total(client([Reply::ok().after(SECOND * 50)]), SECOND * 20);
    let error = open(&client).await.unwrap_err();
    assert_eq!(error.to_string(), "the reply was not complete within 20s");
}

#[tokio::test(start_paused = true)]
async fn limits_without_end_are_possible() {
    let client = client([Reply::ok()
        .after(SECOND * 86400)
        .wait(SECOND * 86400)
        .chunk("x")])
    .with_timeouts(Timeouts {
        connect: Duration::MAX,
        first_byte: Duration::MAX,
        idle: Duration::MAX,
        message: Duration::MAX,
        total: Some(Duration::MAX),
    });
    let mut body = open(&client).await.unwrap();
    assert_eq!(drain(&mut body).await.unwrap(), ["x"]);
}

#[tokio::test(start_paused = true)]
async fn the_body_of_an_error_is_waited_for_briefly_and_read_in_bounds() {
    let started = Instant::now();
    let stalled = Reply::new(StatusCode::BAD_REQUEST)
        .chunk("bad model")
        .hang();
    let error = open(&client([stalled])).await.unwrap_err();
    assert_eq!(error.provider_message(), Some("bad model"));
    assert!(is_exactly(started.elapsed(), SECOND * 10));

    let endless = (0..64).fold(Reply::new(StatusCode::BAD_REQUEST), |reply, _| {
        reply.chunk(vec![b'x'; 64 * 1024])
    });
    let error = open(&client([endless.hang()])).await.unwrap_err();
    assert_eq!(
        error.provider_message().map(str::len),
        Some(2000 + "…".len())
    );
    assert!(is_exactly(started.elapsed(), SECOND * 10));

    let reset = TransportError::new(TransportErrorKind::Disconnected, "reset");
    let broken = Reply::new(StatusCode::BAD_REQUEST).chunk("bad").fail(reset);
    let error = open(&client([broken])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.provider_message()),
        (ErrorKind::InvalidRequest, Some("bad"))
    );
}

/// A reply that begins with `first` and then sends only `filler`, four times a minute for an hour.
fn alive_but_silent(first: &'static str, filler: &'static str) -> Reply {
    let first = Reply::ok().chunk(first);
    (0..240).fold(first, |reply, _| reply.wait(SECOND * 15).chunk(filler))
}

#[tokio::test(start_paused = true)]
async fn a_server_that_only_says_that_it_is_alive_is_waited_for_a_quarter_of_an_hour() {
    let fillers = [": ping\n\n", "\n", "data: and so on\n", "event: x\n\n"];
    for filler in fillers {
        let client = client([alive_but_silent("data: one\n\n", filler)]);
        let response = client.open(&Request::get("https://api.example")).await;
        let mut stream = response.unwrap().into_sse();
        assert_eq!(stream.next().await.unwrap().unwrap().data, "one");
        let started = Instant::now();
        let error = stream.next().await.unwrap_err();
        assert_eq!(
            error.kind(),
            TransportErrorKind::Timeout(TimeoutPhase::Message)
        );
        assert!(is_exactly(started.elapsed(), SECOND * 900), "{filler:?}");
        assert_eq!(stream.next().await.unwrap(), None);
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_never_ends_is_waited_for_a_quarter_of_an_hour() {
    let body = open(&client([alive_but_silent("{", " ")])).await.unwrap();
    let started = Instant::now();
    let error = body.read_to_end(1000).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "bytes kept coming, but no whole message within 900s"
    );
    assert!(is_exactly(started.elapsed(), SECOND * 900));

    let mut body = open(&client([alive_but_silent("\n", "\n")])).await.unwrap();
    let started = Instant::now();
    let error = body.first_visible().await.unwrap_err();
    assert!(error.is_timeout());
    assert!(is_exactly(started.elapsed(), SECOND * 900));
}

#[tokio::test(start_paused = true)]
async fn events_begin_the_wait_for_a_message_anew() {
    let reply = (0..100).fold(Reply::ok(), |reply, _| {
        reply.wait(SECOND * 55).chunk("data: x\n\n")
    });
    let client = client([reply]);
    let response = client.open(&Request::get("https://api.example")).await;
    let mut stream = response.unwrap().into_sse();
    let mut events = 0;
    while stream.next().await.unwrap().is_some() {
        events += 1;
        // A slow consumer is not waiting for the server.
        sleep(SECOND * 1000).await;
    }
    assert_eq!(events, 100);
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_ends_no_wait_for_a_message() {
    let beats = "data: beat\n\ndata: beat\n\n";
    let client = client([alive_but_silent("data: beat\n\ndata: one\n\n", beats)]);
    let response = client.open(&Request::get("https://api.example")).await;
    let mut stream = response.unwrap().into_sse();
    let started = Instant::now();
    let error = loop {
        match stream.next().await {
            Ok(Some(event)) if event.data == "beat" => stream.was_heartbeat(),
            Ok(event) => assert_eq!(event.unwrap().data, "one"),
            Err(error) => break error,
        }
    };
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Message)
    );
    assert!(is_exactly(started.elapsed(), SECOND * 900));
}

#[tokio::test(start_paused = true)]
async fn a_total_limit_that_is_longer_does_not_replace_the_one_on_the_first_byte() {
    for total in [60, 90] {
        let client = with_total(client([Reply::ok().after(100 * SECOND)]), total * SECOND);
        let started = Instant::now();
        let error = open(&client).await.unwrap_err();
        assert_eq!(error.to_string(), "no reply began within 60s");
        assert_eq!(started.elapsed(), 60 * SECOND);
    }
}

#[tokio::test(start_paused = true)]
async fn silence_until_the_total_limit_is_told_as_that() {
    let reply = Reply::ok().chunk("x").hang();
    let client = with_total(client([reply]), 70 * SECOND);
    let mut body = open(&client).await.unwrap();
    sleep(40 * SECOND).await;
    assert_eq!(body.chunk().await.unwrap().unwrap(), "x");
    let error = body.chunk().await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Total)
    );
}

#[tokio::test(start_paused = true)]
async fn bytes_that_are_ready_after_the_total_limit_are_too_late() {
    let reply = Reply::ok().chunk("x").chunk("y");
    let client = with_total(client([reply]), 5 * SECOND);
    let mut body = open(&client).await.unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "x");
    sleep(6 * SECOND).await;
    let error = body.chunk().await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Total)
    );
    assert_eq!(body.chunk().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn a_body_whose_message_limit_passed_has_ended() {
    let blank = |reply: Reply, _| reply.chunk(" ").wait(30 * SECOND);
    let reply = (0..40).fold(Reply::ok(), blank).chunk("{}");
    let mut body = open(&client([reply])).await.unwrap();
    let error = body.first_visible().await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Message)
    );
    assert_eq!(body.chunk().await.unwrap(), None);
}

#[tokio::test(start_paused = true)]
async fn silence_before_the_total_limit_is_told_as_silence() {
    let client = with_total(client([Reply::ok().chunk("x").hang()]), 1000 * SECOND);
    let mut body = open(&client).await.unwrap();
    assert_eq!(body.chunk().await.unwrap().unwrap(), "x");
    let error = body.chunk().await.unwrap_err();
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Idle)
    );
}

#[tokio::test(start_paused = true)]
async fn a_heartbeat_of_json_lines_ends_no_wait_either() {
    let client = client([alive_but_silent("{\"n\":1}\n", "{\"beat\":1}\n")]);
    let mut lines = JsonLines::new(open(&client).await.unwrap());
    assert_eq!(lines.next().await.unwrap().unwrap().text, "{\"n\":1}");
    let started = Instant::now();
    let error = loop {
        match lines.next().await {
            Ok(_) => lines.was_heartbeat(),
            Err(error) => break error,
        }
    };
    assert_eq!(
        error.kind(),
        TransportErrorKind::Timeout(TimeoutPhase::Message)
    );
    assert!(is_exactly(started.elapsed(), SECOND * 900));
}
