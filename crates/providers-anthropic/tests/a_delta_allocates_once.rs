//! Cost of a streamed text delta, in heap allocations: from the bytes to the turn, the stream and a
//! sink.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{fmt::Write as _, sync::Arc};

use geppetto_engine::{Engine, RunContext};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

/// One per delta, for the text of its event. The rest is for the chunks of a socket, and for the
/// events that they split.
const LIMIT: f64 = 1.25;

/// A reply of this many deltas.
fn body(deltas: usize) -> String {
    let mut body = String::from(
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"msg_1\",\"content\":[]}}\n\n\
         event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":\
         {\"type\":\"text\",\"text\":\"\"}}\n\n",
    );
    for n in 0..deltas {
        let _ = write!(
            body,
            "event: content_block_delta\ndata: {{\"type\":\"content_block_delta\",\"index\":0,\"delta\":\
             {{\"type\":\"text_delta\",\"text\":\"word{} \"}}}}\n\n",
            n % 10
        );
    }
    body.push_str(
        "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n\
         event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}\n\n\
         event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n",
    );
    body
}

/// Counts the allocations of one call with a reply of this many deltas.
fn allocations(deltas: usize) -> u64 {
    let mut reply = Reply::new(StatusCode::OK)
        .header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // As from a socket: several events at once.
    for chunk in body(deltas).as_bytes().chunks(4096) {
        reply = reply.chunk(chunk.to_vec());
    }
    let engine = MessagesEngine::builder("m")
        .base_url("http://model.test")
        .http_client(HttpClient::new(MemoryTransport::new([reply])))
        .build()
        .unwrap();
    let sink: Arc<dyn EventSink> = Arc::new(sink_fn(|_: &Event| ()));
    let ctx = RunContext::new().with_event_sinks([sink]);
    let mut turn = Turn::builder().user("hi").build();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut outcome = None;
    let info = allocation_counter::measure(|| {
        outcome = Some(runtime.block_on(engine.run_inference(&ctx, &mut turn)));
    });
    outcome.unwrap().unwrap();
    assert!(turn.assistant_text().starts_with("word0 word1 "));
    info.count_total
}

#[test]
fn a_delta_allocates_once() {
    let (few, many) = (allocations(1_000), allocations(3_000));
    let cost = many.saturating_sub(few) as f64 / 2_000.0;
    assert!(cost <= LIMIT, "{cost}");
}
