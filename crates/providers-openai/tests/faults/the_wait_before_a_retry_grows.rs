use std::{sync::Arc, time::Duration};

use geppetto_engine::RunContext;
use geppetto_events::{EventKind, EventSink, MemorySink};
use geppetto_transport::{
    HttpClient, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;
use http::StatusCode;
use tokio::time::Instant;

use crate::{cell::Cell, lab::engine};

/// Returns the announced delays, in milliseconds, and the duration of the run.
async fn waits(cell: Cell, seed: u64, headers: &[(&'static str, &str)]) -> (Vec<u64>, Duration) {
    let busy = || {
        let reply = Reply::new(StatusCode::SERVICE_UNAVAILABLE);
        headers.iter().fold(reply, |reply, (name, value)| {
            reply.header(http::HeaderName::from_static(name), value.parse().unwrap())
        })
    };
    let transport = Arc::new(MemoryTransport::new([busy(), busy(), busy(), busy()]));
    let http = HttpClient::new(Arc::clone(&transport))
        .with_retry_policy(RetryPolicy::new().with_seed(seed));
    let engine = engine(cell, "http://model.test/v1".to_owned(), http);
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::new().with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("Hi").build();
    let started = Instant::now();
    let outcome = engine.run_inference(&ctx, &mut turn).await;
    outcome.unwrap_err();
    assert_eq!(transport.requests().len(), 3);
    let delay = |kind: &EventKind| match kind {
        EventKind::Info(info) => info.data.as_ref()?["delay_ms"].as_u64(),
        _ => None,
    };
    let events = sink.events();
    let waits = events.iter().filter_map(|event| delay(&event.kind));
    (waits.collect(), started.elapsed())
}

#[tokio::test(start_paused = true)]
async fn the_wait_before_a_retry_is_drawn_from_twice_the_range_each_time() {
    for cell in Cell::all() {
        let mut longest = [0, 0];
        for seed in 0..50 {
            let (waits, elapsed) = waits(cell, seed, &[]).await;
            let [first, second] = waits[..] else {
                panic!("{waits:?}");
            };
            assert!(first <= 500 && second <= 1000, "{waits:?}");
            longest = [longest[0].max(first), longest[1].max(second)];
            let slept = Duration::from_millis(first + second);
            // The announcement omits fractions of a millisecond; the timer adds them.
            assert!(elapsed >= slept && elapsed <= slept + Duration::from_millis(4));
        }
        // Full jitter: it ranges from nearly zero to nearly the maximum.
        assert!(longest[0] > 400 && longest[1] > 800, "{longest:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_wait_that_the_server_asks_for_is_the_least() {
    for cell in Cell::all() {
        let (waits, elapsed) = waits(cell, 1, &[("retry-after", "20")]).await;
        assert_eq!(waits, [20_000, 20_000]);
        assert_eq!(elapsed.as_secs(), 40);
    }
}
