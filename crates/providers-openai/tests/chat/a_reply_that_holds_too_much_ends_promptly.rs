//! A reply with more calls than any model makes results in an error before its end, and
//! cancellation is handled while such a reply is read.

use geppetto_engine::ErrorKind;
use geppetto_transport::memory::Reply;
use http::header::CONTENT_TYPE;
use tokio::{task::yield_now, time::Instant};

use crate::support::{Run, in_memory};

const CALLS: usize = 60_000;

fn call(at: usize) -> String {
    format!(r#"{{"index":{at},"id":"c{at}","function":{{"name":"f","arguments":"{{}}"}}}}"#)
}

fn event(calls: &str) -> String {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"tool_calls\":[{calls}]}}}}]}}\n\n")
}

fn list_of_calls() -> String {
    (0..CALLS).map(call).collect::<Vec<_>>().join(",")
}

/// A stream with one event per call.
fn events(calls: usize) -> String {
    (0..calls).map(|at| event(&call(at))).collect()
}

/// A stream that never ends.
fn stream(body: String) -> Reply {
    Reply::ok()
        .header(CONTENT_TYPE, "text/event-stream".parse().unwrap())
        .chunk(body)
        .hang()
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_end_in_an_error_without_waiting_for_the_end() {
    for body in [event(&list_of_calls()), events(CALLS)] {
        let (engine, transport) = in_memory([stream(body)]);
        let mut run = Run::new("Hi");
        let started = Instant::now();
        let error = run.with(&engine).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::MalformedResponse);
        assert!(error.to_string().contains("more than 10000"), "{error}");
        // The reply never ends, and the clock does not advance as long as nothing waits.
        assert!(started.elapsed().is_zero());
        assert_eq!(transport.requests().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_calls_in_a_body_are_an_error() {
    let message = format!(
        r#"{{"role":"assistant","tool_calls":[{}]}}"#,
        list_of_calls()
    );
    let body = format!(
        r#"{{"choices":[{{"index":0,"message":{message},"finish_reason":"tool_calls"}}]}}"#
    );
    let (engine, transport) = in_memory([Reply::ok().chunk(body)]);
    let mut run = Run::new("Hi");
    let error = run.with(&engine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::MalformedResponse);
    assert!(run.turn.tool_calls().all(|call| !call.id.is_empty()));
    assert_eq!(transport.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_cancel_is_answered_while_many_calls_are_read() {
    const TURNS: usize = 3;
    let (engine, _transport) = in_memory([stream(events(9_000))]);
    let mut run = Run::new("Hi");
    let token = run.ctx.cancellation().clone();
    // The reply has arrived completely; the other task runs between events.
    tokio::spawn(async move {
        for _ in 0..TURNS {
            yield_now().await;
        }
        token.cancel();
    });
    let error = run.with(&engine).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    let read = run.turn.tool_calls().count();
    assert!(
        read < 1_000,
        "{read} calls were read before the cancel was seen"
    );
}
