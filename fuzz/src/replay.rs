//! Replies of providers, through the real engines.
//!
//! - Nothing panics, and the events are in a legal order.
//! - The outcome, the turn and the events do not depend on how the bytes are split.
//! - Partial content is marked; the turn survives saving and loading.
//! - The history can be repaired, and the next request is acceptable to a provider.

use std::sync::Arc;

use bytes::Bytes;
use geppetto_engine::{Engine, RunContext, SeededIds};
use geppetto_events::{EventSink, EventStream, Grammar, MemorySink};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_testing::validate;
use geppetto_transport::{
    HttpClient, HttpTransport, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{FinishClass, Turn, keys::turn_meta};
use serde_json::Value;

use crate::{chunks, turn::repairable};

/// The format of the reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wire {
    /// Chat Completions.
    Chat,
    /// Responses.
    Responses,
}

/// The outcome of a reply, as texts to compare.
#[derive(Debug, PartialEq)]
struct Seen {
    outcome: String,
    turn: Turn,
    events: Vec<String>,
}

/// Runs a future to completion. The clock is paused: waits take no time and have the same length
/// each time.
pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .expect("a runtime without threads");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}

/// Checks one input.
pub fn check(wire: Wire, data: &[u8]) {
    let whole = run(wire, chunks::whole(data));
    survives_saving(&whole.turn);
    repairable(&whole.turn);
    check_next(wire, &whole.turn);
    assert_eq!(whole, run(wire, chunks::small(data)));
    if data.len() < 400 {
        assert_eq!(whole, run(wire, chunks::bytes(data)));
    }
}

fn run(wire: Wire, body: Vec<Bytes>) -> Seen {
    let reply = body.into_iter().fold(Reply::ok(), Reply::chunk);
    let engine = engine(wire, MemoryTransport::new([reply]));
    let sink = Arc::new(MemorySink::new());
    let ids = Arc::new(SeededIds::new(1));
    let ctx = RunContext::for_stream(EventStream::fragment(), ids)
        .with_run("session", "run", "turn")
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("Hello.").build();
    let outcome = block_on(engine.run_inference(&ctx, &mut turn));

    let mut grammar = Grammar::fragment();
    let events = sink.take();
    for event in &events {
        grammar.accept(event).expect("a legal order of events");
    }
    grammar.finish().expect("a legal end of the events");
    assert_eq!(ctx.stream().violations(), []);
    if outcome.is_err() {
        let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT);
        let result = result.expect("a readable result").expect("a result");
        assert!(result.truncated, "what broke is not marked");
        assert_eq!(result.finish_class, FinishClass::Error);
    }
    Seen {
        outcome: format!("{outcome:?}"),
        events: (events.iter())
            .map(|event| serde_json::to_string(event).expect("an event can be written"))
            .collect(),
        turn,
    }
}

fn engine(wire: Wire, transport: impl HttpTransport + 'static) -> Box<dyn Engine> {
    let http = HttpClient::new(transport).with_retry_policy(RetryPolicy::never());
    let url = "http://model.test/v1";
    match wire {
        Wire::Chat => {
            let builder = ChatEngine::builder("fuzzed").base_url(url);
            Box::new(builder.http_client(http).build().expect("an engine"))
        }
        Wire::Responses => {
            let builder = ResponsesEngine::builder("fuzzed").base_url(url);
            Box::new(builder.http_client(http).build().expect("an engine"))
        }
    }
}

fn survives_saving(turn: &Turn) {
    let yaml = turn.to_yaml().expect("a turn can be saved");
    let loaded = Turn::from_yaml(&yaml).unwrap_or_else(|error| panic!("{error}:\n{yaml}"));
    assert_eq!(&loaded, turn, "{yaml}");
}

fn check_next(wire: Wire, turn: &Turn) {
    let transport = Arc::new(MemoryTransport::default());
    let engine = engine(wire, Arc::clone(&transport));
    let mut turn = turn.clone();
    turn.push_user("Go on.", []);
    let ids = Arc::new(SeededIds::new(2));
    let ctx = RunContext::for_stream(EventStream::fragment(), ids);
    // There is no further reply; only the request matters.
    let _refused = block_on(engine.run_inference(&ctx, &mut turn));
    let requests = transport.requests();
    let sent = requests.first().expect("a further request");
    let body: Value = serde_json::from_slice(sent.body()).expect("a request of JSON");
    // On the other wire, items of built-in tools are sent back with whatever id the server gave
    // them.
    if wire == Wire::Chat {
        validate::chat_request(&body).unwrap_or_else(|refusal| panic!("{refusal:?}: {body}"));
    }
}
