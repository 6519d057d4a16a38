//! Replies in other forms than requested, as sent by gateways and older servers.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use geppetto_engine::{Engine, EngineError, ErrorKind, RunContext};
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_transport::{
    HttpClient, RetryPolicy,
    memory::{MemoryTransport, Reply},
};
use geppetto_turns::{FinishClass, InferenceResult, Turn};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

const EVENTS: &str = "text/event-stream";
const LINES: &str = "application/x-ndjson";
const JSON: &str = "application/json";

fn client(body: &str, content_type: &'static str) -> HttpClient {
    let content_type = HeaderValue::from_static(content_type);
    let mut reply = Reply::new(StatusCode::OK).header(CONTENT_TYPE, content_type);
    for chunk in body.as_bytes().chunks(11) {
        reply = reply.chunk(chunk.to_vec());
    }
    HttpClient::new(MemoryTransport::new([reply])).with_retry_policy(RetryPolicy::never())
}

async fn ask(engine: impl Engine) -> (Turn, Result<InferenceResult, EngineError>) {
    let mut turn = Turn::builder().user("Hi").build();
    let outcome = engine.run_inference(&RunContext::new(), &mut turn).await;
    (turn, outcome)
}

async fn chat(
    body: &str,
    content_type: &'static str,
    stream: bool,
) -> (Turn, Result<InferenceResult, EngineError>) {
    let engine = ChatEngine::builder("m").base_url("http://model.test/v1");
    let engine = engine
        .stream(stream)
        .http_client(client(body, content_type));
    ask(engine.build().unwrap()).await
}

async fn responses(
    body: &str,
    content_type: &'static str,
) -> (Turn, Result<InferenceResult, EngineError>) {
    let engine = ResponsesEngine::builder("m").base_url("http://model.test/v1");
    ask(engine
        .http_client(client(body, content_type))
        .build()
        .unwrap())
    .await
}

fn lines(values: &[Value]) -> String {
    values.iter().map(|value| format!("{value}\n")).collect()
}

fn piece(text: &str, reason: &Value) -> Value {
    json!({"id": "c", "object": "chat.completion.chunk", "choices":
        [{"index": 0, "delta": {"content": text}, "finish_reason": reason}]})
}

#[tokio::test]
async fn chunks_may_come_as_lines() {
    let body = lines(&[piece("Hel", &Value::Null), piece("lo", &json!("stop"))]);
    for content_type in [EVENTS, LINES, JSON] {
        for stream in [true, false] {
            let (turn, outcome) = chat(&body, content_type, stream).await;
            assert_eq!(outcome.unwrap().finish_class, FinishClass::Completed);
            assert_eq!(turn.assistant_text(), "Hello");
        }
    }
    let cut = lines(&[piece("Hel", &Value::Null), piece("lo", &Value::Null)]);
    let (turn, outcome) = chat(&cut, LINES, true).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(turn.assistant_text(), "Hello");
}

#[tokio::test]
async fn one_chunk_alone_is_whole_only_if_it_says_so() {
    let (turn, outcome) = chat(&piece("Hel", &Value::Null).to_string(), JSON, true).await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Truncated);
    assert_eq!(turn.assistant_text(), "Hel");
    let (turn, outcome) = chat(&piece("Hello", &json!("stop")).to_string(), JSON, true).await;
    assert_eq!(outcome.unwrap().finish_class, FinishClass::Completed);
    assert_eq!(turn.assistant_text(), "Hello");
}

#[tokio::test]
async fn a_body_may_call_itself_a_stream() {
    let whole = json!({"id": "c", "object": "chat.completion", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 3, "completion_tokens": 2}});
    for body in [whole.to_string(), format!("{whole:#}\n")] {
        let (turn, outcome) = chat(&body, EVENTS, true).await;
        assert_eq!(outcome.unwrap().usage.unwrap().output_tokens, 2);
        assert_eq!(turn.assistant_text(), "Hello");
    }
    let whole = json!({"id": "r", "object": "response", "status": "completed", "output": [
        {"type": "message", "id": "m", "content": [{"type": "output_text", "text": "Hello"}]}]});
    let (turn, outcome) = responses(&whole.to_string(), EVENTS).await;
    assert_eq!(outcome.unwrap().finish_class, FinishClass::Completed);
    assert_eq!(turn.assistant_text(), "Hello");
}

#[tokio::test]
async fn events_of_responses_may_come_as_lines() {
    let body = lines(&[
        json!({"type": "response.created", "response": {"id": "r"}}),
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": "Hel"}),
        json!({"type": "response.output_text.delta", "output_index": 0, "delta": "lo"}),
        json!({"type": "response.completed", "response": {"id": "r", "status": "completed"}}),
    ]);
    let (turn, outcome) = responses(&body, LINES).await;
    assert_eq!(outcome.unwrap().response_id.as_deref(), Some("r"));
    assert_eq!(turn.assistant_text(), "Hello");
}

#[tokio::test]
async fn choices_may_hold_text_alone() {
    let choice = |text: &str, reason: Value| {
        json!({"id": "c", "object": "text_completion", "choices":
            [{"index": 0, "text": text, "logprobs": null, "finish_reason": reason}]})
    };
    let whole = choice("Hello", json!("stop")).to_string();
    let (turn, outcome) = chat(&whole, JSON, false).await;
    assert_eq!(outcome.unwrap().finish_class, FinishClass::Completed);
    assert_eq!(turn.assistant_text(), "Hello");
    let events = [
        choice("Hel", Value::Null),
        choice("lo", Value::Null),
        choice("", json!("length")),
    ];
    let body: String = events
        .iter()
        .map(|event| format!("data: {event}\n\n"))
        .collect();
    let (turn, outcome) = chat(&body, EVENTS, true).await;
    assert_eq!(outcome.unwrap().finish_class, FinishClass::MaxTokens);
    assert_eq!(turn.assistant_text(), "Hello");
    // The text of an unrequested second choice is kept separately.
    let two = json!({"choices": [{"index": 0, "text": "a", "finish_reason": "stop"},
        {"index": 1, "text": "b", "finish_reason": "stop"}]});
    let (turn, outcome) = chat(&two.to_string(), JSON, false).await;
    assert_eq!(turn.assistant_text(), "a");
    let others = outcome.unwrap().details.get("other_choices").cloned();
    assert_eq!(others.unwrap().pointer("/0/text"), Some(&json!("b")));
}
