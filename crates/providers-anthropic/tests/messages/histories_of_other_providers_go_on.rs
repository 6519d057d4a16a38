use geppetto_engine::{Engine, RunContext, ToolDefinition, keys};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_testing::{ProviderServer, Reply};
use geppetto_turns::{Block, Turn};
use serde_json::json;

/// An API, with an engine and its replies.
struct Api {
    name: &'static str,
    engine: fn(String) -> Box<dyn Engine>,
    calls: fn() -> Reply,
    says: fn() -> Reply,
}

const APIS: [Api; 4] = [
    Api {
        name: "chat",
        engine: |url| Box::new(ChatEngine::builder("gpt-5").base_url(url).build().unwrap()),
        calls: || {
            Reply::chat()
                .reasoning("Hm.")
                .tool_call("call_1", "look", "{\"a\":1}")
                .into()
        },
        says: || Reply::chat().reasoning("Hm.").text("Yes.").into(),
    },
    Api {
        name: "responses",
        engine: |url| {
            Box::new(
                ResponsesEngine::builder("gpt-5")
                    .base_url(url)
                    .build()
                    .unwrap(),
            )
        },
        calls: || {
            let reply = Reply::responses()
                .summary("Hm.")
                .encrypted_content("sealed");
            reply.tool_call("call_2", "look", "{\"a\":1}").into()
        },
        says: || {
            Reply::responses()
                .summary("Hm.")
                .encrypted_content("sealed")
                .text("Yes.")
                .into()
        },
    },
    Api {
        name: "messages",
        engine: |url| {
            let builder = MessagesEngine::builder("claude-sonnet-4-5").base_url(url);
            Box::new(builder.build().unwrap())
        },
        calls: || {
            Reply::messages()
                .thinking("Hm.")
                .tool_call("toolu_1", "look", "{\"a\":1}")
                .into()
        },
        says: || Reply::messages().thinking("Hm.").text("Yes.").into(),
    },
    Api {
        name: "gemini",
        engine: |url| {
            let url = url.trim_end_matches("/v1").to_owned();
            Box::new(
                GeminiEngine::builder("gemini-3-pro")
                    .base_url(url)
                    .build()
                    .unwrap(),
            )
        },
        calls: || {
            let reply = Reply::gemini()
                .thought("Hm.")
                .function_call("look", &json!({"a": 1}));
            reply.signed("c2lnbmVk").into()
        },
        says: || Reply::gemini().thought("Hm.").text("Yes.").into(),
    },
];

/// Asks for a reply, with its calls answered.
async fn ask(server: &ProviderServer, api: &Api, turn: &mut Turn, reply: Reply) {
    server.enqueue(reply);
    let engine = (api.engine)(server.base_url());
    let outcome = engine.run_inference(&RunContext::new(), turn).await;
    outcome.unwrap_or_else(|error| panic!("{}: {error:?}", api.name));
    let calls = turn.pending_tool_calls(0);
    let ids: Vec<String> = calls.into_iter().map(|call| call.id.clone()).collect();
    ids.into_iter()
        .for_each(|id| turn.push(Block::tool_result(id, "seen")));
}

/// Each API goes on with the history of each other one, in the middle of calls and after an answer.
#[tokio::test]
async fn with_reasoning_and_calls_in_them() {
    let server = ProviderServer::start().await.unwrap();
    let tool = ToolDefinition::new(
        "look",
        "Looks.",
        json!({"type": "object", "properties": {}}),
    );
    for first in &APIS {
        for second in &APIS {
            for third in &APIS {
                let mut turn = Turn::builder().system("Be brief.").user("Hi").build();
                turn.data
                    .set(&keys::TOOL_DEFINITIONS, &vec![tool.clone()])
                    .unwrap();
                ask(&server, first, &mut turn, (first.calls)()).await;
                ask(&server, second, &mut turn, (second.says)()).await;
                turn.push_user("And now?", []);
                ask(&server, third, &mut turn, (third.calls)()).await;
                ask(&server, first, &mut turn, (first.says)()).await;
            }
        }
    }
}
