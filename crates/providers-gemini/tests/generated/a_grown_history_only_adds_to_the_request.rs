use std::{collections::HashMap, sync::Arc};

use geppetto_engine::{Engine, RunContext};
use geppetto_providers_gemini::{
    GeminiEngine,
    keys::{self, ORIGIN, Origin},
};
use geppetto_testing::validate;
use geppetto_transport::{HttpClient, RetryPolicy, memory::MemoryTransport};
use geppetto_turns::{Block, Content, Incomplete, OtherContent, ToolCall, Turn};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, json, value::RawValue};

const MODEL: &str = "gemini-3-flash";

/// Contents that replies of any provider may leave in a history, complete or not, and answers.
#[derive(Debug, Clone)]
enum Said {
    Text(String),
    Reasoning(String),
    /// Reasoning of the Responses API.
    Sealed,
    Call(String),
    Answer(String),
    Part(&'static str),
    Item,
    System,
}

fn said() -> impl Strategy<Value = Said> {
    let id = || "[a-d]";
    prop_oneof![
        3 => "[a-zé\"\\\\ ]{0,5}".prop_map(Said::Text),
        3 => "[a-z]{0,3}".prop_map(Said::Reasoning),
        1 => Just(Said::Sealed),
        4 => id().prop_map(Said::Call),
        3 => id().prop_map(Said::Answer),
        1 => prop_oneof![Just("executableCode"), Just("toolCall"), Just("inlineData")].prop_map(Said::Part),
        1 => Just(Said::Item),
        1 => Just(Said::System),
    ]
}

/// Who made a block: this model, another one of the same server, another server, or unknown.
fn maker() -> impl Strategy<Value = Option<(&'static str, &'static str)>> {
    prop_oneof![
        3 => Just(Some(("model.test", MODEL))),
        1 => Just(Some(("model.test", "gemini-2.5-pro"))),
        1 => Just(Some(("api.anthropic.com", "claude"))),
        1 => Just(None),
    ]
}

fn why() -> impl Strategy<Value = Option<Incomplete>> {
    prop_oneof![6 => Just(None), 1 => Just(Some(Incomplete::Cancelled)), 1 => Just(Some(Incomplete::Failed))]
}

type Made = (
    Said,
    Option<(&'static str, &'static str)>,
    bool,
    Option<Incomplete>,
);
type Exchange = (String, Vec<Made>);

fn exchange() -> impl Strategy<Value = Exchange> {
    (
        "[a-z]{1,6}",
        vec((said(), maker(), any::<bool>(), why()), 0..8),
    )
}

fn block((said, maker, signed, why): &Made) -> Block {
    let other = |kind: &str, payload: Value| {
        let payload = payload.as_object().unwrap().clone();
        Block::new(Content::Other(OtherContent::new(kind, payload)))
    };
    let mut block = match said {
        Said::Text(text) => Block::llm_text(text),
        Said::Reasoning(text) => Block::reasoning(text),
        Said::Sealed => {
            let mut block = Block::reasoning("hm");
            if let Content::Reasoning(reasoning) = &mut block.content {
                reasoning.encrypted_content = Some("sealed".to_owned());
                reasoning.item_id = Some("rs_1".to_owned());
            }
            block
        }
        Said::Call(id) => Block::tool_call(ToolCall::new(id, "look.up", "{\"a\": 1.50}")),
        Said::Answer(id) => Block::tool_result(id, "21 C"),
        Said::Part(kind) => {
            let mut payload = json!({*kind: {"mimeType": "image/png", "data": "AAAA"}});
            if *signed {
                payload["thoughtSignature"] = "c2ln".into();
            }
            other(keys::PART_KIND, payload)
        }
        Said::Item => other("openai_responses_item", json!({"type": "web_search_call"})),
        Said::System => Block::system("Be terse."),
    };
    if let Some((server, model)) = maker {
        let origin = serde_json::to_value(Origin::new(server, model)).unwrap();
        block.metadata.set_raw(ORIGIN.id(), origin);
    }
    if *signed {
        block
            .metadata
            .set_raw(keys::THOUGHT_SIGNATURE.id(), "c2ln".into());
        block.metadata.set_raw(keys::HAS_CALL_ID.id(), true.into());
    }
    match why {
        Some(why) => block.with_incomplete(*why),
        None => block,
    }
}

/// Returns the contents that the engine sends for a history: each as bytes.
fn sent(engine: &dyn Engine, transport: &MemoryTransport, turn: &Turn) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    // There is no reply; only the request matters.
    let refused = runtime.block_on(engine.run_inference(&RunContext::new(), &mut turn.clone()));
    assert!(refused.is_err());
    let requests = transport.requests();
    let body = requests.last().unwrap().body();
    let request: Value = serde_json::from_slice(body).unwrap();
    validate::generate_content(MODEL, &request)
        .unwrap_or_else(|refusal| panic!("{refusal}: {request:#}"));
    let fields: HashMap<&str, &RawValue> = serde_json::from_slice(body).unwrap();
    let items: Vec<&RawValue> = serde_json::from_str(fields["contents"].get()).unwrap();
    items.iter().map(|item| item.get().to_owned()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_grown_history_is_accepted_and_only_adds_to_the_request(exchanges in vec(exchange(), 1..5)) {
        let transport = Arc::new(MemoryTransport::default());
        let http = HttpClient::new(Arc::clone(&transport)).with_retry_policy(RetryPolicy::never());
        let builder = GeminiEngine::builder(MODEL).base_url("http://model.test/v1beta");
        let engine = builder.http_client(http).build().unwrap();
        let mut turn = Turn::builder().system("Be terse.").build();
        let mut before: Vec<String> = Vec::new();
        for (prompt, said) in &exchanges {
            turn.push(Block::user(prompt));
            for made in said {
                turn.push(block(made));
            }
            let now = sent(&engine, &transport, &turn);
            assert!(now.starts_with(&before), "{before:#?}\n{now:#?}");
            // Calls wait for their answers until the model goes on without them.
            if !turn.pending_tool_calls(0).is_empty() {
                turn.push(Block::user("And?"));
                turn.push(Block::llm_text("Next."));
            }
            let now = sent(&engine, &transport, &turn);
            // A prompt that ends a history with the model's turn is of this request only.
            let own = |content: &String| content.contains(geppetto_turns::repair::CONTINUE);
            before = now;
            if before.last().is_some_and(own) {
                before.pop();
            }
        }
    }
}
