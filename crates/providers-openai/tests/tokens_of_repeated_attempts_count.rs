//! The tokens of an attempt that broke off before any output and was retried count towards the run.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use geppetto_engine::{Engine, RunContext};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{Turn, Usage};

const BASE_URL: &str = "http://model.test/v1";

fn client(bodies: [String; 2]) -> HttpClient {
    HttpClient::new(MemoryTransport::new(
        bodies.map(|body| Reply::ok().chunk(body)),
    ))
}

fn events(data: &[&str]) -> String {
    data.iter()
        .map(|data| format!("data: {data}\n\n"))
        .collect()
}

/// Returns the usage of the result, and that of the run.
async fn ask(engine: impl Engine) -> (Option<(u64, u64)>, (u64, u64)) {
    let tokens = |usage: &Usage| (usage.input_tokens, usage.output_tokens);
    let (ctx, mut turn) = (RunContext::new(), Turn::builder().user("Hi").build());
    let result = engine.run_inference(&ctx, &mut turn).await.unwrap();
    (
        result.usage.as_ref().map(tokens),
        tokens(&ctx.total_usage()),
    )
}

#[tokio::test(start_paused = true)]
async fn on_chat_completions() {
    let broken = events(&[
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":0}}"#,
        r#"{"error":{"message":"m","type":"overloaded_error"}}"#,
    ]);
    let whole = events(&[
        r#"{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}"#,
        r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#,
        "[DONE]",
    ]);
    let engine = ChatEngine::builder("m").base_url(BASE_URL);
    let engine = engine.http_client(client([broken, whole])).build().unwrap();
    assert_eq!(ask(engine).await, (Some((7, 2)), (14, 2)));
}

#[tokio::test(start_paused = true)]
async fn on_responses() {
    let broken = events(&[
        r#"{"type":"response.failed","response":{"status":"failed","error":{"code":"server_is_overloaded","message":"m"},"usage":{"input_tokens":7,"output_tokens":0}}}"#,
    ]);
    let whole = events(&[
        r#"{"type":"response.output_text.delta","output_index":0,"delta":"Hi"}"#,
        r#"{"type":"response.completed","response":{"id":"r","status":"completed","usage":{"input_tokens":7,"output_tokens":2}}}"#,
    ]);
    let engine = ResponsesEngine::builder("m").base_url(BASE_URL);
    let engine = engine.http_client(client([broken, whole])).build().unwrap();
    assert_eq!(ask(engine).await, (Some((7, 2)), (14, 2)));
}
