use geppetto_engine::{Engine, RunContext};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_testing::{ProviderServer, Reply, reply::MessagesBody};
use geppetto_turns::{Block, Extra, FinishClass, Turn, Usage, keys::block_meta};
use proptest::{collection::vec, option, prelude::*};
use serde_json::json;
use tokio::runtime::Runtime;

/// One content block.
#[derive(Debug, Clone)]
enum Item {
    /// Pieces, and `true` if there is a citation.
    Text(Vec<String>, bool),
    Thinking(Vec<String>),
    Hidden,
    Redacted,
    Call(Vec<String>),
    Search,
    Unknown,
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    vec("[a-zäß日🦀\"\\\\{}\n\u{2028} ]{1,6}", 1..5)
}

fn arguments() -> impl Strategy<Value = Vec<String>> {
    let object = (".{0,12}", any::<i32>())
        .prop_map(|(text, number)| json!({"text": text, "number": number}).to_string());
    let text = prop_oneof![4 => object, 1 => Just(String::new())];
    (text, 1_usize..9).prop_map(|(text, size)| {
        let chars: Vec<char> = text.chars().collect();
        chars.chunks(size).map(String::from_iter).collect()
    })
}

fn item() -> impl Strategy<Value = Item> {
    prop_oneof![
        3 => (pieces(), any::<bool>()).prop_map(|(pieces, cites)| Item::Text(pieces, cites)),
        2 => pieces().prop_map(Item::Thinking),
        1 => Just(Item::Hidden),
        1 => Just(Item::Redacted),
        3 => arguments().prop_map(Item::Call),
        1 => Just(Item::Search),
        1 => Just(Item::Unknown),
    ]
}

impl Item {
    fn add(&self, at: usize, reply: Reply<MessagesBody>) -> Reply<MessagesBody> {
        match self {
            Self::Text(pieces, cites) => {
                let reply = pieces.iter().fold(reply, Reply::<MessagesBody>::text);
                match cites {
                    true => reply.citation(json!({"type": "char_location", "cited_text": "x"})),
                    false => reply,
                }
            }
            Self::Thinking(pieces) => {
                let reply = pieces.iter().fold(reply, Reply::<MessagesBody>::thinking);
                reply.signature(format!("signed {at}"))
            }
            Self::Hidden => reply.signature("signed"),
            Self::Redacted => reply.redacted_thinking("sealed"),
            Self::Call(pieces) => {
                reply.tool_call_in_fragments(format!("toolu_{at}"), "look", pieces)
            }
            Self::Search => {
                let id = format!("srv_{at}");
                let result =
                    json!({"type": "web_search_tool_result", "tool_use_id": id, "content": []});
                reply
                    .server_tool_call(id, "web_search", &json!({"query": "q"}))
                    .block(result)
            }
            Self::Unknown => reply.block(json!({"type": "made_up", "field": [1, null]})),
        }
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

async fn seen(server: &ProviderServer, stream: bool) -> Seen {
    let engine = MessagesEngine::builder("claude-x")
        .base_url(server.base_url())
        .stream(stream)
        .build()
        .unwrap();
    let mut turn = Turn::builder().user("Hello.").build();
    let result = engine
        .run_inference(&RunContext::new(), &mut turn)
        .await
        .unwrap();
    let blocks = turn.blocks.iter().map(|block| {
        let mut block = (**block).clone().with_id("");
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

fn ask(runtime: &Runtime, reply: &Reply) -> [Seen; 2] {
    runtime.block_on(async {
        let server = ProviderServer::start().await.unwrap();
        server.respond_always(reply.clone());
        [seen(&server, true).await, seen(&server, false).await]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn for_any_content(
        items in vec(item(), 1..6),
        reason in option::of(prop_oneof![Just("max_tokens"), Just("refusal"), Just("pause_turn")]),
        usage in option::of((0_u64..99, 0_u64..99)),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let items = items.iter().enumerate();
        let mut reply = items.fold(Reply::messages(), |reply, (at, item)| item.add(at, reply));
        if let Some(reason) = reason {
            reply = reply.finish(reason);
        }
        if let Some((input, output)) = usage {
            reply = reply.usage(input, output).cache_tokens(3, 4);
        }
        let [streamed, whole] = ask(&runtime, &reply.into());
        prop_assert_eq!(streamed, whole);
    }
}
