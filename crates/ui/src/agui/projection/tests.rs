use geppetto_events::{
    Correlation,
    kind::{
        CustomEvent, InputJoined, ProviderCallDiscarded, ProviderCallStarted, ReasoningDelta,
        ReasoningFinished, ReasoningSource, RunStarted, RunStopped, ServerTool, ServerToolPhase,
        TextDelta, TextFinished, ToolCallRequested, ToolCallWaiting, ToolResultReady, ToolStatus,
    },
};
use serde_json::{Value, json};

use super::*;
use crate::history::CLIENT_QUESTION;

fn event(segment: &str, kind: EventKind) -> Event {
    let mut correlation = Correlation::default();
    correlation.run_id = Some("run".to_owned());
    correlation.turn_id = Some("turn".to_owned());
    correlation.provider_call_id = Some("call".to_owned());
    correlation.segment_id = Some(segment.to_owned());
    Event::new(kind).with_correlation(correlation.into())
}

/// Projects events of one run, each with the segment that it belongs to.
fn project(events: impl IntoIterator<Item = (&'static str, EventKind)>) -> Vec<Value> {
    let mut projection = Projection::new("t", "r");
    let start = [
        ("", EventKind::RunStarted(RunStarted::new("Hi"))),
        (
            "",
            EventKind::ProviderCallStarted(ProviderCallStarted::default()),
        ),
    ];
    let events = start.into_iter().chain(events);
    let out = events.flat_map(|(segment, kind)| projection.apply(&event(segment, kind)));
    out.map(|own| serde_json::to_value(own).unwrap()).collect()
}

fn requested(call: &str) -> EventKind {
    EventKind::ToolCallRequested(ToolCallRequested::new(call, "pay", "{}"))
}

fn result(call: &str) -> EventKind {
    EventKind::ToolResultReady(ToolResultReady::new(
        call,
        "pay",
        "paid",
        ToolStatus::Success,
    ))
}

fn waiting(call: &str, question: &str) -> EventKind {
    EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new(call, "pay", "{}", question)))
}

#[test]
fn a_replaced_text_is_taken_back() {
    let out = project([
        ("a", EventKind::TextDelta(TextDelta::new("wrong", 0, 1))),
        (
            "a",
            EventKind::TextSegmentFinished(TextFinished::new("wrong", Some(REPLACED.to_owned()))),
        ),
        ("b", EventKind::TextDelta(TextDelta::new("right", 0, 1))),
    ]);
    assert!(
        out.contains(&json!({"type": "MESSAGES_SNAPSHOT", "messages": []})),
        "{out:#?}"
    );
}

#[test]
fn a_message_that_joins_the_run_is_in_a_snapshot() {
    let joined = InputJoined::new([InputMessage::user("u", "in green")]);
    let out = project([
        ("a", EventKind::TextDelta(TextDelta::new("Red.", 0, 1))),
        (
            "a",
            EventKind::TextSegmentFinished(TextFinished::new("Red.", None)),
        ),
        ("", EventKind::InputJoined(joined)),
        ("b", EventKind::TextDelta(TextDelta::new("Green.", 0, 1))),
    ]);
    let snapshot = out.iter().find(|own| own["type"] == "MESSAGES_SNAPSHOT");
    let messages = snapshot.unwrap()["messages"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(
        messages[1],
        json!({"id": "u", "role": "user", "content": "in green"})
    );
}

#[test]
fn a_call_id_that_is_used_again_becomes_another_id() {
    let out = project([
        ("", requested("c")),
        ("", result("c")),
        ("", requested("c")),
        ("", result("c")),
    ]);
    let of = |kind: &str| -> Vec<&Value> {
        let own = out.iter().filter(|own| own["type"] == kind);
        own.map(|own| &own["toolCallId"]).collect()
    };
    assert_eq!(of("TOOL_CALL_START"), ["c", "c#2"]);
    assert_eq!(of("TOOL_CALL_RESULT"), ["c", "c#2"]);
}

#[test]
fn questions_are_interrupts_and_calls_of_the_client_are_pending() {
    let stopped = || ("", EventKind::RunStopped(RunStopped::new("waiting: ?")));
    let out = project([
        ("", requested("a")),
        ("", requested("b")),
        ("", waiting("a", CLIENT_QUESTION)),
        ("", waiting("b", "May I?")),
        stopped(),
    ]);
    let outcome = &out.last().unwrap()["outcome"];
    assert_eq!(outcome["type"], "interrupt");
    assert_eq!(outcome["interrupts"].as_array().unwrap().len(), 1);
    assert_eq!(outcome["interrupts"][0]["toolCallId"], "b");
    assert_eq!(outcome["interrupts"][0]["message"], "May I?");

    let out = project([
        ("", requested("a")),
        ("", waiting("a", CLIENT_QUESTION)),
        stopped(),
    ]);
    let outcome = json!({"type": "success", "pendingToolCallIds": ["a"]});
    assert_eq!(out.last().unwrap()["outcome"], outcome);
}

#[test]
fn names_of_types_are_those_on_the_wire() {
    let mut projection = Projection::new("t", "r").with_snapshot();
    for own in projection.idle() {
        let json = serde_json::to_value(&own).unwrap();
        assert_eq!(json["type"], own.type_name());
    }
}

#[test]
fn a_limit_is_no_success() {
    let out = project([("", EventKind::RunStopped(RunStopped::new("20 iterations")))]);
    assert_eq!(out.last().unwrap()["outcome"], json!({"type": "cancelled"}));
    let limit =
        json!({"type": "CUSTOM", "name": "geppetto.limit", "value": {"reason": "20 iterations"}});
    assert!(out.contains(&limit), "{out:#?}");
}

#[test]
fn tools_of_the_provider_are_activities() {
    let tool = |phase, data: Value| {
        let mut own = ServerTool::new(ServerTool::WEB_SEARCH, phase, "ws");
        own.data = data.as_object().cloned().unwrap_or_default();
        ("", EventKind::ServerTool(Box::new(own)))
    };
    let out = project([
        tool(ServerToolPhase::Started, json!({})),
        tool(ServerToolPhase::Completed, json!({"query": "rust"})),
    ]);
    let last = out.last().unwrap();
    assert_eq!(last["type"], "ACTIVITY_SNAPSHOT");
    assert_eq!(
        last["content"],
        json!({"status": "completed", "query": "rust"})
    );
}

#[test]
fn the_state_of_the_application_is_sent() {
    let custom = |name: &str, fields: Value| {
        let fields = fields.as_object().cloned().unwrap_or_default();
        ("", EventKind::Custom(CustomEvent::new(name, fields)))
    };
    let patch = json!([{"op": "replace", "path": "/a", "value": 2}]);
    let out = project([
        custom("state-snapshot", json!({"snapshot": {"a": 1}})),
        custom("state-delta", json!({"delta": patch})),
        custom("weather", json!({"sky": "blue"})),
    ]);
    let expected = [
        json!({"type": "STATE_SNAPSHOT", "snapshot": {"a": 1}}),
        json!({"type": "STATE_DELTA", "delta": patch}),
        json!({"type": "CUSTOM", "name": "weather", "value": {"sky": "blue"}}),
    ];
    assert_eq!(out[2..], expected);
}

/// `@ag-ui/client` keeps its reasoning where a snapshot has none. So reasoning that was withdrawn is
/// removed with the next snapshot that has some.
#[test]
fn withdrawn_reasoning_is_removed_with_the_next() {
    let reasoning = |segment, text: &str| {
        let source = ReasoningSource::Thinking;
        let delta = ReasoningDelta::new(text, 0, 1, source.clone());
        let end = ReasoningFinished::new(text, None, source);
        [
            (segment, EventKind::ReasoningDelta(delta)),
            (segment, EventKind::ReasoningSegmentFinished(end)),
        ]
    };
    let discarded = ProviderCallDiscarded::new("broken");
    let events = reasoning("a", "I thi").into_iter();
    let events = events.chain([("", EventKind::ProviderCallDiscarded(discarded))]);
    let out = project(events.chain(reasoning("b", "I think")));
    let snapshots = out.iter().filter(|own| own["type"] == "MESSAGES_SNAPSHOT");
    let snapshots: Vec<&Value> = snapshots.map(|own| &own["messages"]).collect();
    let second = json!([{"id": "b", "role": "reasoning", "content": "I think"}]);
    assert_eq!(snapshots, [&json!([]), &second]);
}
