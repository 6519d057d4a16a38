use geppetto_engine::{ErrorKind, keys};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::{MemoryStore, Page};
use geppetto_testing::{Gate, Script, ScriptedEngine};
use geppetto_toolloop::{ToolRegistry, raw_tool_fn};
use geppetto_turns::Turn;
use geppetto_web::{Options, Profile, openai::OpenAi};
use serde_json::{Value, json};

use crate::support::{Reply, Server, paying};

pub(crate) const CHAT: &str = "/v1/chat/completions";

pub(crate) async fn server(engine: &ScriptedEngine) -> Server {
    let host = Host::new(MemoryStore::new(), Builder::new(engine.clone()));
    Server::of(host, Options::new().openai(OpenAi::new())).await
}

pub(crate) fn hello() -> ScriptedEngine {
    ScriptedEngine::always(Script::new().text("Hel").text("lo.").usage(9, 3))
}

/// Returns the data of the events of a stream.
pub(crate) fn data(reply: &Reply) -> Vec<String> {
    let kind = reply.header("content-type").unwrap_or_default();
    assert!(kind.starts_with("text/event-stream"), "{reply:?}");
    let lines = reply.body.lines();
    let lines = lines.filter_map(|line| line.strip_prefix("data:"));
    lines.map(|line| line.trim_start().to_owned()).collect()
}

/// Returns the chunks of a complete stream.
pub(crate) fn chunks(reply: &Reply) -> Vec<Value> {
    let mut data = data(reply);
    assert_eq!(data.pop().as_deref(), Some("[DONE]"), "{reply:?}");
    let chunks = data.iter().map(|own| serde_json::from_str(own).unwrap());
    chunks.collect()
}

pub(crate) fn content(chunks: &[Value]) -> String {
    let texts = chunks
        .iter()
        .filter_map(|own| own["choices"][0]["delta"]["content"].as_str());
    texts.collect()
}

fn user(text: &str) -> Value {
    json!([{"role": "user", "content": text}])
}

fn pick() -> Value {
    json!([{"type": "function", "function": {"name": "pick", "description": "Picks",
        "parameters": {"type": "object", "properties": {"n": {"type": "integer"}}}}}])
}

fn text(turn: &Turn) -> Vec<(&'static str, String)> {
    let blocks = turn.blocks.iter();
    let said = blocks.map(|own| {
        let text = match own.as_tool_use() {
            Some(answer) => answer.output(),
            None => own.text().unwrap_or_default().to_owned(),
        };
        (own.kind().as_str(), text)
    });
    said.collect()
}

#[tokio::test]
async fn a_completion_as_a_whole() {
    let server = server(&hello()).await;
    let body = json!({"model": "default", "messages": user("Hi")});
    let reply = server.post(CHAT, &body).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    let body = reply.json();
    assert!(body["id"].as_str().unwrap().starts_with("chatcmpl-"));
    assert!(body["created"].as_u64().unwrap() > 1_700_000_000);
    assert_eq!(
        (&body["object"], &body["model"]),
        (&"chat.completion".into(), &"default".into())
    );
    let choice = &body["choices"][0];
    assert_eq!(choice["message"]["content"], "Hello.");
    assert_eq!(choice["message"]["role"], "assistant");
    assert_eq!(choice["finish_reason"], "stop");
    assert_eq!(body["usage"]["total_tokens"], 12);
}

#[tokio::test]
async fn a_completion_as_a_stream() {
    let server = server(&hello()).await;
    let body = json!({"model": "default", "stream": true, "messages": user("Hi"),
        "stream_options": {"include_usage": true}});
    let reply = server.post(CHAT, &body).await;
    let chunks = chunks(&reply);
    assert_eq!(content(&chunks), "Hello.");
    assert_eq!(chunks[0]["choices"][0]["delta"]["role"], "assistant");
    let ids: Vec<&Value> = chunks.iter().map(|own| &own["id"]).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
    let last = chunks.last().unwrap();
    assert_eq!(
        (&last["choices"], &last["usage"]["total_tokens"]),
        (&json!([]), &12.into())
    );
    assert_eq!(
        chunks[chunks.len() - 2]["choices"][0]["finish_reason"],
        "stop"
    );

    let body = json!({"stream": true, "messages": user("Hi")});
    let chunks = crate::chat_completions::chunks(&server.post(CHAT, &body).await);
    assert!(
        chunks
            .iter()
            .all(|own| own.get("usage").is_none() && own["choices"][0].is_object())
    );
}

#[tokio::test]
async fn the_clients_own_tools_end_the_reply() {
    let engine = ScriptedEngine::new([
        Script::new()
            .text("One moment.")
            .tool_call("c1", "pick", r#"{"n": 1}"#),
        Script::new().text("Seven."),
    ]);
    let server = server(&engine).await;
    let first = json!({"messages": user("Pick"), "tools": pick(), "tool_choice": "required"});
    let reply = server.post(CHAT, &first).await.json();
    let choice = &reply["choices"][0];
    assert_eq!(choice["finish_reason"], "tool_calls", "{reply}");
    let call = json!({"id": "c1", "type": "function",
        "function": {"name": "pick", "arguments": "{\"n\": 1}"}});
    assert_eq!(choice["message"]["tool_calls"], json!([call]));
    let config = engine.turns()[0]
        .data
        .get(&keys::TOOL_CONFIG)
        .unwrap()
        .unwrap();
    assert_eq!(config.tool_choice, geppetto_engine::ToolChoice::Required);

    let messages = json!([{"role": "system", "content": "Be brief"},
        {"role": "user", "content": "Pick"}, choice["message"],
        {"role": "tool", "tool_call_id": "c1", "content": "7"}]);
    let second = json!({"messages": messages, "tools": pick(), "stream": true});
    let chunks = chunks(&server.post(CHAT, &second).await);
    assert_eq!(content(&chunks), "Seven.");
    assert_eq!(
        text(&engine.turns()[1]),
        [
            ("system", "Be brief".to_owned()),
            ("user", "Pick".to_owned()),
            ("llm_text", "One moment.".to_owned()),
            ("tool_call", String::new()),
            ("tool_use", "7".to_owned()),
        ]
    );
}

#[tokio::test]
async fn tools_of_the_server_run_inside() {
    let engine = ScriptedEngine::new([
        Script::new()
            .text("Let me see.")
            .tool_call("c1", "now", "{}"),
        Script::new().text("It is noon."),
    ]);
    let now = raw_tool_fn("now", "", json!({"type": "object"}), || async { "12:00" });
    let tools = ToolRegistry::new().with(now).unwrap();
    let builder = Builder::new(engine.clone()).tools(tools);
    let host = Host::new(MemoryStore::new(), builder);
    let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
    let reply = server
        .post(CHAT, &json!({"messages": user("Time?"), "tools": pick()}))
        .await;
    let choice = &reply.json()["choices"][0];
    assert_eq!(choice["message"]["content"], "Let me see.\n\nIt is noon.");
    assert_eq!(choice["finish_reason"], "stop");
    assert!(choice["message"].get("tool_calls").is_none());

    let taken = json!([{"type": "function", "function": {"name": "now"}}]);
    let refused = server
        .post(CHAT, &json!({"messages": user("x"), "tools": taken}))
        .await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(
        refused.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("`now`")
    );
}

#[tokio::test]
async fn a_call_that_a_person_must_allow_is_refused() {
    let host = paying(MemoryStore::new()).build();
    let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
    let reply = server
        .post(CHAT, &json!({"messages": user("Pay"), "stream": true}))
        .await;
    let chunks = chunks(&reply);
    assert_eq!(content(&chunks), "It is paid.");
    assert_eq!(
        chunks.last().unwrap()["choices"][0]["finish_reason"],
        "stop"
    );
    let host = paying(MemoryStore::new()).build();
    let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
    let reply = server.post(CHAT, &json!({"messages": user("Pay")})).await;
    assert_eq!(
        reply.json()["choices"][0]["message"]["content"],
        "It is paid."
    );
}

#[tokio::test]
async fn an_error_before_the_first_output_is_a_status() {
    for (kind, status, code) in [
        (ErrorKind::RateLimited, 429, "rate_limit_exceeded"),
        (ErrorKind::ContextTooLong, 400, "context_length_exceeded"),
        (ErrorKind::Authentication, 500, "upstream_authentication"),
        (ErrorKind::Overloaded, 503, "server_overloaded"),
    ] {
        let engine = ScriptedEngine::new([
            Script::new().fail(kind, "it broke"),
            Script::new().fail(kind, "it broke"),
        ]);
        let server = server(&engine).await;
        for stream in [false, true] {
            let reply = server
                .post(CHAT, &json!({"messages": user("x"), "stream": stream}))
                .await;
            assert_eq!(reply.status, status, "{reply:?}");
            let error = &reply.json()["error"];
            assert_eq!(
                (&error["code"], &error["message"]),
                (&code.into(), &"it broke".into())
            );
        }
    }
}

#[tokio::test]
async fn an_error_after_it_is_in_the_stream() {
    let engine = ScriptedEngine::always(
        Script::new()
            .text("Hel")
            .fail(ErrorKind::InvalidRequest, "it broke"),
    );
    let server = server(&engine).await;
    let reply = server
        .post(CHAT, &json!({"messages": user("x"), "stream": true}))
        .await;
    let data = data(&reply);
    let last: Value = serde_json::from_str(data.last().unwrap()).unwrap();
    assert_eq!(last["error"]["message"], "it broke");
    assert!(!data.iter().any(|own| own == "[DONE]"));
}

#[tokio::test]
async fn the_run_ends_when_the_client_goes_away() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    for stream in [true, false] {
        let gate = Gate::new();
        let engine = ScriptedEngine::always(Script::new().text("Hel").hold_at(&gate).text("lo"));
        let cancelled = std::sync::Arc::new(tokio::sync::Notify::new());
        let builder =
            Builder::new(engine).event_sink(std::sync::Arc::new(Stopped(cancelled.clone())));
        let host = Host::new(MemoryStore::new(), builder);
        let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
        let body = json!({"messages": user("x"), "stream": stream}).to_string();
        let request = format!(
            "POST {CHAT} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            server.address,
            body.len()
        );
        let mut client = tokio::net::TcpStream::connect(server.address)
            .await
            .unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        if stream {
            client.read_u8().await.unwrap();
        }
        gate.reached().await;
        drop(client);
        cancelled.notified().await;
    }
}

/// Notes that a run was stopped.
struct Stopped(std::sync::Arc<tokio::sync::Notify>);

impl geppetto_events::EventSink for Stopped {
    fn publish(&self, event: &geppetto_events::Event) {
        if matches!(event.kind, geppetto_events::EventKind::RunStopped(_)) {
            self.0.notify_one();
        }
    }
}

#[tokio::test]
async fn nothing_is_stored_unless_the_application_wants_it() {
    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let count = async |host: &Host| host.list(&Page::newest(10)).await.unwrap().len();
    let server = Server::of(host, Options::new().openai(OpenAi::new())).await;
    server.post(CHAT, &json!({"messages": user("x")})).await;
    assert_eq!(count(&server.host).await, 0);

    let host = Host::new(MemoryStore::new(), Builder::new(hello()));
    let server = Server::of(host, Options::new().openai(OpenAi::new().store_chats())).await;
    server.post(CHAT, &json!({"messages": user("x")})).await;
    assert_eq!(count(&server.host).await, 1);
}

#[tokio::test]
async fn a_model_is_a_profile_or_a_model() {
    let engine = hello();
    let host = Host::new(MemoryStore::new(), Builder::new(engine.clone()));
    let options = Options::new()
        .profile(Profile::new("small").model("small-1"))
        .profile(Profile::new("large").model("large-1"))
        .openai(OpenAi::new().model("org/other:7b"));
    let server = Server::of(host, options).await;
    let models = server.get("/v1/models").await.json();
    let ids: Vec<&str> = models["data"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| own["id"].as_str().unwrap())
        .collect();
    assert_eq!(
        (ids, &models["object"]),
        (vec!["small", "large", "org/other:7b"], &"list".into())
    );
    for (name, ran) in [
        ("large", "large-1"),
        ("org/other:7b", "org/other:7b"),
        ("", "small-1"),
    ] {
        let reply = server
            .post(CHAT, &json!({"model": name, "messages": user("x")}))
            .await;
        assert_eq!(reply.status, 200, "{reply:?}");
        let turns = engine.turns();
        let config = turns
            .last()
            .unwrap()
            .data
            .get(&keys::INFERENCE_CONFIG)
            .unwrap()
            .unwrap();
        assert_eq!(config.model.as_deref(), Some(ran));
        if !name.is_empty() {
            assert_eq!(reply.json()["model"], name);
            let model = server.get(&format!("/v1/models/{name}")).await.json();
            assert_eq!(
                (&model["id"], &model["object"]),
                (&name.into(), &"model".into())
            );
        }
    }
    for reply in [
        server
            .post(CHAT, &json!({"model": "gpt-9", "messages": user("x")}))
            .await,
        server.get("/v1/models/gpt-9").await,
    ] {
        assert_eq!(reply.status, 404);
        let error = &reply.json()["error"];
        assert_eq!(
            (&error["code"], &error["param"]),
            (&"model_not_found".into(), &"model".into())
        );
    }
}
