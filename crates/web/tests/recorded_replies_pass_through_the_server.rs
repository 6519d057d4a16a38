//! Recorded replies of providers, read by an engine below the server and sent on by the server, give its
//! client what they give a direct one.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::{fs, path::PathBuf, sync::Arc, time::Duration};

use geppetto_engine::{Engine, RunContext, ToolDefinition, keys};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_store::MemoryStore;
use geppetto_transport::{
    HttpClient, ReqwestTransport, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{Content, Turn};
use geppetto_web::{Options, ServeOptions, openai::OpenAi, router, serve};
use http::StatusCode;
use serde_json::{Value, json};

struct Case {
    name: String,
    meta: Value,
    body: Vec<u8>,
    is_chat: bool,
}

fn cases(wire: &str) -> Vec<Case> {
    let root: PathBuf = [
        env!("CARGO_MANIFEST_DIR"),
        "../../../shared/recordings",
        wire,
    ]
    .iter()
    .collect();
    let mut folders: Vec<PathBuf> = fs::read_dir(root)
        .unwrap()
        .map(|own| own.unwrap().path())
        .collect();
    folders.sort();
    let cases = folders.into_iter().map(|folder| {
        let meta = fs::read(folder.join("meta.json")).unwrap();
        let meta: Value = serde_json::from_slice(&meta).unwrap();
        let body = fs::read(folder.join(meta["response_file"].as_str().unwrap())).unwrap();
        Case {
            name: folder.file_name().unwrap().to_string_lossy().into_owned(),
            meta,
            body,
            is_chat: wire == "openai-chat",
        }
    });
    cases.collect()
}

fn engine(case: &Case, url: &str, http: HttpClient) -> Arc<dyn Engine> {
    let is_stream = case.meta["response_file"] == "response.sse";
    if case.is_chat {
        let engine = ChatEngine::builder("default")
            .base_url(url)
            .http_client(http);
        return Arc::new(engine.stream(is_stream).build().unwrap());
    }
    let engine = ResponsesEngine::builder("default")
        .base_url(url)
        .http_client(http);
    Arc::new(engine.stream(is_stream).build().unwrap())
}

/// An engine that reads the recording.
fn replayed(case: &Case) -> Arc<dyn Engine> {
    let status = case.meta["status"].as_u64().unwrap();
    let mut reply = Reply::new(StatusCode::from_u16(status.try_into().unwrap()).unwrap());
    for chunk in case.body.chunks(701) {
        reply = reply.chunk(chunk.to_vec());
    }
    let http = HttpClient::new(MemoryTransport::new([reply]));
    engine(
        case,
        "http://model.test/v1",
        http.with_retry_policy(RetryPolicy::never()),
    )
}

/// Runs an engine; returns what a client has of its reply, `None` if it failed.
async fn read(engine: &dyn Engine, tools: &[String]) -> Option<Value> {
    let mut turn = Turn::builder().user("x").build();
    if !tools.is_empty() {
        let any = || json!({"type": "object", "properties": {}});
        let tools: Vec<ToolDefinition> = tools
            .iter()
            .map(|name| ToolDefinition::new(name, "", any()))
            .collect();
        turn.data.set(&keys::TOOL_DEFINITIONS, &tools).unwrap();
    }
    let result = engine.run_inference(&RunContext::new(), &mut turn).await;
    let result = result.ok()?;
    let (mut text, mut refusal, mut calls) = (String::new(), String::new(), Vec::new());
    for block in turn.blocks.iter().skip(1) {
        match &block.content {
            Content::LlmText(said) if said.refusal => refusal.push_str(&said.text),
            Content::LlmText(said) => text.push_str(&said.text),
            Content::ToolCall(call) if block.incomplete().is_none() => {
                calls.push(json!([call.id, call.name, call.args.as_str()]));
            }
            _ => {}
        }
    }
    let usage = result.usage.unwrap_or_default();
    Some(json!({"text": text, "refusal": refusal, "calls": calls,
        "class": result.finish_class, "usage": [usage.input_tokens, usage.output_tokens,
            usage.cached_tokens, usage.reasoning_tokens]}))
}

async fn served(case: &Case, tools: &[String]) -> Option<Value> {
    let host = Host::new(MemoryStore::new(), Builder::new(replayed(case)));
    let app = router(host, Options::new().openai(OpenAi::new()));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1", listener.local_addr().unwrap());
    let server = tokio::spawn(serve(listener, app, ServeOptions::new()));
    let http = HttpClient::new(ReqwestTransport::new().unwrap());
    let client = engine(case, &url, http.with_retry_policy(RetryPolicy::never()));
    let limit = Duration::from_secs(20);
    let seen = tokio::time::timeout(limit, read(&*client, tools)).await;
    server.abort();
    seen.unwrap_or_else(|_| Some("it hangs".into()))
}

/// Recordings of a provider that replaces a text that it has sent: in a stream of responses the first
/// text stays, as an incomplete item that is not part of the final output.
const REPLACED: [&str; 1] = ["ai-openai-shell-container-1-75b82d3e"];

/// Removes what differs from run to run, and what the protocol cannot say.
fn comparable(case: &Case, seen: Option<Value>) -> Option<Value> {
    let mut seen = seen?;
    let body = String::from_utf8_lossy(&case.body);
    for call in seen["calls"].as_array_mut().into_iter().flatten() {
        // The id of a call without one is random.
        if !call[0].as_str().is_some_and(|id| body.contains(id)) {
            call[0] = Value::Null;
        }
    }
    // Such as that of a reply that continues in the background of its provider.
    if seen["class"] == "unknown" {
        seen["class"] = "completed".into();
    }
    Some(seen)
}

async fn check(wire: &str) {
    let (mut failures, mut equal, mut failed) = (Vec::new(), 0, 0);
    for case in cases(wire) {
        let direct = read(&*replayed(&case), &[]).await;
        let calls = direct.as_ref().and_then(|own| own["calls"].as_array());
        let names = calls.into_iter().flatten();
        let mut names: Vec<String> = names
            .map(|call| call[1].as_str().unwrap().to_owned())
            .collect();
        names.sort();
        names.dedup();
        let served = comparable(&case, served(&case, &names).await);
        let direct = comparable(&case, direct);
        match (&direct, &served) {
            (None, None) => failed += 1,
            _ if direct == served => equal += 1,
            _ if REPLACED.contains(&case.name.as_str()) => {}
            _ => failures.push(format!("{}:\n  {direct:?}\n  {served:?}", case.name)),
        }
    }
    assert!(
        failures.is_empty(),
        "{} differ:\n{}",
        failures.len(),
        failures.join("\n")
    );
    assert!(equal > 50, "{equal} are equal, {failed} failed both ways");
}

#[tokio::test]
#[ignore = "needs ../shared"]
async fn of_chat_completions() {
    check("openai-chat").await;
}

#[tokio::test]
#[ignore = "needs ../shared"]
async fn of_responses() {
    check("openai-responses").await;
}
