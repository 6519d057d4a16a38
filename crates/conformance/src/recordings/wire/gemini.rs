//! generateContent.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError};
use geppetto_providers_gemini::{ApiKey, GeminiEngine};
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
    provider: "gemini",
    engine,
    further,
    ending,
    is_over,
    looks_complete,
    accepts: |_, body| validate::generate_content(MODEL, body),
    class,
    usage,
    uncounted_reasoning: |_| None,
    is_text: |_| true,
};

/// The rules for Gemini 3 are the strictest.
const MODEL: &str = "gemini-3-replayed";

fn engine(
    http: HttpClient,
    base_url: String,
    stream: bool,
) -> Result<Arc<dyn Engine>, EngineError> {
    let engine = GeminiEngine::builder(MODEL)
        .base_url(base_url)
        .api_key(ApiKey::new("key"))
        .http_client(http)
        .stream(stream)
        .build()?;
    Ok(Arc::new(engine))
}

fn further() -> Reply {
    let body = json!({"candidates": [{"finishReason": "STOP",
        "content": {"role": "model", "parts": [{"text": "Further."}]}}]});
    Reply::raw(200, "application/json", body.to_string())
}

/// A stream is complete with a finish reason; a single body with a candidate. A prompt that the
/// server blocks has no candidates.
fn ending(recording: &Recording) -> Ending {
    let values = recording.values();
    let chunks = || values.iter().flat_map(chunks_of);
    if recording.has("prompt_blocked") {
        return Ending::Blocked;
    }
    let is_stream = recording.meta.response_file.ends_with(".sse");
    if is_stream || recording.has("json_array_stream") {
        return match chunks().any(has_reason) {
            true => Ending::Complete,
            false => Ending::Truncated,
        };
    }
    let has_candidates = |chunk: &Value| chunk.get("candidates").is_some();
    match chunks().any(has_candidates) {
        true => Ending::Complete,
        false => Ending::NoReply,
    }
}

/// Returns the chunks in a value of a body, which may be a list of them.
fn chunks_of(value: &Value) -> impl Iterator<Item = &Value> {
    let list = value.as_array().map(Vec::as_slice);
    list.unwrap_or(std::slice::from_ref(value)).iter()
}

/// The last chunk has the reason. Where every chunk has one, a reply goes on with the next.
fn is_over(arrived: &[u8]) -> bool {
    let text = String::from_utf8_lossy(arrived);
    let is_data = |line: &str| {
        let data = line.strip_prefix("data:");
        data.is_some_and(|data| serde_json::from_str::<Value>(data).is_ok())
    };
    let mut lines = text.lines().filter(|line| !line.is_empty());
    let events = whole_events(arrived);
    let last = events
        .last()
        .and_then(|data| serde_json::from_str(data).ok());
    lines.next_back().is_some_and(is_data) && last.is_some_and(|last| has_reason(&last))
}

/// Returns `true` if every chunk has a reason: a stream that ends between two of them looks complete.
fn looks_complete(recording: &Recording) -> bool {
    let values = recording.values();
    values.iter().filter(|chunk| has_reason(chunk)).count() > 1
}

fn has_reason(chunk: &Value) -> bool {
    let candidates = chunk.get("candidates").and_then(Value::as_array);
    let mut candidates = candidates.into_iter().flatten();
    candidates.any(|candidate| {
        let reason = candidate.get("finishReason").and_then(Value::as_str);
        reason.is_some_and(|reason| !reason.is_empty())
    })
}

fn class(expected: &Expected) -> Option<FinishClass> {
    let calls = !expected.tool_calls.is_empty();
    match expected.finish_reason() {
        "STOP" | "UNEXPECTED_TOOL_CALL" if calls => Some(FinishClass::ToolCallsPending),
        "STOP" => Some(FinishClass::Completed),
        "MAX_TOKENS" => Some(FinishClass::MaxTokens),
        "SAFETY" | "RECITATION" | "MODEL_ARMOR" | "PROHIBITED_CONTENT" | "BLOCKLIST" | "SPII" => {
            Some(FinishClass::Refused)
        }
        _ => None,
    }
}

/// The prompt excludes the results of built-in tools, and the output excludes the thoughts.
fn usage(mut usage: ExpectedUsage, raw: &Value) -> ExpectedUsage {
    let count = |name: &str| raw.get(name).and_then(Value::as_u64).unwrap_or_default();
    usage.input = usage
        .input
        .map(|input| input + count("tool_use_prompt_token_count"));
    let thoughts = count("thoughts_token_count");
    if usage.output.is_some() || thoughts > 0 {
        usage.output = Some(usage.output.unwrap_or_default() + thoughts);
    }
    usage
}
