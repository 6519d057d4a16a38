#![allow(
    clippy::needless_pass_by_value,
    reason = "values of the macro `json` are not needed elsewhere"
)]

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunContext, SeededIds};
use geppetto_events::{EventKind, EventSink, EventStream, MemorySink, kind::ServerToolPhase};
use geppetto_provider::offline;
use geppetto_turns::{Content, FinishClass, InferenceResult, Turn, keys::block_meta};
use serde_json::{Value, json};

use super::MessagesFold;
use crate::keys;

mod ends;
mod odd;

/// A folded reply.
struct Folded {
    turn: Turn,
    outcome: Result<InferenceResult, EngineError>,
    events: Vec<EventKind>,
}

fn folded(
    read: impl FnOnce(&RunContext, &mut Turn) -> Result<InferenceResult, EngineError>,
) -> Folded {
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_event_sinks([Arc::clone(&sink) as Arc<dyn EventSink>]);
    let mut turn = Turn::new();
    let outcome = read(&ctx, &mut turn);
    assert_eq!(ctx.stream().violations(), []);
    Folded {
        turn,
        outcome,
        events: sink
            .events()
            .into_iter()
            .map(|event| event.kind.clone())
            .collect(),
    }
}

fn stream(events: &[Value]) -> Folded {
    let frames: Vec<(String, String)> = events
        .iter()
        .map(|event| {
            (
                event["type"].as_str().unwrap_or("message").to_owned(),
                event.to_string(),
            )
        })
        .collect();
    folded(|ctx, turn| {
        let frames = frames
            .iter()
            .map(|(name, data)| (name.as_str(), data.as_str()));
        offline::fold_frames(ctx, turn, MessagesFold::default(), frames)
    })
}

fn body(body: &Value) -> Folded {
    let body = body.to_string();
    folded(|ctx, turn| offline::fold_body(ctx, turn, MessagesFold::default(), &body))
}

fn start(index: u64, block: Value) -> Value {
    json!({"type": "content_block_start", "index": index, "content_block": block})
}

fn delta(index: u64, delta: Value) -> Value {
    json!({"type": "content_block_delta", "index": index, "delta": delta})
}

fn text(index: u64, text: &str) -> Value {
    delta(index, json!({"type": "text_delta", "text": text}))
}

fn input(index: u64, piece: &str) -> Value {
    delta(
        index,
        json!({"type": "input_json_delta", "partial_json": piece}),
    )
}

fn stop(index: u64) -> Value {
    json!({"type": "content_block_stop", "index": index})
}

fn begin() -> Value {
    json!({"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "content": [],
        "usage": {"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 5}}})
}

fn end(reason: &str) -> [Value; 2] {
    let delta = json!({"stop_reason": reason, "stop_sequence": null});
    [
        json!({"type": "message_delta", "delta": delta, "usage": {"output_tokens": 30}}),
        json!({"type": "message_stop"}),
    ]
}

fn reply(reason: &str, content: &[Value]) -> Folded {
    let events = [begin()]
        .into_iter()
        .chain(content.iter().cloned())
        .chain(end(reason));
    stream(&events.collect::<Vec<_>>())
}

/// Returns the blocks as text.
fn blocks(turn: &Turn) -> Vec<String> {
    let shown = turn.blocks.iter().map(|block| {
        let mark = block.incomplete().map_or("", |_| " (incomplete)");
        let said = match &block.content {
            Content::LlmText(own) => own.text.clone(),
            Content::Reasoning(own) => {
                let signature = own.extra.get(keys::SIGNATURE).and_then(Value::as_str);
                let sealed = own.encrypted_content.as_deref();
                format!(
                    "<{}|{}|{}>",
                    own.text,
                    signature.unwrap_or("-"),
                    sealed.unwrap_or("-")
                )
            }
            Content::ToolCall(call) => format!("{}={}({})", call.id, call.name, call.args),
            Content::Other(other) => Value::Object(other.payload.clone()).to_string(),
            other => format!("{other:?}"),
        };
        format!("{said}{mark}")
    });
    shown.collect()
}

fn content() -> Vec<Value> {
    vec![
        start(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
        ),
        delta(0, json!({"type": "thinking_delta", "thinking": "Look "})),
        delta(0, json!({"type": "thinking_delta", "thinking": "it up."})),
        delta(0, json!({"type": "signature_delta", "signature": "Eq"})),
        delta(0, json!({"type": "signature_delta", "signature": "QB"})),
        stop(0),
        start(1, json!({"type": "redacted_thinking", "data": "sealed"})),
        stop(1),
        start(2, json!({"type": "text", "text": ""})),
        text(2, "One "),
        text(2, "two \"three\""),
        delta(
            2,
            json!({"type": "citations_delta", "citation": {"type": "char_location"}}),
        ),
        stop(2),
        start(
            3,
            json!({"type": "server_tool_use", "id": "s", "name": "web_search", "input": {}}),
        ),
        input(3, ""),
        input(3, "{\"query\": \"ru"),
        input(3, "st\"}"),
        stop(3),
        start(
            4,
            json!({"type": "web_search_tool_result", "tool_use_id": "s",
            "content": [{"type": "web_search_result", "url": "https://a.test", "title": "A"}]}),
        ),
        stop(4),
        start(
            5,
            json!({"type": "tool_use", "id": "a", "name": "look", "input": {}}),
        ),
        start(
            6,
            json!({"type": "tool_use", "id": "b", "name": "look", "input": {}}),
        ),
        input(6, "{\"b\": 1"),
        input(5, "{\"a\": "),
        input(6, "}"),
        input(5, "2}"),
        stop(5),
        stop(6),
    ]
}

#[test]
fn blocks_interleave_by_index_and_stay_in_order() {
    let folded = reply("tool_use", &content());
    assert_eq!(
        blocks(&folded.turn),
        [
            "<Look it up.|EqQB|->",
            "<|-|sealed>",
            "One two \"three\"",
            r#"{"id":"s","input":{"query":"rust"},"name":"web_search","type":"server_tool_use"}"#,
            r#"{"content":[{"title":"A","type":"web_search_result","url":"https://a.test"}],"tool_use_id":"s","type":"web_search_tool_result"}"#,
            "a=look({\"a\": 2})",
            "b=look({\"b\": 1})",
        ]
    );
    let result = folded.outcome.unwrap();
    assert_eq!(result.finish_class, FinishClass::ToolCallsPending);
    assert_eq!(
        (&*result.model, result.response_id.as_deref()),
        ("claude-x", Some("msg_1"))
    );
    let usage = result.usage.unwrap();
    assert_eq!(
        (usage.input_tokens, usage.cached_tokens, usage.output_tokens),
        (14, 5, 30)
    );
    let text = folded.turn.blocks.get(2).unwrap();
    let citations = text
        .metadata
        .get(&block_meta::ANNOTATIONS)
        .unwrap()
        .unwrap();
    assert_eq!(citations, [json!({"type": "char_location"})]);
}

#[test]
fn tools_of_the_provider_show_their_progress() {
    let folded = reply("tool_use", &content());
    let seen: Vec<(ServerToolPhase, String)> = folded
        .events
        .iter()
        .filter_map(|kind| match kind {
            EventKind::ServerTool(tool) => {
                assert_eq!((&*tool.tool, &*tool.item_id), ("web_search", "s"));
                Some((
                    tool.phase.clone(),
                    Value::Object(tool.data.clone()).to_string(),
                ))
            }
            _ => None,
        })
        .collect();
    let phases: Vec<&ServerToolPhase> = seen.iter().map(|(phase, _)| phase).collect();
    use ServerToolPhase::{Completed, InputDelta, InputDone, Started};
    assert_eq!(
        phases,
        [&Started, &InputDelta, &InputDelta, &InputDone, &Completed]
    );
    assert!(seen[3].1.contains("\"query\":\"rust\""), "{seen:?}");
    assert!(seen[4].1.contains("https://a.test"), "{seen:?}");
}

#[test]
fn a_body_is_the_same_reply() {
    let folded = body(
        &json!({"id": "msg_1", "type": "message", "role": "assistant",
        "model": "claude-x", "stop_reason": "tool_use", "stop_sequence": null, "content": [
            {"type": "thinking", "thinking": "Look it up.", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "sealed"},
            {"type": "text", "text": "One two \"three\"", "citations": [{"type": "char_location"}]},
            {"type": "server_tool_use", "id": "s", "name": "web_search", "input": {"query": "rust"}},
            {"type": "web_search_tool_result", "tool_use_id": "s",
                "content": [{"type": "web_search_result", "url": "https://a.test", "title": "A"}]},
            {"type": "tool_use", "id": "a", "name": "look", "input": {"a": 2}},
            {"type": "tool_use", "id": "b", "name": "look", "input": {"b": 1}}],
        "usage": {"input_tokens": 9, "output_tokens": 30, "cache_read_input_tokens": 5}}),
    );
    let streamed = reply("tool_use", &content());
    let plain = |turn: &Turn| blocks(turn).join("\n").replace("\": ", "\":");
    assert_eq!(plain(&folded.turn), plain(&streamed.turn));
    let (body, stream) = (folded.outcome.unwrap(), streamed.outcome.unwrap());
    assert_eq!(
        (body.finish_class, body.usage),
        (stream.finish_class, stream.usage)
    );
}

#[test]
fn thinking_that_is_not_shown_keeps_its_signature() {
    let hidden = [
        start(
            0,
            json!({"type": "thinking", "thinking": "", "signature": ""}),
        ),
        delta(0, json!({"type": "signature_delta", "signature": "EqQB"})),
        stop(0),
        start(1, json!({"type": "text", "text": ""})),
        text(1, "Hi"),
        stop(1),
    ];
    assert_eq!(
        blocks(&reply("end_turn", &hidden).turn),
        ["<|EqQB|->", "Hi"]
    );
}

#[test]
fn blocks_of_other_types_are_kept_as_they_were_sent() {
    let other = [
        start(
            0,
            json!({"type": "compaction", "content": null, "encrypted_content": null}),
        ),
        delta(0, json!({"type": "compaction_delta", "content": "Sum"})),
        delta(
            0,
            json!({"type": "compaction_delta", "content": "mary", "encrypted_content": "x"}),
        ),
        stop(0),
    ];
    let folded = reply("end_turn", &other);
    assert_eq!(
        blocks(&folded.turn),
        [r#"{"content":"Summary","encrypted_content":"x","type":"compaction"}"#]
    );
}
