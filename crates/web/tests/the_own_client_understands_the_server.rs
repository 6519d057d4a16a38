//! Conversations over the server, with the engines of `geppetto-providers-openai` as its clients, give the
//! same turns as without it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use geppetto_engine::{Engine, ErrorKind};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_session::Session;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_turns::{Content, FinishClass, Turn, keys::turn_meta};
use geppetto_web::{Options, ServeOptions, openai::OpenAi, router, serve};
use proptest::prelude::*;
use serde_json::{Value, json};

/// A reply of the model.
#[derive(Debug, Clone)]
struct Said {
    reasoning: Vec<String>,
    text: Vec<String>,
    /// Arguments of calls of the client's tool, in fragments.
    calls: Vec<Vec<String>>,
    tokens: (u64, u64),
    is_cut: bool,
}

impl Said {
    fn script(&self, first_call: usize) -> Script {
        let mut script = Script::new();
        for piece in &self.reasoning {
            script = script.reasoning(piece.as_str());
        }
        for piece in &self.text {
            script = script.text(piece.as_str());
        }
        for (index, args) in self.calls.iter().enumerate() {
            let id = format!("call_{}", first_call + index);
            script = script.tool_call_in_fragments(id, "echo", args.clone());
        }
        let class = match (self.is_cut, self.calls.is_empty()) {
            (true, true) => FinishClass::MaxTokens,
            _ => FinishClass::Completed,
        };
        script.usage(self.tokens.0, self.tokens.1).finish(class)
    }
}

fn pieces() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zé\\n\"{<∑ ]{1,6}", 1..4)
}

fn said(calls: usize) -> impl Strategy<Value = Said> {
    let reasoning = prop_oneof![Just(Vec::new()), pieces()];
    let args = any::<(u8, bool)>().prop_map(|(n, is_split)| {
        let args = format!("{{\"n\": {n}}}");
        match is_split {
            true => {
                let (a, b) = args.split_at(4);
                vec![a.to_owned(), b.to_owned()]
            }
            false => vec![args],
        }
    });
    let calls = prop::collection::vec(args, calls..=calls);
    (
        reasoning,
        pieces(),
        calls,
        (1..99_u64, 1..99_u64),
        any::<bool>(),
    )
        .prop_map(|(reasoning, text, calls, tokens, is_cut)| Said {
            reasoning,
            text,
            calls,
            tokens,
            is_cut,
        })
}

/// A conversation: prompts, and the replies to each, of which all but the last call tools.
fn conversation() -> impl Strategy<Value = Vec<Vec<Said>>> {
    let rounds = prop::collection::vec((1..3_usize).prop_flat_map(said), 0..3);
    let run = (rounds, said(0)).prop_map(|(mut rounds, last)| {
        rounds.push(last);
        rounds
    });
    prop::collection::vec(run, 1..4)
}

fn engine(conversation: &[Vec<Said>]) -> ScriptedEngine {
    let mut first_call = 0;
    let replies = conversation.iter().flatten();
    ScriptedEngine::new(replies.map(|said| {
        let script = said.script(first_call);
        first_call += said.calls.len();
        script
    }))
}

fn tools() -> ToolRegistry {
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let echo = raw_tool_fn("echo", "Repeats", schema, |args: Value| async move {
        format!("called with {args}")
    });
    ToolRegistry::new().with(echo).unwrap()
}

/// Runs the conversation, and returns its last turn as far as both ways can agree on it.
async fn play(engine: impl Engine + 'static, conversation: &[Vec<Said>]) -> Value {
    let session = Session::new(Builder::new(engine).tools(tools()));
    let mut ends = Vec::new();
    for number in 0..conversation.len() {
        let run = session.submit(format!("prompt {number}")).await.unwrap();
        let turn = run.wait().await.unwrap();
        let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT).unwrap();
        let result = result.unwrap();
        let usage = result.usage.unwrap();
        ends.push(json!([
            result.finish_class,
            usage.input_tokens,
            usage.output_tokens
        ]));
    }
    json!([blocks(&session.latest().unwrap()), ends])
}

fn blocks(turn: &Turn) -> Vec<Value> {
    let blocks = turn.blocks.iter().map(|block| match &block.content {
        Content::ToolCall(call) => json!([call.id, call.name, call.args.as_str()]),
        Content::ToolUse(answer) => json!([answer.id, answer.output()]),
        _ => json!([block.kind().as_str(), block.text(), block.incomplete()]),
    });
    blocks.collect()
}

/// Starts a server; returns its base URL.
async fn server(engine: ScriptedEngine) -> String {
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let app = router(host, Options::new().openai(OpenAi::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, app, ServeOptions::new()));
    format!("http://{address}/v1")
}

async fn over_chat(conversation: &[Vec<Said>], stream: bool) -> Value {
    let url = server(engine(conversation)).await;
    let client = ChatEngine::builder("default").base_url(url).stream(stream);
    play(client.build().unwrap(), conversation).await
}

async fn over_responses(conversation: &[Vec<Said>], stream: bool) -> Value {
    let url = server(engine(conversation)).await;
    let client = ResponsesEngine::builder("default")
        .base_url(url)
        .stream(stream);
    play(client.build().unwrap(), conversation).await
}

/// The server's model breaks off, and is asked again.
#[tokio::test]
async fn a_reply_that_the_server_replaced_is_not_kept() {
    let engine = || {
        let broken = Script::new()
            .reasoning("Hm.")
            .text("Once upon")
            .fail(ErrorKind::Truncated, "cut");
        ScriptedEngine::new([broken, Script::new().text("Another text.")])
    };
    for stream in [true, false] {
        let url = server(engine()).await;
        let client = ResponsesEngine::builder("default")
            .base_url(url)
            .stream(stream);
        let session = Session::new(Builder::new(client.build().unwrap()).tools(tools()));
        let turn = session.submit("Go").await.unwrap().wait().await.unwrap();
        let kept = blocks(&turn);
        assert_eq!(kept.last().unwrap()[1], "Another text.", "{stream}");
        assert_eq!(kept.len(), 2, "{stream}: {kept:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn a_conversation_is_the_same_over_the_server(conversation in conversation()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let direct = play(engine(&conversation), &conversation).await;
            for stream in [true, false] {
                prop_assert_eq!(&over_chat(&conversation, stream).await, &direct, "chat {}", stream);
                let responses = over_responses(&conversation, stream).await;
                prop_assert_eq!(&responses, &direct, "responses {}", stream);
            }
            Ok(())
        })?;
    }
}
