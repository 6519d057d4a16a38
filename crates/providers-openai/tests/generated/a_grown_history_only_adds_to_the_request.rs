use geppetto_engine::{Engine, RunContext};
use geppetto_providers_openai::{ChatEngine, Dialect, ResponsesEngine, responses::keys};
use geppetto_transport::{HttpClient, RetryPolicy, memory::MemoryTransport};
use geppetto_turns::{Block, Content, Incomplete, ToolCall, Turn, repair};
use proptest::{collection::vec, prelude::*};
use serde_json::{Value, value::RawValue};
use std::{collections::HashMap, sync::Arc};

/// Contents that a reply may leave in a history, complete or not, and answers of tools.
#[derive(Debug, Clone)]
enum Said {
    Text(String),
    Refusal(String),
    Reasoning { sealed: bool, own_model: bool },
    Call(String),
    Answer(String),
    Cancelled(String),
}

fn said() -> impl Strategy<Value = Said> {
    let id = || "[a-d]";
    prop_oneof![
        3 => "[a-zé\"\\\\]{0,5}".prop_map(Said::Text),
        1 => "[a-z]{1,5}".prop_map(Said::Refusal),
        3 => any::<(bool, bool)>().prop_map(|(sealed, own_model)| Said::Reasoning { sealed, own_model }),
        4 => id().prop_map(Said::Call),
        3 => id().prop_map(Said::Answer),
        1 => id().prop_map(Said::Cancelled),
    ]
}

fn why() -> impl Strategy<Value = Option<Incomplete>> {
    prop_oneof![
        5 => Just(None),
        1 => Just(Some(Incomplete::Cancelled)),
        1 => Just(Some(Incomplete::Truncated)),
        1 => Just(Some(Incomplete::Failed)),
    ]
}

/// A prompt, and the output of several provider calls; each starts where the flag is set.
type Exchange = (String, Vec<(Said, Option<Incomplete>, bool)>);

fn exchange() -> impl Strategy<Value = Exchange> {
    ("[a-z]{1,6}", vec((said(), why(), any::<bool>()), 0..8))
}

/// Returns the blocks of an exchange, with the ids that the Responses wire keeps on them.
fn blocks((prompt, said): &Exchange, exchange: usize) -> Vec<Block> {
    let mut blocks = vec![Block::user(prompt)];
    let mut call = 0;
    for (at, (said, why, begins_call)) in said.iter().enumerate() {
        call += usize::from(*begins_call);
        let item = format!("i{exchange}_{at}");
        let mut block = match said {
            Said::Text(text) => Block::llm_text(text),
            Said::Refusal(text) => Block::refusal(text),
            Said::Reasoning { .. } => Block::reasoning("hm"),
            Said::Call(id) => Block::tool_call(ToolCall::new(id, "look_up", "{}")),
            Said::Answer(id) => Block::tool_result(id, "21 C"),
            Said::Cancelled(id) => Block::tool_error(id, "cancelled"),
        };
        match (&mut block.content, said) {
            (Content::LlmText(text), _) => text.item_id = Some(item),
            (Content::ToolCall(call), _) => call.item_id = Some(item),
            (Content::Reasoning(reasoning), Said::Reasoning { sealed, own_model }) => {
                reasoning.item_id = Some(item);
                reasoning.encrypted_content = sealed.then(|| "sealed".to_owned());
                let model = if *own_model { "m" } else { "other" };
                block.metadata.set_raw(keys::MODEL.id(), model.into());
            }
            _ => {}
        }
        let response = format!("r{exchange}_{call}");
        let key = keys::RESPONSE_ID.id();
        block.metadata.set_raw(key, response.into());
        blocks.push(match why {
            Some(why) => block.with_incomplete(*why),
            None => block,
        });
    }
    blocks
}

/// Returns what the engine sends for a history: each message as bytes.
fn sent(engine: &dyn Engine, transport: &MemoryTransport, turn: &Turn, list: &str) -> Vec<String> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    // There is no reply; only the request matters.
    let refused = runtime.block_on(engine.run_inference(&RunContext::new(), &mut turn.clone()));
    assert!(refused.is_err());
    let requests = transport.requests();
    let body = requests.last().unwrap().body();
    let fields: HashMap<&str, &RawValue> = serde_json::from_slice(body).unwrap();
    let items: Vec<&RawValue> = serde_json::from_str(fields[list].get()).unwrap();
    items.iter().map(|item| item.get().to_owned()).collect()
}

/// Returns `true` if a list of messages starts with an older one. If consecutive prompts are
/// `joined`, the last prompt of the older one may have grown at its end.
fn starts_with(now: &[String], before: &[String], joined: bool) -> bool {
    let open = before
        .last()
        .filter(|last| joined && last.starts_with(r#"{"role":"user""#));
    let Some(open) = open else {
        return now.starts_with(before);
    };
    let (at, open) = (before.len() - 1, open.trim_end_matches(r#""}"#));
    now.starts_with(&before[..at]) && now.get(at).is_some_and(|last| last.starts_with(open))
}

fn grows(
    exchanges: &[Exchange],
    (list, joins): (&str, bool),
    make: impl Fn(HttpClient) -> Box<dyn Engine>,
) {
    let transport = Arc::new(MemoryTransport::default());
    let http = HttpClient::new(Arc::clone(&transport)).with_retry_policy(RetryPolicy::never());
    let engine = make(http);
    let mut turn = Turn::builder().system("Be terse.").build();
    let mut before: Vec<String> = Vec::new();
    for (number, exchange) in exchanges.iter().enumerate() {
        for block in blocks(exchange, number) {
            turn.push(block);
        }
        let now = sent(&*engine, &transport, &turn, list);
        assert!(starts_with(&now, &before, joins), "{before:#?}\n{now:#?}");
        check_answers(&now);
        let repaired = repair(&turn.blocks).into_iter().collect();
        assert_eq!(repair(&turn.blocks), repair(&repaired));
        // Calls wait for their answers until the model goes on without them.
        if now
            .iter()
            .any(|item| item.contains("has no recorded result"))
        {
            turn.push(Block::user("And?"));
            turn.push(Block::llm_text("Next."));
        }
        before = sent(&*engine, &transport, &turn, list);
    }
}

/// Asserts that there are as many answers as calls, on both wires.
fn check_answers(items: &[String]) {
    let count = |what: &dyn Fn(&Value) -> usize| -> usize {
        let values = items.iter().map(|item| serde_json::from_str(item).unwrap());
        values.map(|value: Value| what(&value)).sum()
    };
    let calls = count(&|item| match item["tool_calls"].as_array() {
        Some(calls) => calls.len(),
        None => usize::from(item["type"] == "function_call"),
    });
    let answers = count(&|item| {
        usize::from(item["role"] == "tool" || item["type"] == "function_call_output")
    });
    assert_eq!(calls, answers, "{items:#?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_grown_history_only_adds_to_a_chat_request(exchanges in vec(exchange(), 1..5)) {
        for (server, joins) in [("openai", false), ("", true)] {
            grows(&exchanges, ("messages", joins), |http| {
                let builder = ChatEngine::builder("m").base_url("http://model.test/v1");
                let builder = builder.options(Dialect::named(server).unwrap_or_default());
                Box::new(builder.http_client(http).build().unwrap())
            });
        }
    }

    #[test]
    fn a_grown_history_only_adds_to_a_responses_request(exchanges in vec(exchange(), 1..5)) {
        grows(&exchanges, ("input", false), |http| {
            let builder = ResponsesEngine::builder("m").base_url("http://model.test/v1");
            Box::new(builder.http_client(http).build().unwrap())
        });
    }
}
