//! A complete Responses call over an in-memory transport.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

use std::{sync::Arc, time::Duration};

use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext};
use geppetto_events::{EventSink, MemorySink};
use geppetto_providers_openai::{ResponsesEngine, ResponsesOptions};
use geppetto_transport::{
    ApiKey, HttpClient, HttpTransport, Request, Response, TransportError,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{Block, FinishClass, Incomplete, Turn};
use http::StatusCode;
use serde_json::{Value, json};

/// A transport that can be inspected while the engine uses it.
#[derive(Debug, Clone)]
struct Shared(Arc<MemoryTransport>);

#[async_trait::async_trait]
impl HttpTransport for Shared {
    async fn send(&self, request: Request) -> Result<Response, TransportError> {
        self.0.send(request).await
    }
}

struct Stage {
    transport: Arc<MemoryTransport>,
    engine: ResponsesEngine,
    sink: Arc<MemorySink>,
    ctx: RunContext,
}

impl Stage {
    fn new(replies: impl IntoIterator<Item = Reply>) -> Self {
        let transport = Arc::new(MemoryTransport::new(replies));
        let engine = ResponsesEngine::builder("gpt-5")
            .base_url("http://model.test/v1")
            .api_key(ApiKey::new("sk-very-secret-0123456789"))
            .http_client(HttpClient::new(Shared(Arc::clone(&transport))))
            .options(ResponsesOptions::new().with_verbosity("low"))
            .build()
            .unwrap();
        let sink = Arc::new(MemorySink::new());
        let ctx = RunContext::new().with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
        Self {
            transport,
            engine,
            sink,
            ctx,
        }
    }

    fn sent(&self) -> Vec<Value> {
        let requests = self.transport.requests();
        let body = |request: &Request| serde_json::from_slice(request.body()).unwrap();
        requests.iter().map(body).collect()
    }

    fn names(&self) -> Vec<String> {
        let events = self.sink.events();
        events
            .iter()
            .map(|event| event.type_name().to_owned())
            .collect()
    }
}

fn sse(events: &[Value]) -> String {
    let event = |value: &Value| {
        format!(
            "event: {}\ndata: {value}\n\n",
            value["type"].as_str().unwrap()
        )
    };
    events.iter().map(event).collect()
}

fn text(delta: &str) -> Value {
    json!({"type": "response.output_text.delta", "output_index": 0, "content_index": 0,
        "item_id": "msg_1", "delta": delta})
}

fn message(text: &str) -> Value {
    json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
        "content": [{"type": "output_text", "text": text, "annotations": []}]})
}

fn completed(output: &Value) -> Value {
    json!({"type": "response.completed", "response": {"id": "resp_1", "object": "response",
        "status": "completed", "model": "gpt-5-2025", "output": output,
        "usage": {"input_tokens": 5, "output_tokens": 3}}})
}

#[tokio::test(start_paused = true)]
async fn a_second_turn_sends_back_what_the_first_one_got() {
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "status": "completed",
        "summary": [{"type": "summary_text", "text": "Need it."}], "encrypted_content": "sealed"});
    let call = json!({"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "weather",
        "arguments": "{\"city\": \"Bern\"}", "status": "completed"});
    let first = completed(&json!([reasoning, call]));
    let stage = Stage::new([
        Reply::ok().chunk(first["response"].to_string()),
        Reply::ok().chunk(sse(&[text("Rain"), completed(&json!([message("Rain")]))])),
    ]);
    let mut turn = Turn::builder().user("Weather in Bern?").build();
    let result = stage
        .engine
        .run_inference(&stage.ctx, &mut turn)
        .await
        .unwrap();
    assert_eq!(result.finish_class, FinishClass::ToolCallsPending);
    turn.push(Block::tool_result("call_1", "rain"));
    let result = stage
        .engine
        .run_inference(&stage.ctx, &mut turn)
        .await
        .unwrap();
    assert_eq!(result.finish_class, FinishClass::Completed);
    assert_eq!(result.provider, "open_responses");
    assert_eq!(result.response_id.as_deref(), Some("resp_1"));
    assert_eq!(turn.assistant_text(), "Rain");
    let sent = stage.sent();
    let input = sent[1]["input"].as_array().unwrap();
    let mut expected = [reasoning, call];
    for item in &mut expected {
        item.as_object_mut().unwrap().remove("status");
    }
    assert_eq!(input[1..3], expected);
    assert_eq!(
        input[3],
        json!({"type": "function_call_output", "call_id": "call_1", "output": "rain"})
    );
    assert_eq!(input[0], sent[0]["input"][0]);
    assert_eq!(sent[0]["store"], false);
}

#[tokio::test(start_paused = true)]
async fn an_error_before_any_output_is_tried_again() {
    let overloaded = json!({"type": "error", "code": "server_is_overloaded", "message": "later"});
    let stage = Stage::new([
        Reply::new(StatusCode::SERVICE_UNAVAILABLE).chunk("busy"),
        Reply::ok().chunk(sse(&[overloaded])),
        Reply::ok().chunk(sse(&[text("ok"), completed(&json!([]))])),
    ]);
    let mut turn = Turn::builder().user("hi").build();
    stage
        .engine
        .run_inference(&stage.ctx, &mut turn)
        .await
        .unwrap();
    assert_eq!(stage.sent().len(), 3);
    assert_eq!(turn.assistant_text(), "ok");
    let told = stage.names().iter().filter(|name| *name == "info").count();
    assert_eq!(told, 2);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_again_once_something_was_published() {
    let stage = Stage::new([Reply::ok().chunk(sse(&[text("half")]))]);
    let mut turn = Turn::builder().user("hi").build();
    let error = stage
        .engine
        .run_inference(&stage.ctx, &mut turn)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Truncated);
    assert_eq!(stage.sent().len(), 1);
    let block = turn.blocks.last().unwrap();
    assert_eq!(block.text(), Some("half"));
    assert_eq!(block.incomplete(), Some(Incomplete::Truncated));
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_run_ends_at_once_and_keeps_what_arrived() {
    let stage = Stage::new([Reply::ok().chunk(sse(&[text("half")])).hang()]);
    let mut turn = Turn::builder().user("hi").build();
    let canceller = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        stage.ctx.cancel();
    };
    let started = tokio::time::Instant::now();
    let (outcome, ()) = tokio::join!(stage.engine.run_inference(&stage.ctx, &mut turn), canceller);
    assert!(outcome.unwrap_err().is_cancelled());
    assert_eq!(started.elapsed(), Duration::from_secs(1));
    let block = turn.blocks.last().unwrap();
    assert_eq!(block.incomplete(), Some(Incomplete::Cancelled));
    assert!(stage.names().contains(&"interrupt".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_by_status_keeps_the_providers_words_and_no_secret() {
    let body = json!({"error": {"message": "bad key sk-very-secret-0123456789", "code":
        "invalid_api_key", "type": "invalid_request_error"}});
    let stage = Stage::new([Reply::new(StatusCode::UNAUTHORIZED).chunk(body.to_string())]);
    let mut turn = Turn::builder().user("hi").build();
    let error = stage
        .engine
        .run_inference(&stage.ctx, &mut turn)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.status()),
        (ErrorKind::Authentication, Some(401))
    );
    assert_eq!(error.provider_code(), Some("invalid_api_key"));
    assert!(!format!("{error:?} {error}").contains("very-secret"));
    assert_eq!(turn.blocks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn bodies_that_are_no_response_are_errors() {
    let cases = [
        (
            "<html><title>Bad gateway</title></html>",
            ErrorKind::MalformedResponse,
        ),
        (r#"{"choices": []}"#, ErrorKind::MalformedResponse),
        (r#"{"id": "resp", "output": ["#, ErrorKind::Truncated),
        (
            r#"{"error": {"code": "rate_limit_exceeded"}}"#,
            ErrorKind::RateLimited,
        ),
        ("", ErrorKind::Truncated),
        ("data: {\"type\": \"resp\n\n", ErrorKind::MalformedResponse),
        ("data: [DONE]\n\n", ErrorKind::Truncated),
    ];
    for (body, kind) in cases {
        let replies = (0..5).map(|_| Reply::ok().chunk(body.as_bytes().to_vec()));
        let stage = Stage::new(replies);
        let mut turn = Turn::builder().user("hi").build();
        let error = stage
            .engine
            .run_inference(&stage.ctx, &mut turn)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{body}");
    }
}

#[tokio::test(start_paused = true)]
async fn tokens_are_counted_from_the_same_request() -> Result<(), EngineError> {
    let counted = json!({"object": "response.input_tokens", "input_tokens": 11});
    let stage = Stage::new([
        Reply::ok().chunk(counted.to_string()),
        Reply::ok().chunk(sse(&[completed(&json!([message("ok")]))])),
    ]);
    let mut turn = Turn::builder().system("Be terse.").user("hi").build();
    assert_eq!(
        stage.engine.count_input_tokens(&stage.ctx, &turn).await?,
        11
    );
    assert!(stage.names().is_empty());
    stage.engine.run_inference(&stage.ctx, &mut turn).await?;
    let [count, reply] = &stage.sent()[..] else {
        panic!("not two requests");
    };
    assert_eq!(count["input"], reply["input"]);
    assert_eq!(count["text"], reply["text"]);
    assert!(count.get("stream").is_none() && count.get("store").is_none());
    let urls: Vec<String> = stage
        .transport
        .requests()
        .iter()
        .map(|r| r.url().to_owned())
        .collect();
    let base = "http://model.test/v1/responses";
    assert_eq!(urls, [format!("{base}/input_tokens"), base.to_owned()]);
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn reasoning_that_was_shown_is_kept_when_nobody_waits_any_more() {
    let begun = [
        json!({"type": "response.created", "response": {"id": "resp_1", "model": "gpt-5"}}),
        json!({"type": "response.output_item.added", "output_index": 0,
            "item": {"type": "reasoning", "id": "rs_1", "summary": []}}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0,
            "item_id": "rs_1", "summary_index": 0, "delta": "First "}),
        json!({"type": "response.reasoning_summary_text.delta", "output_index": 0,
            "item_id": "rs_1", "summary_index": 1, "delta": "second"}),
    ];
    let done = json!({"type": "response.output_item.done", "output_index": 0, "item": {
    "type": "reasoning", "id": "rs_1", "encrypted_content": "sealed", "summary": [
        {"type": "summary_text", "text": "First part."},
        {"type": "summary_text", "text": "second part."},
    ]}});
    for whole in [false, true] {
        let mut events = begun.to_vec();
        events.extend(whole.then(|| done.clone()));
        let stage = Stage::new([Reply::ok().chunk(sse(&events)).hang()]);
        let mut turn = Turn::builder().user("think").build();
        let asked = stage.engine.run_inference(&stage.ctx, &mut turn);
        let waited = tokio::time::timeout(Duration::from_secs(1), asked).await;
        assert!(waited.is_err(), "the reply does not end");

        let block = turn.blocks.last().unwrap();
        let geppetto_turns::Content::Reasoning(reasoning) = &block.content else {
            panic!("{block:?}");
        };
        let parts: Vec<&str> = reasoning
            .summary
            .iter()
            .map(|part| part.text.as_str())
            .collect();
        assert_eq!(reasoning.item_id.as_deref(), Some("rs_1"));
        if whole {
            assert_eq!(parts, ["First part.", "second part."]);
            assert_eq!(reasoning.encrypted_content.as_deref(), Some("sealed"));
            assert_eq!(block.incomplete(), None);
        } else {
            assert_eq!(parts, ["First ", "second"]);
            assert_eq!(block.incomplete(), Some(Incomplete::Failed));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_body_that_stays_open_after_the_end_of_the_stream_is_left_after_10_ms() {
    let events = sse(&[text("Rain"), completed(&json!([message("Rain")]))]);
    let stage = Stage::new([Reply::ok().chunk(events).hang()]);
    let mut turn = Turn::builder().user("Weather?").build();
    let started = tokio::time::Instant::now();
    let result = stage.engine.run_inference(&stage.ctx, &mut turn).await;
    assert_eq!(result.unwrap().finish_class, FinishClass::Completed);
    assert_eq!(started.elapsed(), Duration::from_millis(10));
}
