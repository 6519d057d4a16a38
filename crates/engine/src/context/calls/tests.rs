use geppetto_events::{Event, EventSink, Grammar, MemorySink};

use super::*;
use crate::{EngineError, ErrorKind, Finish, ResponseWriter};

fn half(ctx: &RunContext, turn: &mut Turn, said: &str) {
    let mut reply = ResponseWriter::start(ctx, turn, "test", "m");
    let text = reply.open_text();
    reply.push(text, said);
    let error = EngineError::new(ErrorKind::Disconnected, "gone");
    let _ = reply.fail(error, Finish::default());
}

fn watched() -> (RunContext, Arc<MemorySink>) {
    let sink = Arc::new(MemorySink::new());
    let ctx = RunContext::new().with_event_sinks([sink.clone() as Arc<dyn EventSink>]);
    (ctx, sink)
}

#[test]
fn a_discarded_call_leaves_turn_and_events_as_if_it_had_not_been_and_its_tokens_counted() {
    let (ctx, sink) = watched();
    let mut turn = Turn::builder().user("hi").build();
    let before = turn.clone();
    half(&ctx, &mut turn, "half an ans");
    assert!(ctx.discard_last_call(&mut turn, "another engine answers"));
    assert_eq!(turn, before);
    assert!(!ctx.discard_last_call(&mut turn, "twice"));
    half(&ctx, &mut turn, "whole");
    assert_eq!(turn.assistant_text(), "whole");
    let mut grammar = Grammar::fragment();
    for event in sink.events() {
        grammar.accept(&event).unwrap();
    }
    let discarded: Vec<Option<u32>> = sink
        .events()
        .iter()
        .filter(|event| event.type_name() == "provider-call-discarded")
        .map(|event: &Event| event.correlation.attempt)
        .collect();
    assert_eq!(discarded, [Some(1)]);
    assert_eq!(ctx.totals().usage.unreported_calls, 2);
    assert_eq!(ctx.totals().provider_calls, 2);
}

#[test]
fn a_call_whose_tools_ran_is_not_discarded() {
    use geppetto_events::kind::ToolExecutionStarted;
    let (ctx, _) = watched();
    let mut turn = Turn::builder().user("hi").build();
    half(&ctx, &mut turn, "before the tool");
    let after = turn.clone();
    ctx.publish(EventKind::ToolExecutionStarted(ToolExecutionStarted::new(
        "c1", "send", "{}",
    )));
    assert!(!ctx.discard_last_call(&mut turn, "too late"));
    assert_eq!(turn, after);
}

#[test]
fn calls_are_discarded_since_a_moment_and_not_before_it() {
    let (ctx, _) = watched();
    let mut turn = Turn::builder().user("hi").build();
    half(&ctx, &mut turn, "kept ");
    let (since, kept) = (ctx.provider_calls(), turn.clone());
    assert!(!ctx.has_output_since(since));
    half(&ctx, &mut turn, "one ");
    half(&ctx, &mut turn, "two");
    assert!(ctx.has_output_since(since));
    assert_eq!(ctx.discard_calls_since(since, &mut turn, "broke"), 2);
    assert_eq!(turn, kept);
    assert_eq!(ctx.discard_calls_since(since, &mut turn, "broke"), 0);
}

#[test]
fn many_calls_are_not_all_remembered() {
    let (ctx, _) = watched();
    let mut turn = Turn::builder().user("hi").build();
    for _ in 0..20 {
        half(&ctx, &mut turn, "x");
    }
    assert_eq!(ctx.discard_calls_since(0, &mut turn, "x"), REMEMBERED);
}

#[test]
fn a_reply_that_was_taken_out_of_the_turn_is_discarded_before_the_next_is_shown() {
    let (ctx, sink) = watched();
    let mut turn = Turn::builder().user("hi").build();
    let before = turn.clone();
    half(&ctx, &mut turn, "half an ans");
    turn = before;
    half(&ctx, &mut turn, "whole");
    // Neither another conversation nor one that continues is discarded.
    let mut other = Turn::builder().id("other").user("sum this up").build();
    half(&ctx, &mut other, "sum");
    half(&ctx, &mut other, "more");
    let types: Vec<String> = sink
        .events()
        .iter()
        .map(|event| event.type_name().to_owned())
        .filter(|name| name.starts_with("provider-call-s") || name.ends_with("discarded"))
        .collect();
    assert_eq!(
        types,
        [
            "provider-call-started",
            "provider-call-discarded",
            "provider-call-started",
            "provider-call-started",
            "provider-call-started"
        ]
    );
}
