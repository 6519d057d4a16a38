use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunContext, SeededIds};
use geppetto_events::{EventKind, EventSink, EventStream, MemorySink};
use geppetto_provider::offline;
use geppetto_turns::{Content, FinishClass, Incomplete, InferenceResult, Turn, keys::block_meta};
use serde_json::{Value, json};

use super::GeminiFold;
use crate::keys;

mod calls;
mod ends;
mod repeat;
mod tools;

/// Result of a fold.
struct Folded {
    turn: Turn,
    outcome: Result<InferenceResult, EngineError>,
    kinds: Vec<EventKind>,
}

impl Folded {
    fn result(&self) -> &InferenceResult {
        self.outcome.as_ref().unwrap()
    }

    fn error(&self) -> &EngineError {
        self.outcome.as_ref().unwrap_err()
    }

    /// Returns kind, text and signature of each block.
    fn blocks(&self) -> Vec<(&'static str, String, Option<String>)> {
        let blocks = self.turn.blocks.iter().map(|block| {
            let text = match &block.content {
                Content::ToolCall(call) => format!("{}{}", call.name, call.args.as_str()),
                Content::Other(other) => {
                    other.payload.keys().cloned().collect::<Vec<_>>().join(",")
                }
                _ => block.text().unwrap_or_default().to_owned(),
            };
            let signature = block.metadata.get(&keys::THOUGHT_SIGNATURE).unwrap();
            (block.kind().as_str(), text, signature)
        });
        blocks.collect()
    }
}

fn run(
    fold: impl FnOnce(&RunContext, &mut Turn) -> Result<InferenceResult, EngineError>,
) -> Folded {
    let sink = Arc::new(MemorySink::new());
    let ids = Arc::new(SeededIds::new(1));
    let ctx = RunContext::for_stream(EventStream::fragment(), ids)
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::new();
    let outcome = fold(&ctx, &mut turn);
    assert_eq!(ctx.stream().violations(), []);
    let kinds = sink.take().into_iter().map(|event| event.kind).collect();
    Folded {
        turn,
        outcome,
        kinds,
    }
}

/// Folds chunks.
fn fold(chunks: &[Value]) -> Folded {
    let data: Vec<String> = chunks.iter().map(Value::to_string).collect();
    let data: Vec<&str> = data.iter().map(String::as_str).collect();
    fold_data(&data)
}

/// Folds chunks in JSON notation.
fn fold_data(data: &[&str]) -> Folded {
    run(|ctx, turn| {
        let frames = data.iter().map(|data| ("message", *data));
        offline::fold_frames(ctx, turn, GeminiFold::default(), frames)
    })
}

fn fold_body(body: &Value) -> Folded {
    run(|ctx, turn| offline::fold_body(ctx, turn, GeminiFold::default(), &body.to_string()))
}

fn chunk(parts: &Value) -> Value {
    json!({"candidates": [{"content": {"parts": parts, "role": "model"}}]})
}

/// Folds parts, each in a chunk of its own, and the end of the reply.
fn parts(parts: &[Value]) -> Folded {
    let mut chunks: Vec<Value> = parts.iter().map(|part| chunk(&json!([part]))).collect();
    chunks.push(stop("STOP"));
    fold(&chunks)
}

fn stop(reason: &str) -> Value {
    json!({"candidates": [{"finishReason": reason}]})
}

#[test]
fn pieces_are_one_text_and_thoughts_stand_before_it() {
    let folded = parts(&[
        json!({"text": "Hm", "thought": true}),
        json!({"text": ".", "thought": true}),
        json!({"text": "Hel"}),
        json!({"text": "lo"}),
        json!({"text": ""}),
        json!({}),
    ]);
    assert_eq!(
        folded.blocks(),
        [
            ("reasoning", "Hm.".to_owned(), None),
            ("llm_text", "Hello".to_owned(), None)
        ]
    );
    assert_eq!(folded.result().finish_class, FinishClass::Completed);
    assert_eq!(folded.result().stop_reason.as_deref(), Some("STOP"));
}

#[test]
fn signatures_are_kept_at_the_end_of_their_part() {
    let folded = parts(&[
        json!({"text": "One.", "thoughtSignature": "c2lnMQ=="}),
        json!({"text": " Two"}),
        json!({"text": "."}),
        json!({"text": "", "thoughtSignature": "c2lnMg=="}),
    ]);
    let text = (
        "llm_text",
        "One. Two.".to_owned(),
        Some("c2lnMg==".to_owned()),
    );
    assert_eq!(folded.blocks(), [text]);
    let block = folded.turn.blocks.get(0).unwrap();
    let before = block.metadata.get(&keys::SIGNED_PARTS).unwrap().unwrap();
    assert_eq!(
        (before[0].end, before[0].signature.as_str()),
        (4, "c2lnMQ==")
    );
}

#[test]
fn a_signature_that_more_text_follows_belongs_to_the_text_before_it() {
    let folded = parts(&[
        json!({"text": "One.", "thoughtSignature": "c2ln"}),
        json!({"text": " Two."}),
    ]);
    assert_eq!(
        folded.blocks(),
        [("llm_text", "One. Two.".to_owned(), None)]
    );
    let block = folded.turn.blocks.get(0).unwrap();
    assert_eq!(
        block.metadata.get(&keys::SIGNED_PARTS).unwrap().unwrap()[0].end,
        4
    );
}

#[test]
fn a_signature_of_its_own_is_a_block_without_text() {
    let folded = parts(&[
        json!({"functionCall": {"name": "f"}}),
        json!({"text": "", "thoughtSignature": "c2ln"}),
    ]);
    let signature = ("reasoning", String::new(), Some("c2ln".to_owned()));
    assert_eq!(folded.blocks()[1], signature);
}

#[test]
fn usage_counts_everything_read_and_written() {
    let usage = json!({"promptTokenCount": 10, "candidatesTokenCount": 5, "thoughtsTokenCount": 7,
        "toolUsePromptTokenCount": 100, "cachedContentTokenCount": 4, "totalTokenCount": 122});
    let mut last = stop("STOP");
    last["usageMetadata"] = usage.clone();
    let folded = fold(&[
        json!({"candidates": [{"content": {"parts": [{"text": "Hi"}]}}],
            "usageMetadata": {"promptTokenCount": 1}, "modelVersion": "gemini-x", "responseId": "r1"}),
        last,
        json!({"usageMetadata": {"trafficType": "ON_DEMAND"}}),
    ]);
    let result = folded.result();
    let counted = result.usage.as_ref().unwrap();
    assert_eq!(
        (
            counted.input_tokens,
            counted.output_tokens,
            counted.reasoning_tokens,
            counted.cached_tokens
        ),
        (110, 12, 7, 4)
    );
    assert_eq!(counted.raw(), Some(&usage));
    assert_eq!(
        (result.model.as_str(), result.response_id.as_deref()),
        ("gemini-x", Some("r1"))
    );
}

#[test]
fn a_body_is_a_stream_of_one_chunk_and_a_list_one_of_several() {
    let whole = json!({"candidates": [{"finishReason": "STOP", "content": {"parts": [
        {"text": "Hm.", "thought": true}, {"text": "Hello"},
        {"functionCall": {"name": "f", "args": {"a": 1}}, "thoughtSignature": "c2ln"}]}}]});
    let folded = fold_body(&whole);
    assert_eq!(
        folded.blocks(),
        [
            ("reasoning", "Hm.".to_owned(), None),
            ("llm_text", "Hello".to_owned(), None),
            (
                "tool_call",
                "f{\"a\":1}".to_owned(),
                Some("c2ln".to_owned())
            ),
        ]
    );
    let list = json!([
        chunk(&json!([{"text": "Hel"}])),
        chunk(&json!([{"text": "lo"}])),
        stop("STOP")
    ]);
    assert_eq!(fold_body(&list).turn.assistant_text(), "Hello");
    let cut = json!([chunk(&json!([{"text": "Hel"}]))]);
    assert_eq!(fold_body(&cut).error().kind(), ErrorKind::Truncated);
}

#[test]
fn other_candidates_are_details() {
    let folded = fold_body(&json!({"candidates": [
        {"index": 0, "finishReason": "STOP", "content": {"parts": [{"text": "A"}]}},
        {"index": 1, "finishReason": "MAX_TOKENS", "content": {"parts": [{"text": "B"}]}}]}));
    assert_eq!(folded.turn.assistant_text(), "A");
    assert_eq!(
        folded.result().details.get("other_choices"),
        Some(&json!([{"index": 1, "text": "B", "tool_calls": [], "finish_reason": "MAX_TOKENS"}]))
    );
}
