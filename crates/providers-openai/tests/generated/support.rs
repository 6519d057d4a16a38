//! Two requests for the same reply, and the parts of the outcomes that must be equal.

use std::sync::Arc;

use geppetto_engine::{Engine, RunContext, SeededIds};
use geppetto_events::{EventSink, EventStream, Grammar, MemorySink};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::{Block, Content, Extra, FinishClass, Turn, Usage, keys::block_meta, repair};
use proptest::{collection::vec, prelude::*};
use tokio::runtime::Runtime;

/// Number of replies that each test generates.
pub(crate) const CASES: u32 = 64;

/// A server, its runtime, and two engines: one requests streams, one single bodies.
pub(crate) struct Asker {
    runtime: Runtime,
    server: ProviderServer,
    engines: [Box<dyn Engine>; 2],
}

/// Result of a reply, except for generated ids and durations.
#[derive(Debug, PartialEq)]
pub(crate) struct Seen {
    blocks: Vec<Block>,
    class: FinishClass,
    stop_reason: Option<String>,
    model: String,
    response_id: Option<String>,
    usage: Option<Usage>,
    details: Extra,
}

impl Asker {
    pub(crate) fn new(engine: impl Fn(String, bool) -> Box<dyn Engine>) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let server = runtime.block_on(ProviderServer::start()).unwrap();
        let engines = [true, false].map(|stream| engine(server.base_url(), stream));
        Self {
            runtime,
            server,
            engines,
        }
    }

    /// Requests the reply as a stream and as a single body.
    pub(crate) fn ask(&self, reply: &Reply) -> (Seen, Seen) {
        let ask = |engine: &dyn Engine| {
            self.server.enqueue(reply.clone());
            self.runtime.block_on(seen(engine))
        };
        let [streams, bodies] = &self.engines;
        (ask(&**streams), ask(&**bodies))
    }
}

async fn seen(engine: &dyn Engine) -> Seen {
    let sink = Arc::new(MemorySink::new());
    let ids = Arc::new(SeededIds::new(1));
    let ctx = RunContext::for_stream(EventStream::fragment(), ids)
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::builder().user("Hello.").build();
    let result = engine.run_inference(&ctx, &mut turn).await.unwrap();
    let mut grammar = Grammar::fragment();
    for event in sink.take() {
        grammar.accept(&event).unwrap();
    }
    grammar.finish().unwrap();
    // A complete reply needs no repair except for answers to its calls.
    let whole = turn.blocks.iter().filter(|block| {
        block.incomplete().is_none() || matches!(block.content, Content::LlmText(_))
    });
    assert!(repair(&turn.blocks).len() >= whole.count());
    Seen {
        blocks: turn
            .blocks
            .iter()
            .map(|block| without_chance(block))
            .collect(),
        class: result.finish_class,
        stop_reason: result.stop_reason,
        model: result.model,
        response_id: result.response_id,
        usage: result.usage,
        details: result.details,
    }
}

/// Returns a block without generated ids and durations.
fn without_chance(block: &Block) -> Block {
    let mut block = block.clone().with_id("");
    block.metadata.remove(&block_meta::INFERENCE_RESULT);
    block
}

/// A text in non-empty pieces.
pub(crate) fn pieces() -> impl Strategy<Value = Vec<String>> {
    vec("[a-zäß日🦀\"\\\\{}\n\u{2028} ]{1,6}", 1..5)
}

/// Arguments of a call, in pieces.
pub(crate) fn arguments() -> impl Strategy<Value = Vec<String>> {
    let object = (".{0,12}", any::<i32>())
        .prop_map(|(text, number)| serde_json::json!({"text": text, "number": number}).to_string());
    let text = prop_oneof![4 => object, 1 => Just("{}".to_owned()), 1 => "[a-z{]{0,4}"];
    (text, 1_usize..9).prop_map(|(text, size)| {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(size).map(String::from_iter).collect()
    })
}
