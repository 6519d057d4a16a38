//! Chat Completions.

use std::sync::Arc;

use geppetto_engine::{Engine, EngineError};
use geppetto_providers_openai::{ChatEngine, chat::keys};
use geppetto_testing::{Reply, validate};
use geppetto_transport::HttpClient;
use geppetto_turns::Block;
use serde_json::Value;

use super::{Adapter, openai, whole_events};
use crate::recordings::{expectation::Ending, recording::Recording};

pub(super) const ADAPTER: Adapter = Adapter {
    provider: "openai-chat",
    engine,
    further: || Reply::chat().text("Further.").into(),
    ending,
    is_over,
    looks_complete: |_| false,
    accepts: |_, body| validate::chat_request(body),
    class: openai::class,
    usage: openai::usage,
    uncounted_reasoning,
    is_text,
};

fn engine(
    http: HttpClient,
    base_url: String,
    stream: bool,
) -> Result<Arc<dyn Engine>, EngineError> {
    let engine = ChatEngine::builder("replayed")
        .base_url(base_url)
        .http_client(http)
        .stream(stream)
        .build()?;
    Ok(Arc::new(engine))
}

/// A stream is complete with `[DONE]` or a finish reason; a single body with a choice.
fn ending(recording: &Recording) -> Ending {
    if !recording.meta.response_file.ends_with(".sse") {
        let said = recording.values().iter().any(|body| {
            let choices = body.get("choices").and_then(Value::as_array);
            choices.is_some_and(|choices| !choices.is_empty())
        });
        return if said {
            Ending::Complete
        } else {
            Ending::NoReply
        };
    }
    let text = String::from_utf8_lossy(&recording.body);
    let is_done = |line: &str| line.strip_prefix("data:").map(str::trim) == Some("[DONE]");
    match text.lines().any(is_done) || !recording.has("no_terminal") {
        true => Ending::Complete,
        false => Ending::Truncated,
    }
}

/// Returns `true` with the end marker, or with a finish reason of the first choice.
fn is_over(arrived: &[u8]) -> bool {
    whole_events(arrived).iter().any(|data| {
        let event: Value = serde_json::from_str(data).unwrap_or_default();
        let choices = event.get("choices").and_then(Value::as_array);
        let mut first = choices.into_iter().flatten().filter(|choice| {
            let index = choice.get("index").and_then(Value::as_u64);
            index.is_none_or(|index| index == 0)
        });
        let stopped = |choice: &Value| {
            let reason = choice.get("finish_reason").and_then(Value::as_str);
            reason.is_some_and(|reason| !reason.is_empty())
        };
        data.trim() == "[DONE]" || first.any(stopped)
    })
}

/// The recordings' reader does not know `reasoning_details`. If nothing else contains reasoning,
/// their text is shown.
fn uncounted_reasoning(recording: &Recording) -> Option<String> {
    let expected = &recording.meta.expected;
    if expected.reasoning_field.is_some() || !recording.has("reasoning_details") {
        return None;
    }
    let mut text = String::new();
    for value in recording.values() {
        let said = value
            .pointer("/choices/0/delta")
            .or(value.pointer("/choices/0/message"));
        let details = said.and_then(|said| said.get("reasoning_details")?.as_array());
        for detail in details.into_iter().flatten() {
            let piece = detail.get("text").or_else(|| detail.get("summary"));
            text.push_str(piece.and_then(Value::as_str).unwrap_or_default());
        }
    }
    Some(text)
}

/// The transcript of generated speech is text for a reader, but not the message's content.
fn is_text(block: &Block) -> bool {
    !block.metadata.contains(&keys::AUDIO)
}
