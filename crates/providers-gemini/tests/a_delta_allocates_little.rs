//! Cost of a streamed piece of text, in heap allocations: from the bytes to the turn, the stream and
//! a sink.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{fmt::Write as _, sync::Arc};

use geppetto_engine::{Engine, RunContext};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_providers_gemini::GeminiEngine;
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

/// Two per chunk: the text of its event, and the JSON parser's stack for the nested objects of the
/// usage. The rest is for the chunks of a socket, and for the events that they split.
const LIMIT: f64 = 2.25;

/// A reply of this many chunks, as sent by Google.
fn body(chunks: usize) -> String {
    let mut body = String::new();
    for n in 0..chunks {
        let _ = write!(
            body,
            "data: {{\"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \"word{} \"}}],\"role\": \"model\"}},\
             \"index\": 0}}],\"usageMetadata\": {{\"promptTokenCount\": 8,\"candidatesTokenCount\": {n},\
             \"totalTokenCount\": {},\"promptTokensDetails\": [{{\"modality\": \"TEXT\",\"tokenCount\": 8}}]}},\
             \"modelVersion\": \"gemini-3-flash\",\"responseId\": \"J3dHapyWENS3g8UPyrefuAE\"}}\r\n\r\n",
            n % 10,
            n + 8
        );
    }
    body.push_str("data: {\"candidates\": [{\"finishReason\": \"STOP\"}]}\r\n\r\n");
    body
}

fn allocations(chunks: usize) -> u64 {
    let mut reply = Reply::new(StatusCode::OK)
        .header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // As from a socket: several events at once.
    for chunk in body(chunks).as_bytes().chunks(4096) {
        reply = reply.chunk(chunk.to_vec());
    }
    let http = HttpClient::new(MemoryTransport::new([reply]));
    let builder = GeminiEngine::builder("m").base_url("http://model.test");
    let engine = builder.http_client(http).build().unwrap();
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
fn a_delta_allocates_little() {
    let cost = allocations(3_000).saturating_sub(allocations(1_000)) as f64 / 2_000.0;
    assert!(cost <= LIMIT, "{cost} allocations a chunk");
}
