//! The observable result of an input as one JSON value, for patterns and people.

use std::{error::Error as _, time::Duration};

use geppetto_engine::{EngineError, RunStatus};
use geppetto_events::{Event, Grammar};
use geppetto_session::RunOutcome;
use geppetto_turns::{BlockKind, Turn, keys::turn_meta};
use serde_json::{Map, Value, json};

/// The keys of the result of an input. The results of its last run also appear at the top level.
pub(super) const KEYS: &[&str] = &[
    "runs",
    "tools",
    "requests",
    "waits_ms",
    "events",
    "turn",
    "refusals",
    "broken_rules",
    "replies_left",
    "outcome",
    "limit",
    "finish",
    "stop_reason",
    "truncated",
    "text",
    "refusal",
    "reasoning",
    "usage",
    "error",
    "persist_error",
    "blocks",
];

/// The keys of the result of a run.
pub(super) const RUN_KEYS: &[&str] = &[
    "prompt",
    "outcome",
    "limit",
    "finish",
    "stop_reason",
    "truncated",
    "text",
    "refusal",
    "reasoning",
    "usage",
    "error",
    "persist_error",
    "blocks",
];

/// The keys of an error.
pub(super) const ERROR_KEYS: &[&str] = &[
    "kind",
    "retryable",
    "retry_after_ms",
    "status",
    "code",
    "message",
    "provider_message",
    "request_id",
    "display",
    "debug",
];

/// Returns the result of a run that started; `before` is the number of blocks in the turn before
/// its prompt.
pub(super) fn run(prompt: Option<&str>, outcome: &RunOutcome, before: usize) -> Map<String, Value> {
    let mut run = Map::new();
    run.insert("prompt".to_owned(), json!(prompt));
    let (status, limit) = match &outcome.status {
        RunStatus::Finished => ("finished", None),
        RunStatus::Refused => ("refused", None),
        RunStatus::LimitReached(limit) => ("limit_reached", Some(limit.to_string())),
        RunStatus::Cancelled => ("cancelled", None),
        RunStatus::Failed { .. } => ("failed", None),
        _ => ("unknown", None),
    };
    run.insert("outcome".to_owned(), status.into());
    if let Some(limit) = limit {
        run.insert("limit".to_owned(), limit.into());
    }
    if let Some(error) = &outcome.error {
        run.insert("error".to_owned(), self::error(error));
    }
    if let Some(error) = &outcome.persist_error {
        run.insert("persist_error".to_owned(), json!(error));
    }
    reply(&outcome.turn, before, &mut run);
    run
}

/// Returns the result of a run that could not start.
pub(super) fn refused(prompt: Option<&str>, problem: &str) -> Map<String, Value> {
    let run = json!({"prompt": prompt, "outcome": "not_started", "error": {"display": problem}});
    run.as_object().cloned().unwrap_or_default()
}

/// Adds the contents of the turn after its prompt.
fn reply(turn: &Turn, before: usize, run: &mut Map<String, Value>) {
    let result = turn.metadata.get(&turn_meta::INFERENCE_RESULT);
    if let Some(result) = result.ok().flatten() {
        run.insert("finish".to_owned(), result.finish_class.as_str().into());
        run.insert("stop_reason".to_owned(), json!(result.stop_reason));
        run.insert("truncated".to_owned(), result.truncated.into());
        run.insert("usage".to_owned(), json!(result.usage));
    }
    let blocks = blocks(turn);
    let reply = blocks.get(before.min(blocks.len())..).unwrap_or_default();
    let user = BlockKind::User.as_str();
    let prompt = reply
        .iter()
        .position(|block| block.get("kind") != Some(&json!(user)));
    let reply = reply
        .get(prompt.unwrap_or(reply.len())..)
        .unwrap_or_default();
    let texts = |kind: &str, refusal: bool| {
        let of = reply.iter().filter(|block| {
            block.get("kind") == Some(&json!(kind))
                && block.get("refusal").is_some_and(|own| own == true) == refusal
        });
        of.filter_map(|block| block.get("text")?.as_str())
            .collect::<String>()
    };
    run.insert("text".to_owned(), texts("llm_text", false).into());
    run.insert("refusal".to_owned(), texts("llm_text", true).into());
    run.insert("reasoning".to_owned(), reasoning(reply).into());
    run.insert("blocks".to_owned(), reply.into());
}

/// Returns the summaries and the plain text of all reasoning.
fn reasoning(blocks: &[Value]) -> String {
    let mut text = String::new();
    for block in blocks
        .iter()
        .filter(|block| block.get("kind") == Some(&json!("reasoning")))
    {
        let summary = block.get("summary").and_then(Value::as_array);
        let parts = summary.into_iter().flatten().chain([block]);
        parts
            .filter_map(|part| part.get("text")?.as_str())
            .for_each(|part| text.push_str(part));
    }
    text
}

/// Returns the blocks in their file format, with their kind, and `incomplete` where marked.
fn blocks(turn: &Turn) -> Vec<Value> {
    let written = whole_turn(turn);
    let list = written.get("blocks").and_then(Value::as_array).cloned();
    let flat = |mut block: Value| {
        let payload = block.get_mut("payload").map(Value::take);
        let incomplete = block.pointer("/metadata/geppetto.incomplete@v1").cloned();
        if let Some(map) = block.as_object_mut() {
            map.remove("payload");
            let payload = payload.and_then(|payload| payload.as_object().cloned());
            map.extend(payload.unwrap_or_default());
            map.extend(incomplete.map(|why| ("incomplete".to_owned(), why)));
        }
        block
    };
    list.unwrap_or_default().into_iter().map(flat).collect()
}

/// Returns the turn in its file format.
pub(super) fn whole_turn(turn: &Turn) -> Value {
    let json = turn.to_json().ok();
    json.and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default()
}

fn error(error: &EngineError) -> Value {
    let millis = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    let mut debug = format!("{error:?}");
    let mut source = error.source();
    while let Some(cause) = source {
        debug.push_str(&format!(" <- {cause}"));
        source = cause.source();
    }
    json!({
        "kind": error.kind().as_str(),
        "retryable": error.is_retryable(),
        "retry_after_ms": error.retry_after().map(millis),
        "status": error.status(),
        "code": error.provider_code(),
        "message": error.message(),
        "provider_message": error.provider_message(),
        "request_id": error.request_id(),
        "display": error.to_string(),
        "debug": debug,
    })
}

/// Checks the invariants of every input: the order of events, and that a turn can be saved and
/// loaded.
pub(super) fn broken_rules(events: &[Event], turn: &Turn) -> Vec<String> {
    let mut broken = Vec::new();
    let mut grammar = Grammar::new();
    let order = events.iter().try_for_each(|event| grammar.accept(event));
    if let Err(error) = order.and_then(|()| grammar.finish()) {
        broken.push(format!("the order of events: {error}"));
    }
    for (format, loaded) in [
        (
            "YAML",
            turn.to_yaml().and_then(|text| Turn::from_yaml(&text)),
        ),
        (
            "JSON",
            turn.to_json().and_then(|text| Turn::from_json(&text)),
        ),
    ] {
        match loaded {
            Err(error) => broken.push(format!("saving the turn as {format}: {error}")),
            Ok(loaded) if loaded != *turn => {
                broken.push(format!(
                    "the turn is another one after saving it as {format}"
                ));
            }
            Ok(_) => {}
        }
    }
    broken
}
