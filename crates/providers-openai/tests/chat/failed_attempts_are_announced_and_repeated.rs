//! Attempts that failed before any output are retried, and each one is announced.

use geppetto_engine::ErrorKind;
use geppetto_events::EventKind;
use geppetto_transport::memory::Reply;
use http::{StatusCode, header::RETRY_AFTER};
use serde_json::{Value, json};

use crate::support::{Run, in_memory, sse};

const HELLO: &str = r#"{"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}"#;
const ROLE: &str = r#"{"choices":[{"delta":{"role":"assistant","content":""}}]}"#;
const OVERLOADED: &str = r#"{"error":{"message":"too busy","code":"overloaded"}}"#;

fn announced(run: &Run) -> Vec<Value> {
    let retry = |kind: &EventKind| match kind {
        EventKind::Info(info) if info.message == "retrying" => info.data.clone(),
        _ => None,
    };
    run.events()
        .iter()
        .filter_map(|event| retry(&event.kind))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn refused_attempts_are_repeated_and_announced() {
    let busy =
        || Reply::new(StatusCode::TOO_MANY_REQUESTS).header(RETRY_AFTER, "3".parse().unwrap());
    let (engine, transport) = in_memory([busy().chunk("slow down"), sse(&[HELLO, "[DONE]"])]);
    let mut run = Run::new("Hi");
    let started = tokio::time::Instant::now();
    run.with(&engine).await.unwrap();
    assert_eq!(run.turn.assistant_text(), "Hello");
    assert_eq!(transport.requests().len(), 2);
    assert_eq!(started.elapsed().as_secs(), 3);
    let announced = announced(&run);
    assert_eq!(announced.len(), 1);
    assert_eq!(announced[0]["attempt"], 1);
    assert_eq!(announced[0]["max_attempts"], 3);
    assert_eq!(announced[0]["delay_ms"], 3000);
    assert_eq!(announced[0]["kind"], "rate_limited");
    assert!(
        announced[0]["reason"]
            .as_str()
            .unwrap()
            .ends_with("slow down")
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_broke_before_it_said_anything_is_asked_for_again() {
    for first in [
        sse(&[OVERLOADED]),
        sse(&[ROLE, OVERLOADED]),
        sse(&[ROLE]),
        Reply::ok().chunk(OVERLOADED),
        Reply::ok(),
    ] {
        let (engine, transport) = in_memory([first, sse(&[HELLO, "[DONE]"])]);
        let mut run = Run::new("Hi");
        run.with(&engine).await.unwrap();
        assert_eq!(run.turn.assistant_text(), "Hello");
        assert_eq!(transport.requests().len(), 2);
        assert_eq!(announced(&run).len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn the_attempts_are_counted_together() {
    let busy = Reply::new(StatusCode::SERVICE_UNAVAILABLE);
    let replies = [busy, sse(&[OVERLOADED]), sse(&[OVERLOADED]), sse(&[HELLO])];
    let (engine, transport) = in_memory(replies);
    let mut run = Run::new("Hi");
    let error = run.with(&engine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(error.provider_message(), Some("too busy"));
    assert_eq!(transport.requests().len(), 3);
    assert_eq!(announced(&run).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_was_shown_is_never_asked_for_again() {
    let half = r#"{"choices":[{"delta":{"content":"Hel"}}]}"#;
    let (engine, transport) = in_memory([sse(&[half, OVERLOADED]), sse(&[HELLO])]);
    let mut run = Run::new("Hi");
    let error = run.with(&engine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Overloaded);
    assert_eq!(run.turn.assistant_text(), "Hel");
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_no_repetition_helps_is_not_repeated() {
    for (body, kind) in [
        (
            json!({"error": {"message": "m", "code": "content_filter"}}),
            ErrorKind::ContentFiltered,
        ),
        (
            json!({"error": {"message": "m", "code": "insufficient_quota"}}),
            ErrorKind::RateLimited,
        ),
        (json!({"nothing": "known"}), ErrorKind::MalformedResponse),
    ] {
        let (engine, transport) = in_memory([Reply::ok().chunk(body.to_string()), sse(&[HELLO])]);
        let error = Run::new("Hi").with(&engine).await.unwrap_err();
        assert_eq!(error.kind(), kind);
        assert_eq!(transport.requests().len(), 1);
    }
}
