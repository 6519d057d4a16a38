//! Messages.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError};
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_testing::{Reply, validate};
use geppetto_transport::HttpClient;
use geppetto_turns::FinishClass;
use serde_json::{Value, json};

use super::{Adapter, whole_events};
use crate::recordings::{
    expectation::Ending,
    recording::{Expected, ExpectedUsage, Recording},
};

pub(super) const ADAPTER: Adapter = Adapter {
    provider: "anthropic",
    engine,
    further,
    ending,
    is_over,
    accepts: |_, body| validate::messages_request(body),
    class,
    usage,
    looks_complete: |_| false,
    uncounted_reasoning: |_| None,
    is_text: |_| true,
};

fn engine(
    http: HttpClient,
    base_url: String,
    stream: bool,
) -> Result<Arc<dyn Engine>, EngineError> {
    let engine = MessagesEngine::builder("replayed")
        .base_url(base_url)
        .http_client(http)
        .stream(stream)
        .build()?;
    Ok(Arc::new(engine))
}

fn further() -> Reply {
    let body = json!({"id": "msg", "type": "message", "role": "assistant", "model": "replayed",
        "content": [{"type": "text", "text": "Further."}], "stop_reason": "end_turn"});
    Reply::raw(200, "application/json", body.to_string())
}

/// A stream is complete with a stop reason or with its last event; a single body with its content.
fn ending(recording: &Recording) -> Ending {
    let values = recording.values();
    if !recording.meta.response_file.ends_with(".sse") {
        return match values.iter().any(|body| body.get("content").is_some()) {
            true => Ending::Complete,
            false => Ending::NoReply,
        };
    }
    match values.iter().any(is_last) {
        true => Ending::Complete,
        false => Ending::Truncated,
    }
}

fn is_over(arrived: &[u8]) -> bool {
    whole_events(arrived).iter().any(|data| {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        data.trim() == "[DONE]" || is_last(&event)
    })
}

/// Returns `true` if an event is the last one, or contains the stop reason.
fn is_last(event: &Value) -> bool {
    let reason = |place| event.pointer(place).is_some_and(Value::is_string);
    event.get("type") == Some(&"message_stop".into())
        || reason("/delta/stop_reason")
        || reason("/message/stop_reason")
}

fn class(expected: &Expected) -> Option<FinishClass> {
    Some(match expected.finish_reason() {
        "end_turn" | "stop_sequence" => FinishClass::Completed,
        "tool_use" => FinishClass::ToolCallsPending,
        "max_tokens" => FinishClass::MaxTokens,
        "pause_turn" => FinishClass::Paused,
        "refusal" => FinishClass::Refused,
        "model_context_window_exceeded" => FinishClass::ContextWindow,
        _ => return None,
    })
}

/// The input of the API does not include what the cache read and wrote.
fn usage(usage: ExpectedUsage, raw: &Value) -> ExpectedUsage {
    let count = |name: &str| raw.get(name).and_then(Value::as_u64).unwrap_or_default();
    let cache = count("cache_read_input_tokens") + count("cache_creation_input_tokens");
    ExpectedUsage {
        input: usage.input.map(|input| input + cache),
        ..usage
    }
}
