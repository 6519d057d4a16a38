//! Cancellation and deadlines end a run wherever it waits, and its output so far is kept.

use std::time::Duration;

use geppetto_engine::{Engine, ErrorKind};
use geppetto_transport::memory::Reply;
use geppetto_turns::Incomplete;
use http::StatusCode;
use tokio::time::{Instant, sleep};

use crate::support::{Run, in_memory, sse};

const HALF: &str = r#"{"choices":[{"delta":{"content":"Hel"}}]}"#;

/// Replies that never end, each waiting at a different point.
fn endless() -> Vec<(Reply, &'static str)> {
    let busy = || Reply::new(StatusCode::TOO_MANY_REQUESTS);
    let asked = busy().header(http::header::RETRY_AFTER, "50".parse().unwrap());
    vec![
        (sse(&[HALF]).after(Duration::from_secs(50)), ""),
        (asked, ""),
        (Reply::ok().hang(), ""),
        (sse(&[HALF]).hang(), "Hel"),
        (Reply::ok().chunk("{\"choices\":").hang(), ""),
    ]
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_ends_at_once() {
    for (reply, said) in endless() {
        let (engine, _transport) = in_memory([reply]);
        let mut run = Run::new("Hi");
        let token = run.ctx.cancellation().clone();
        tokio::spawn(async move {
            sleep(Duration::from_secs(5)).await;
            token.cancel();
        });
        let started = Instant::now();
        let error = run.with(&engine).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Cancelled);
        assert_eq!(started.elapsed().as_secs(), 5);
        assert_eq!(run.turn.assistant_text(), said);
        let last = run.turn.blocks.last().unwrap();
        assert_eq!(
            last.incomplete(),
            (!said.is_empty()).then_some(Incomplete::Cancelled)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_cancelled_already_sends_nothing() {
    let (engine, transport) = in_memory([sse(&[HALF])]);
    let mut run = Run::new("Hi");
    run.ctx.cancel();
    assert_eq!(
        run.with(&engine).await.unwrap_err().kind(),
        ErrorKind::Cancelled
    );
    assert_eq!(transport.requests().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_deadline_ends_a_run() {
    for (reply, said) in endless() {
        let (engine, _transport) = in_memory([reply]);
        let mut run = Run::new("Hi");
        run.ctx = run
            .ctx
            .clone()
            .with_deadline(Instant::now() + Duration::from_secs(7));
        let started = Instant::now();
        let error = run.with(&engine).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.is_retryable()),
            (ErrorKind::Timeout, false)
        );
        assert_eq!(started.elapsed().as_secs(), 7);
        assert_eq!(run.turn.assistant_text(), said);
    }
}

#[tokio::test(start_paused = true)]
async fn a_dropped_run_keeps_what_arrived() {
    let (engine, _transport) = in_memory([sse(&[HALF]).hang()]);
    let mut run = Run::new("Hi");
    let running = engine.run_inference(&run.ctx, &mut run.turn);
    assert!(
        tokio::time::timeout(Duration::from_secs(1), running)
            .await
            .is_err()
    );
    assert_eq!(run.turn.assistant_text(), "Hel");
    assert_eq!(
        run.turn.blocks.last().unwrap().incomplete(),
        Some(Incomplete::Failed)
    );
}

#[tokio::test(start_paused = true)]
async fn silence_ends_a_run_by_itself() {
    let (engine, _transport) = in_memory([sse(&[HALF]).hang()]);
    let mut run = Run::new("Hi");
    assert_eq!(
        run.with(&engine).await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
    assert_eq!(run.turn.assistant_text(), "Hel");
    // After the finish reason, silence costs nothing but time.
    let whole = r#"{"choices":[{"delta":{"content":"Hello"},"finish_reason":"stop"}]}"#;
    let (engine, _transport) = in_memory([sse(&[whole]).hang()]);
    let mut run = Run::new("Hi");
    run.with(&engine).await.unwrap();
    assert_eq!(run.turn.assistant_text(), "Hello");
}
