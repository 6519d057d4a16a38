//! Cost of a streamed text delta, in heap allocations: from the bytes to the turn, the stream and a
//! sink.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::{fmt::Write as _, sync::Arc};

use geppetto_engine::{Engine, RunContext};
use geppetto_events::{Event, EventSink, sink_fn};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::Turn;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

/// One per delta, for the text of its event. The rest is for the chunks of a socket, and for the
/// events that they split.
const LIMIT: f64 = 1.25;

/// A reply of this many deltas, as sent by OpenAI on Chat Completions.
fn chat(deltas: usize) -> String {
    let mut body = String::new();
    for n in 0..deltas {
        let _ = write!(
            body,
            "data: {{\"id\":\"chatcmpl-1\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\
             \"model\":\"m\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp\",\"choices\":\
             [{{\"index\":0,\"delta\":{{\"content\":\"word{} \"}},\"logprobs\":null,\"finish_reason\":null}}],\
             \"obfuscation\":\"abcdefg\"}}\n\n",
            n % 10
        );
    }
    body.push_str(
        "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n",
    );
    body
}

/// The same on Responses.
fn responses(deltas: usize) -> String {
    let item = "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"status\":";
    let mut body = format!(
        "data: {{\"type\":\"response.output_item.added\",\"sequence_number\":1,\"output_index\":0,\
         \"item\":{item}\"in_progress\",\"content\":[]}}}}\n\n"
    );
    let mut text = String::new();
    for n in 0..deltas {
        let piece = format!("word{} ", n % 10);
        let _ = write!(
            body,
            "event: response.output_text.delta\ndata: {{\"type\":\"response.output_text.delta\",\
             \"sequence_number\":{},\"item_id\":\"msg_1\",\"output_index\":0,\"content_index\":0,\
             \"delta\":\"{piece}\",\"logprobs\":[],\"obfuscation\":\"abcdefg\"}}\n\n",
            n + 2
        );
        text.push_str(&piece);
    }
    let item = format!(
        "{item}\"completed\",\"content\":[{{\"type\":\"output_text\",\"text\":\"{text}\",\"annotations\":[]}}]}}"
    );
    let _ = write!(
        body,
        "data: {{\"type\":\"response.output_item.done\",\"output_index\":0,\"item\":{item}}}\n\n\
         data: {{\"type\":\"response.completed\",\"response\":{{\"id\":\"resp_1\",\"status\":\"completed\",\
         \"output\":[{item}]}}}}\n\n"
    );
    body
}

/// Counts the allocations of one call with the reply `body`.
fn allocations(body: &str, engine: impl Fn(HttpClient) -> Box<dyn Engine>) -> u64 {
    let mut reply = Reply::new(StatusCode::OK)
        .header(CONTENT_TYPE, HeaderValue::from_static("text/event-stream"));
    // As from a socket: several events at once.
    for chunk in body.as_bytes().chunks(4096) {
        reply = reply.chunk(chunk.to_vec());
    }
    let engine = engine(HttpClient::new(MemoryTransport::new([reply])));
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

/// Returns the allocations per additional delta.
fn per_delta(
    name: &str,
    body: impl Fn(usize) -> String,
    engine: impl Fn(HttpClient) -> Box<dyn Engine>,
) -> f64 {
    let few = allocations(&body(1_000), &engine);
    let many = allocations(&body(3_000), &engine);
    let cost = many.saturating_sub(few) as f64 / 2_000.0;
    println!("{name}: {cost:.2} allocations a delta");
    cost
}

#[test]
fn a_delta_allocates_once() {
    let chat_engine = |client| -> Box<dyn Engine> {
        let engine = ChatEngine::builder("m").base_url("http://model.test/v1");
        Box::new(engine.http_client(client).build().unwrap())
    };
    let responses_engine = |client| -> Box<dyn Engine> {
        let engine = ResponsesEngine::builder("m").base_url("http://model.test/v1");
        Box::new(engine.http_client(client).build().unwrap())
    };
    let costs = [
        per_delta("chat", chat, chat_engine),
        per_delta("responses", responses, responses_engine),
    ];
    assert!(costs.iter().all(|cost| *cost <= LIMIT), "{costs:?}");
}
