//! Which failures are retried, how often, and after exactly which delays.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use geppetto_engine::ErrorKind;
use geppetto_transport::{
    HttpClient, Request, RetryBudget, RetryPolicy, TransportError, TransportErrorKind,
    memory::{MemoryTransport, Reply},
};
use http::{HeaderName, HeaderValue, StatusCode};
use tokio::time::Instant;

fn request() -> Request {
    Request::post("https://api.example/v1/chat/completions").with_json("{}")
}

fn status(status: u16) -> Reply {
    Reply::new(StatusCode::from_u16(status).unwrap())
}

fn header(reply: Reply, name: &'static str, value: &'static str) -> Reply {
    reply.header(
        HeaderName::from_static(name),
        HeaderValue::from_static(value),
    )
}

fn client(replies: impl IntoIterator<Item = Reply>) -> (HttpClient, Arc<MemoryTransport>) {
    let transport = Arc::new(MemoryTransport::new(replies));
    (HttpClient::new(Arc::clone(&transport)), transport)
}

/// Sends one request; returns the number of attempts, the simulated time and the outcome.
async fn run(replies: Vec<Reply>) -> (usize, Duration, Result<StatusCode, ErrorKind>) {
    let (client, transport) = client(replies);
    let started = Instant::now();
    let outcome = client.open(&request()).await;
    (
        transport.requests().len(),
        started.elapsed(),
        outcome
            .map(|response| response.status())
            .map_err(|error| error.kind()),
    )
}

#[tokio::test(start_paused = true)]
async fn transient_failures_are_repeated_until_a_reply_comes() {
    for failing in [408, 409, 429, 500, 502, 503, 504, 529] {
        let (attempts, elapsed, outcome) =
            run(vec![status(failing), status(failing), Reply::ok()]).await;
        assert_eq!((attempts, outcome), (3, Ok(StatusCode::OK)), "{failing}");
        // At most 500 ms before the second attempt and 1 s before the third.
        assert!(
            elapsed <= Duration::from_millis(1500 + 2),
            "{failing}: {elapsed:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn connect_and_reset_errors_are_repeated() {
    for kind in [
        TransportErrorKind::Connect,
        TransportErrorKind::Disconnected,
    ] {
        let broken = Reply::failure(TransportError::new(kind, "broke"));
        let (attempts, _, outcome) = run(vec![broken, Reply::ok()]).await;
        assert_eq!((attempts, outcome), (2, Ok(StatusCode::OK)), "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn final_failures_are_not_repeated() {
    let cases = [
        (400, ErrorKind::InvalidRequest),
        (401, ErrorKind::Authentication),
        (403, ErrorKind::PermissionDenied),
        (404, ErrorKind::NotFound),
        (413, ErrorKind::InvalidRequest),
        (422, ErrorKind::InvalidRequest),
        (302, ErrorKind::Configuration),
    ];
    for (failing, kind) in cases {
        let outcome = run(vec![status(failing), Reply::ok()]).await;
        assert_eq!(outcome, (1, Duration::ZERO, Err(kind)), "{failing}");
    }
    let untrusted = TransportError::new(TransportErrorKind::Tls, "unknown issuer");
    let outcome = run(vec![Reply::failure(untrusted), Reply::ok()]).await;
    assert_eq!(outcome, (1, Duration::ZERO, Err(ErrorKind::Connect)));
}

#[tokio::test(start_paused = true)]
async fn after_the_last_attempt_its_error_is_returned() {
    let (attempts, _, outcome) =
        run(vec![status(500), status(500), status(503), Reply::ok()]).await;
    assert_eq!((attempts, outcome), (3, Err(ErrorKind::Overloaded)));
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_provider_asks_for_is_waited_exactly() {
    let limited = || header(status(429), "retry-after", "7");
    let (attempts, elapsed, _) = run(vec![limited(), limited(), Reply::ok()]).await;
    assert_eq!(attempts, 3);
    assert_eq!(elapsed.as_secs(), 14);

    let dated = header(
        header(status(503), "date", "Sun, 06 Nov 1994 08:49:37 GMT"),
        "retry-after",
        "Sun, 06 Nov 1994 08:50:07 GMT",
    );
    let (attempts, elapsed, _) = run(vec![dated, Reply::ok()]).await;
    assert_eq!((attempts, elapsed.as_secs()), (2, 30));
}

#[tokio::test(start_paused = true)]
async fn a_wait_over_a_minute_is_the_callers_to_decide() {
    let (client, transport) = client([header(status(429), "retry-after", "61"), Reply::ok()]);
    let error = client.open(&request()).await.unwrap_err();
    assert_eq!(transport.requests().len(), 1);
    assert_eq!(error.retry_after(), Some(Duration::from_secs(61)));
    assert!(error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn the_provider_can_ask_for_a_retry_and_forbid_one() {
    let (attempts, _, _) = run(vec![
        header(status(400), "x-should-retry", "true"),
        Reply::ok(),
    ])
    .await;
    assert_eq!(attempts, 2);
    let (attempts, _, _) = run(vec![
        header(status(500), "x-should-retry", "false"),
        Reply::ok(),
    ])
    .await;
    assert_eq!(attempts, 1);
}

#[tokio::test(start_paused = true)]
async fn requests_share_one_budget() {
    let budget = RetryBudget::with_limits(0.0, 0.0, 3.0);
    let policy = || RetryPolicy::new().with_budget(budget.clone());
    let mut attempts = Vec::new();
    for _ in 0..3 {
        let (client, transport) = client([500, 500, 500].map(status));
        let client = client.with_retry_policy(policy());
        client.open(&request()).await.unwrap_err();
        attempts.push(transport.requests().len());
    }
    assert_eq!(attempts, [3, 2, 1]);
}

#[tokio::test(start_paused = true)]
async fn an_error_inside_a_reply_counts_against_the_same_attempts() {
    let overloaded = "event: error\ndata: {\"type\":\"overloaded_error\"}\n\n";
    let replies = [
        status(503),
        Reply::ok().chunk(overloaded),
        Reply::ok().chunk(overloaded),
        Reply::ok().chunk("data: hello\n\n"),
    ];
    let (client, transport) = client(replies);
    let policy = RetryPolicy::new().with_max_attempts(NonZeroU32::new(4).unwrap());
    let client = client.with_retry_policy(policy);
    let mut retry = client.start_retry();
    let mut announced = Vec::new();
    let text = loop {
        let response = client
            .open_with(&request(), &mut retry, |failed| {
                announced.push((failed.attempt, failed.error.kind()));
            })
            .await
            .unwrap();
        let mut stream = response.into_sse();
        let event = stream.next().await.unwrap().unwrap();
        if event.event != "error" {
            break event.data.to_owned();
        }
        let error = geppetto_engine::EngineError::new(ErrorKind::Overloaded, "busy");
        let delay = retry.next(&error).unwrap();
        tokio::time::sleep(delay).await;
    };
    assert_eq!(text, "hello");
    assert_eq!(transport.requests().len(), 4);
    assert_eq!(retry.attempt(), 4);
    assert_eq!(announced, [(1, ErrorKind::Overloaded)]);
}
