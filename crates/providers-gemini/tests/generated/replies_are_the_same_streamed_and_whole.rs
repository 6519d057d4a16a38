use std::sync::Arc;

use geppetto_engine::{Engine, RunContext, SeededIds};
use geppetto_events::{EventSink, EventStream, Grammar, MemorySink};
use geppetto_providers_gemini::GeminiEngine;
use geppetto_testing::{ProviderServer, Reply, reply::GeminiBody};
use geppetto_turns::{Block, Extra, FinishClass, Turn, Usage, keys::block_meta};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;

/// A part of a reply, with its signature.
#[derive(Debug, Clone)]
enum Said {
    Text(Vec<String>),
    Thought(Vec<String>),
    Call(Option<String>, i32),
    Code(String),
}

fn said() -> impl Strategy<Value = (Said, bool)> {
    let pieces = || vec("[a-zäß日🦀\"\\\\{}\n\u{2028} ]{1,6}", 1..4);
    let said = prop_oneof![
        3 => pieces().prop_map(Said::Text),
        2 => pieces().prop_map(Said::Thought),
        3 => (option::of("[a-c]"), any::<i32>()).prop_map(|(id, number)| Said::Call(id, number)),
        1 => "[a-z]{1,4}".prop_map(Said::Code),
    ];
    (said, any::<bool>())
}

fn reply(parts: &[(Said, bool)], finish: Option<&str>) -> Reply<GeminiBody> {
    let mut reply = Reply::gemini()
        .model("m-2026")
        .usage(7, 8)
        .usage_field("thoughtsTokenCount", 3);
    for (said, signed) in parts {
        reply = match said {
            Said::Text(pieces) => pieces.iter().fold(reply, Reply::<GeminiBody>::text),
            Said::Thought(pieces) => pieces.iter().fold(reply, Reply::<GeminiBody>::thought),
            Said::Call(Some(id), number) => {
                reply.function_call_with_id(id, "f", &json!({"n": number}))
            }
            Said::Call(None, number) => reply.function_call("f", &json!({"n": number})),
            Said::Code(code) => reply.part(json!({"executableCode": {"code": code}})),
        };
        if *signed {
            reply = reply.signed("c2ln");
        }
    }
    match finish {
        Some(reason) => reply.finish(reason),
        None => reply,
    }
}

/// Result of a reply, except for generated ids and durations.
#[derive(Debug, PartialEq)]
struct Seen {
    blocks: Vec<Block>,
    class: FinishClass,
    stop_reason: Option<String>,
    model: String,
    usage: Option<Usage>,
    details: Extra,
}

async fn seen(server: &ProviderServer, reply: &Reply, stream: bool) -> Seen {
    server.enqueue(reply.clone());
    let builder = GeminiEngine::builder("m").base_url(server.base_url());
    let engine = builder.stream(stream).build().unwrap();
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("Hello.").build();
    let result = engine.run_inference(&ctx, &mut turn).await.unwrap();
    let mut grammar = Grammar::fragment();
    for event in sink.take() {
        grammar.accept(&event).unwrap();
    }
    grammar.finish().unwrap();
    let blocks = turn.blocks.iter().map(|block| {
        let mut block = Block::clone(block).with_id("");
        block.metadata.remove(&block_meta::INFERENCE_RESULT);
        block
    });
    Seen {
        blocks: blocks.collect(),
        class: result.finish_class,
        stop_reason: result.stop_reason,
        model: result.model,
        usage: result.usage,
        details: result.details,
    }
}

#[test]
fn replies_are_the_same_streamed_and_whole() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let server = runtime.block_on(ProviderServer::start()).unwrap();
    let config = ProptestConfig {
        cases: 64,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let finish = option::of(prop_oneof![
        Just("MAX_TOKENS"),
        Just("SAFETY"),
        Just("A_NEW_ONE")
    ]);
    proptest!(config, |(parts in vec(said(), 1..6), finish in finish, seed in any::<u64>(), size in 1_usize..40)| {
        let reply: Reply = reply(&parts, finish).into();
        let chunked = reply.clone().cut_into_random_chunks(seed, size);
        let streamed = runtime.block_on(seen(&server, &chunked, true));
        let whole = runtime.block_on(seen(&server, &reply, false));
        prop_assert_eq!(streamed, whole);
    });
}
