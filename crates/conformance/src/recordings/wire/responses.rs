//! Responses.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError};
use geppetto_providers_openai::ResponsesEngine;
use geppetto_testing::{Reply, validate, validate::ProviderRefusal};
use geppetto_transport::HttpClient;
use serde_json::{Value, json};

use super::{Adapter, openai, whole_events};
use crate::recordings::{expectation::Ending, recording::Recording};

pub(super) const ADAPTER: Adapter = Adapter {
    provider: "openai-responses",
    engine,
    further,
    ending,
    is_over,
    looks_complete: |_| false,
    accepts,
    class: openai::class,
    usage: openai::usage,
    uncounted_reasoning: |_| None,
    is_text: |_| true,
};

fn engine(
    http: HttpClient,
    base_url: String,
    stream: bool,
) -> Result<Arc<dyn Engine>, EngineError> {
    let engine = ResponsesEngine::builder("replayed")
        .base_url(base_url)
        .http_client(http)
        .stream(stream)
        .build()?;
    Ok(Arc::new(engine))
}

fn further() -> Reply {
    let part = json!({"type": "output_text", "text": "Further.", "annotations": []});
    let message = json!({"type": "message", "id": "msg", "role": "assistant", "content": [part]});
    let body = json!({"id": "resp", "status": "completed", "output": [message]});
    Reply::raw(200, "application/json", body.to_string())
}

/// The rules are those of OpenAI's server. Other servers use ids of other forms and expect the
/// items of their built-in tools back unchanged.
fn accepts(recording: &Recording, body: &Value) -> Result<(), ProviderRefusal> {
    match recording.meta.vendor.as_str() {
        "openai" | "azure" => validate::responses_request(body),
        _ => Ok(()),
    }
}

/// A stream is complete with one of the events that end a response; a single body with an output.
fn ending(recording: &Recording) -> Ending {
    let values = recording.values();
    if !recording.meta.response_file.ends_with(".sse") {
        return match values.iter().any(|body| body.get("output").is_some()) {
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
    let events = whole_events(arrived);
    let mut events = events
        .iter()
        .filter_map(|data| serde_json::from_str(data).ok());
    events.any(|event| is_last(&event))
}

/// Returns `true` if an event ends a response without an error.
fn is_last(event: &Value) -> bool {
    let kind = event.get("type").and_then(Value::as_str);
    matches!(kind, Some("response.completed" | "response.incomplete"))
}
