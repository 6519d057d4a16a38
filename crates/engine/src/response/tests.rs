use std::time::Duration;

use geppetto_events::{EventSink, EventStream, MemorySink};
use geppetto_turns::{Content, FinishClass, keys::turn_meta};

use super::*;

mod items;
use crate::{EngineError, ErrorKind, SeededIds};

fn context() -> (RunContext, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::new());
    let dyn_sink: Arc<dyn EventSink> = sink.clone();
    let ctx = RunContext::for_stream(EventStream::fragment(), Arc::new(SeededIds::new(1)))
        .with_run("s", "r", "t")
        .with_event_sinks([dyn_sink]);
    (ctx, sink)
}

fn names(sink: &MemorySink) -> Vec<String> {
    sink.events()
        .iter()
        .map(|event| event.type_name().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn a_whole_reply_becomes_blocks_in_the_order_of_opening() {
    let (ctx, sink) = context();
    let mut turn = Turn::builder().user("hi").build();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    tokio::time::advance(Duration::from_millis(30)).await;
    let reasoning = reply.open_reasoning(ReasoningSource::Provider);
    reply.push(reasoning, "hm");
    let one = reply.open_tool_call("c1", "lookup");
    let two = reply.open_tool_call("c2", "lookup");
    reply.push(two, "{}");
    reply.push(one, r#"{"a""#);
    reply.push(one, ":1}");
    reply.close(reasoning, None);
    let empty = reply.open_text();
    reply.push(empty, "");
    tokio::time::advance(Duration::from_millis(70)).await;
    let result = reply.finish(
        Finish::new(FinishClass::ToolCallsPending)
            .with_usage(Usage::new(5, 6))
            .with_stop_reason("tool_calls"),
    );
    assert_eq!(
        (result.duration_ms, result.time_to_first_token_ms),
        (Some(100), Some(30))
    );
    let kinds: Vec<String> = turn
        .blocks
        .iter()
        .map(|block| block.kind().to_string())
        .collect();
    assert_eq!(kinds, ["user", "reasoning", "tool_call", "tool_call"]);
    let calls: Vec<&str> = turn.tool_calls().map(|call| call.args.as_str()).collect();
    assert_eq!(calls, [r#"{"a":1}"#, "{}"]);
    assert_eq!(
        turn.metadata.get(&turn_meta::INFERENCE_RESULT).unwrap(),
        Some(result)
    );
    assert_eq!(ctx.total_usage(), Usage::new(5, 6));
    assert_eq!(ctx.stream().violations(), []);
    assert_eq!(
        names(&sink),
        [
            "provider-call-started",
            "reasoning-segment-started",
            "reasoning-delta",
            "tool-call-started",
            "tool-call-started",
            "tool-call-arguments-delta",
            "tool-call-arguments-delta",
            "tool-call-arguments-delta",
            "reasoning-segment-finished",
            "text-segment-started",
            "tool-call-requested",
            "tool-call-requested",
            "text-segment-finished",
            "provider-call-finished",
        ]
    );
}

#[tokio::test]
async fn a_broken_reply_is_kept_and_marked() {
    for (error, why, class, event) in [
        (
            EngineError::cancelled(),
            Incomplete::Cancelled,
            FinishClass::Interrupted,
            "interrupt",
        ),
        (
            EngineError::new(ErrorKind::Truncated, "cut"),
            Incomplete::Truncated,
            FinishClass::Error,
            "error",
        ),
        (
            EngineError::new(ErrorKind::Server, "boom"),
            Incomplete::Failed,
            FinishClass::Error,
            "error",
        ),
    ] {
        let (ctx, sink) = context();
        let mut turn = Turn::new();
        let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
        let text = reply.open_text();
        reply.push(text, "par");
        let call = reply.open_tool_call("c", "lookup");
        reply.push(call, r#"{"ci"#);
        let _ = reply.fail(error, Finish::default());
        assert!(
            turn.blocks
                .iter()
                .all(|block| block.incomplete() == Some(why))
        );
        assert_eq!(turn.assistant_text(), "par");
        assert!(turn.pending_tool_calls(0).is_empty());
        let result = turn
            .metadata
            .get(&turn_meta::INFERENCE_RESULT)
            .unwrap()
            .unwrap();
        assert_eq!((result.finish_class, result.truncated), (class, true));
        assert_eq!(ctx.total_usage().unreported_calls, 1);
        assert_eq!(ctx.stream().violations(), []);
        assert!(names(&sink).contains(&event.to_owned()));
        assert!(!names(&sink).contains(&"tool-call-requested".to_owned()));
        assert_eq!(
            names(&sink).last().map(String::as_str),
            Some("provider-call-finished")
        );
    }
}

#[tokio::test]
async fn a_dropped_writer_keeps_what_arrived() {
    let (ctx, _sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    let text = reply.open_text();
    reply.push(text, "par");
    ctx.cancel();
    drop(reply);
    assert_eq!(
        turn.blocks.last().and_then(|block| block.incomplete()),
        Some(Incomplete::Cancelled)
    );
    assert_eq!(ctx.stream().violations(), []);
    ctx.stream()
        .publish(Event::new(EventKind::Log(Default::default())), &[]);
}

#[tokio::test]
async fn a_call_without_an_id_of_its_own_gets_one() {
    let (ctx, _sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    for id in ["", "x", "x"] {
        reply.open_tool_call(id, "lookup");
    }
    reply.finish(Finish::new(FinishClass::ToolCallsPending));
    let ids: Vec<&str> = turn.tool_calls().map(|call| call.id.as_str()).collect();
    assert!(
        ids[0].starts_with("call_") && ids[2].starts_with("call_"),
        "{ids:?}"
    );
    assert_eq!(ids[1], "x");
}

#[tokio::test]
async fn encrypted_reasoning_is_kept_without_text() {
    let (ctx, _sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    let id = reply.open_reasoning(ReasoningSource::Provider);
    if let Some(Content::Reasoning(content)) = reply.block_mut(id).map(|block| &mut block.content) {
        content.encrypted_content = Some("gAAA".to_owned());
    }
    reply.finish(Finish::completed());
    assert_eq!(turn.blocks.len(), 1);
}

#[tokio::test]
async fn a_call_that_was_cut_is_kept_but_not_requested() {
    let (ctx, sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    let whole = reply.open_tool_call("c1", "lookup");
    reply.push(whole, "{}");
    let half = reply.open_tool_call("c2", "lookup");
    reply.push(half, r#"{"a"#);
    reply.cut(half, Incomplete::Truncated);
    reply.cut(half, Incomplete::Failed);
    let result = reply.finish(Finish::new(FinishClass::MaxTokens));
    assert_eq!(result.finish_class, FinishClass::MaxTokens);
    let marks: Vec<_> = turn.blocks.iter().map(|block| block.incomplete()).collect();
    assert_eq!(marks, [None, Some(Incomplete::Truncated)]);
    let requested = names(&sink)
        .iter()
        .filter(|name| *name == "tool-call-requested")
        .count();
    assert_eq!(requested, 1);
    assert_eq!(ctx.stream().violations(), []);
}

#[test]
fn a_block_without_events_is_marked_where_the_reply_breaks_before_it_is_closed() {
    let (ctx, sink) = context();
    let mut turn = Turn::new();
    let mut reply = ResponseWriter::start(&ctx, &mut turn, "p", "m");
    let whole = reply.open_block(Block::reasoning("all"));
    let half = reply.open_block(Block::reasoning("half"));
    reply.push(whole, "no place for this");
    reply.close(whole, None);
    assert!(reply.is_open(half));
    drop(reply);
    let marks: Vec<_> = turn
        .blocks
        .iter()
        .map(|b| (b.text(), b.incomplete()))
        .collect();
    assert_eq!(
        marks,
        [
            (Some("all"), None),
            (Some("half"), Some(Incomplete::Failed))
        ]
    );
    assert_eq!(
        names(&sink),
        ["provider-call-started", "error", "provider-call-finished"]
    );
    assert_eq!(ctx.stream().violations(), []);
}
