use geppetto_events::{
    Correlation, EventMeta,
    kind::{
        Citation, ErrorEvent, ProviderCallStarted, REPLACED, RunFailed, RunStarted, RunStopped,
        ServerTool, ServerToolPhase, TextDelta, TextFinished, TextStarted, ToolCallArgumentsDelta,
        ToolCallRequested, ToolCallStarted, ToolCallWaiting, ToolExecutionStarted, ToolResultReady,
        ToolStatus,
    },
};
use serde_json::{Value, json};

use super::*;
use crate::ai_sdk::Message;

/// Projects events of one run, each with the segment that it belongs to.
fn project(events: impl IntoIterator<Item = (&'static str, EventKind)>) -> (Vec<Value>, Message) {
    project_with(Projection::new(), events)
}

fn project_with(
    mut projection: Projection,
    events: impl IntoIterator<Item = (&'static str, EventKind)>,
) -> (Vec<Value>, Message) {
    let (mut chunks, mut page) = (Vec::new(), Message::assistant(""));
    for (segment, kind) in events {
        let mut correlation = Correlation::default();
        correlation.run_id = Some("run".to_owned());
        correlation.turn_id = Some("turn".to_owned());
        correlation.provider_call_id = Some("call".to_owned());
        correlation.segment_id = (!segment.is_empty()).then(|| segment.to_owned());
        let event = Event::new(kind)
            .with_meta(EventMeta::default().into())
            .with_correlation(correlation.into());
        for chunk in projection.apply(&event) {
            page.apply(&chunk);
            chunks.push(serde_json::to_value(&chunk).unwrap());
        }
    }
    (chunks, page)
}

fn started() -> [(&'static str, EventKind); 2] {
    [
        ("", EventKind::RunStarted(RunStarted::new("Hi"))),
        (
            "",
            EventKind::ProviderCallStarted(ProviderCallStarted::default()),
        ),
    ]
}

fn delta(text: &str) -> EventKind {
    EventKind::TextDelta(TextDelta::new(text, 0, 1))
}

fn text_end(text: &str, reason: Option<&str>) -> EventKind {
    let reason = reason.map(str::to_owned);
    EventKind::TextSegmentFinished(TextFinished::new(text, reason))
}

#[test]
fn a_replaced_text_is_withdrawn_and_what_was_before_it_stays() {
    let (chunks, page) = project(started().into_iter().chain([
        ("a", delta("Wait.")),
        ("a", text_end("Wait.", None)),
        ("b", delta("wrong")),
        ("b", text_end("wrong", Some(REPLACED))),
        ("c", delta("right")),
        ("c", text_end("right", None)),
    ]));
    assert_eq!(page.text(), "Wait.right");
    assert!(
        chunks.contains(&json!({"type": "reset-step"})),
        "{chunks:#?}"
    );
}

#[test]
fn blank_texts_are_left_out() {
    let (chunks, _) = project(
        started()
            .into_iter()
            .chain([("a", delta("\n\n")), ("a", text_end("\n\n", None))]),
    );
    assert_eq!(chunks, [json!({"type": "start", "messageId": "turn"})]);
}

#[test]
fn a_refusal_says_so() {
    let (chunks, _) = project(started().into_iter().chain([
        (
            "a",
            EventKind::TextSegmentStarted(TextStarted::new("assistant").with_refusal(true)),
        ),
        ("a", delta("No.")),
    ]));
    let start = json!({
        "type": "text-start", "id": "a", "providerMetadata": {"geppetto": {"refusal": true}},
    });
    assert_eq!(chunks[2], start);
}

#[test]
fn a_call_that_breaks_off_does_not_stay_open() {
    let arguments = ToolCallArgumentsDelta::new("c", "{\"a\":", 0, 1);
    let (chunks, page) = project(started().into_iter().chain([
        (
            "c",
            EventKind::ToolCallStarted(ToolCallStarted::new("c", "look")),
        ),
        ("c", EventKind::ToolCallArgumentsDelta(arguments)),
        ("", EventKind::ProviderCallFinished(Box::default())),
        ("", EventKind::RunFailed(RunFailed::new("cut off"))),
    ]));
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["state"], "output-error", "{call}");
    assert_eq!(call["input"], "{\"a\":");
    assert_eq!(
        chunks.last(),
        Some(&json!({"type": "error", "errorText": "cut off"}))
    );
}

#[test]
fn a_requested_call_without_a_result_does_not_stay_open() {
    let (_, page) = project(started().into_iter().chain([
        (
            "c",
            EventKind::ToolCallRequested(ToolCallRequested::new("c", "look", "{}")),
        ),
        ("", EventKind::RunStopped(RunStopped::new("cancelled"))),
    ]));
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["state"], "output-error", "{call}");
}

#[test]
fn arguments_that_are_not_json_are_an_error_until_the_answer() {
    let (chunks, page) = project(started().into_iter().chain([
        (
            "c",
            EventKind::ToolCallRequested(ToolCallRequested::new("c", "look", "{oops")),
        ),
        (
            "",
            EventKind::ToolResultReady(ToolResultReady::new("c", "look", "bad", ToolStatus::Error)),
        ),
    ]));
    assert_eq!(chunks[2]["type"], "tool-input-error");
    assert_eq!(chunks[2]["input"], "{oops");
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["errorText"], "bad");
}

#[test]
fn a_call_of_the_interface_waits_without_a_question() {
    let events = [
        (
            "c",
            EventKind::ToolCallRequested(ToolCallRequested::new("c", "locate", "{}")),
        ),
        (
            "",
            EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new("c", "locate", "{}", "?"))),
        ),
        ("", EventKind::RunStopped(RunStopped::new("waiting: ?"))),
    ];
    let own = Projection::new().client_tools(["locate"]);
    let (_, page) = project_with(own, started().into_iter().chain(events.clone()));
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["state"], "input-available");

    let (_, page) = project(started().into_iter().chain(events));
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["state"], "approval-requested");
    assert_eq!(call["approval"], json!({"id": "c", "requestReason": "?"}));
}

#[test]
fn a_result_whose_call_was_missed_has_one() {
    let (chunks, _) = project([
        (
            "",
            EventKind::ToolExecutionStarted(ToolExecutionStarted::new("c", "look", "{\"a\":1}")),
        ),
        (
            "",
            EventKind::ToolResultReady(ToolResultReady::new(
                "c",
                "look",
                "42",
                ToolStatus::Success,
            )),
        ),
    ]);
    let types: Vec<_> = chunks
        .iter()
        .map(|own| own["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        ["start", "tool-input-available", "tool-output-available"]
    );
    assert_eq!(chunks[2]["output"], "42");
}

#[test]
fn a_denied_call_is_denied() {
    let own = Projection::new().denied(["c"]);
    let resumed = geppetto_events::kind::ToolCallResumed::new("c", "pay", "{}");
    let (chunks, _) = project_with(
        own,
        [
            ("", EventKind::ToolCallResumed(resumed)),
            (
                "",
                EventKind::ToolResultReady(ToolResultReady::new(
                    "c",
                    "pay",
                    "no",
                    ToolStatus::Error,
                )),
            ),
        ],
    );
    assert_eq!(
        chunks[1],
        json!({"type": "tool-output-denied", "toolCallId": "c"})
    );
}

#[test]
fn tools_of_the_provider_and_their_sources_are_shown_once() {
    let tool = |phase, data: Value| {
        let mut own = ServerTool::new(ServerTool::WEB_SEARCH, phase, "ws");
        own.data = data.as_object().cloned().unwrap_or_default();
        ("", EventKind::ServerTool(Box::new(own)))
    };
    let found = json!({"results": [{"url": "https://a.example", "title": "A"}]});
    let mut citation = Citation::default();
    (citation.url, citation.title) = ("https://a.example".to_owned(), "A".to_owned());
    let (chunks, page) = project(started().into_iter().chain([
        tool(ServerToolPhase::Started, json!({})),
        tool(ServerToolPhase::Completed, json!({"query": "rust"})),
        tool(ServerToolPhase::Results, found),
        ("", EventKind::Citation(Box::new(citation))),
    ]));
    let types: Vec<_> = chunks
        .iter()
        .map(|own| own["type"].as_str().unwrap())
        .collect();
    assert_eq!(
        types,
        [
            "start",
            "start-step",
            "tool-input-start",
            "tool-input-available",
            "tool-output-available",
            "source-url"
        ]
    );
    let call = serde_json::to_value(&page.parts[1]).unwrap();
    assert_eq!(call["input"], json!({"query": "rust"}));
    assert_eq!(call["providerExecuted"], true);
}

#[test]
fn the_error_of_an_attempt_does_not_end_the_stream() {
    let (chunks, _) = project(
        started()
            .into_iter()
            .chain([("", EventKind::Error(ErrorEvent::new("overloaded")))]),
    );
    assert_eq!(
        chunks[1],
        json!({
            "type": "data-notice", "transient": true,
            "data": {"level": "error", "message": "overloaded"},
        })
    );
}

#[test]
fn a_stream_that_is_abandoned_ends_with_an_error_once() {
    let mut own = Projection::new();
    let mut chunks = own.abandon("lost");
    chunks.extend(own.abandon("lost"));
    let errors = chunks.iter().filter(|own| own.is_terminal()).count();
    assert_eq!((errors, own.is_ended()), (1, true));
}
