use std::sync::Arc;

use geppetto_events::{Correlation, Event, EventKind as E, kind::*};
use geppetto_turns::{Block, RunEnd, ToolCall, Turn, keys::turn_meta};
use serde_json::json;

use super::*;
use crate::{SHOWN_LIMIT, entity::Entity};

mod agents;
mod faults;
mod history;
mod joined;

/// Publishes events of a session.
struct Stream {
    timeline: Timeline,
    seq: u64,
    correlation: Correlation,
}

impl Stream {
    fn new() -> Self {
        Self {
            timeline: Timeline::new(),
            seq: 0,
            correlation: Correlation::default(),
        }
    }

    fn event(&mut self, kind: E) -> Event {
        self.seq += 1;
        let mut event = Event::new(kind).with_correlation(Arc::new(self.correlation.clone()));
        event.seq = self.seq;
        event
    }

    fn publish(&mut self, kind: E) -> Vec<Patch> {
        let event = self.event(kind);
        self.timeline.apply(&event)
    }

    fn run(&mut self, run: &str, turn: &str, messages: &[&str]) {
        self.correlation = Correlation::default();
        self.correlation.run_id = Some(run.to_owned());
        self.correlation.turn_id = Some(turn.to_owned());
        let messages = messages.iter().enumerate();
        let messages = messages.map(|(n, text)| InputMessage::user(format!("{turn}-{n}"), *text));
        self.publish(E::RunStarted(RunStarted::new("").with_messages(messages)));
    }

    fn call(&mut self, number: u32, attempt: u32) {
        self.correlation.provider_call_id = Some(format!("call-{number}"));
        self.correlation.attempt = Some(attempt);
        self.publish(E::ProviderCallStarted(ProviderCallStarted::default()));
    }

    fn end_call(&mut self) {
        self.correlation.segment_id = None;
        self.correlation.tool_call_id = None;
        self.publish(E::ProviderCallFinished(Box::default()));
    }

    fn segment(&mut self, id: &str) {
        self.correlation.segment_id = Some(id.to_owned());
    }

    fn text(&mut self, id: &str, deltas: &[&str]) {
        self.segment(id);
        self.publish(E::TextSegmentStarted(TextStarted::new("assistant")));
        let mut offset = 0;
        for (n, delta) in deltas.iter().enumerate() {
            let delta = TextDelta::new(*delta, offset, n as u64 + 1);
            offset += delta.delta.len() as u64;
            self.publish(E::TextDelta(delta));
        }
    }

    fn end_text(&mut self, text: &str, reason: Option<&str>) {
        let end = TextFinished::new(text, reason.map(str::to_owned));
        self.publish(E::TextSegmentFinished(end));
    }

    fn tool(&mut self, id: &str, name: &str, input: &str) {
        self.correlation.tool_call_id = Some(id.to_owned());
        self.publish(E::ToolCallStarted(ToolCallStarted::new(id, name)));
        self.publish(E::ToolCallRequested(ToolCallRequested::new(
            id, name, input,
        )));
    }

    fn finish(&mut self) {
        self.publish(E::RunFinished(RunFinished::new("completed")));
    }

    fn shown(&self) -> Vec<String> {
        self.timeline.view().entities().map(line).collect()
    }

    fn entity(&self, id: &str) -> &Entity {
        self.timeline.view().entity(id).unwrap()
    }
}

/// Returns an entity in one line: kind, state, text.
fn line(entity: &Entity) -> String {
    let text = match &entity.content {
        Content::ToolCall(own) => format!("{} {} {}", own.name, own.arguments, own.result),
        Content::ServerTool(own) => format!("{} {}", own.name, own.arguments),
        Content::Reasoning(own) => format!("{}|{}", own.text, own.summary),
        _ => entity.text().unwrap_or_default().to_owned(),
    };
    let state = entity.state().map_or("", State::as_str);
    format!("{} {state} {text}", entity.kind())
        .replace("  ", " ")
        .trim_end()
        .to_owned()
}

#[test]
fn an_answer_appears_with_its_first_visible_text_and_grows_by_deltas() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.text("s", &["\n", " "]);
    assert_eq!(stream.shown(), ["user hi"]);
    let delta = |text: &str, offset| E::TextDelta(TextDelta::new(text, offset, 0));
    let first = stream.publish(delta("Hel", 2));
    assert!(matches!(&first[..], [Patch::Insert { entity }] if entity.text() == Some("\n Hel")));
    let second = stream.publish(delta("lo", 5));
    let expect = json!([{"op": "append", "id": "s", "version": 7, "field": "text", "text": "lo"}]);
    assert_eq!(serde_json::to_value(second).unwrap(), expect);
    stream.end_text("\n Hello", Some("stop"));
    assert_eq!(stream.shown(), ["user hi", "answer done \n Hello"]);
    stream.text("blank", &["  \n"]);
    stream.end_text("  \n", None);
    assert_eq!(stream.shown().len(), 2);
    assert_eq!(stream.entity("s").version, 8);
    assert_eq!(stream.timeline.seq(), 11);
}

#[test]
fn the_parts_of_a_summary_are_one_piece_of_reasoning() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    for (id, text) in [("a", "One."), ("b", "Two.")] {
        stream.segment(id);
        let mut started = ReasoningStarted::new(ReasoningSource::Summary);
        started.part_of = Some(0);
        stream.publish(E::ReasoningSegmentStarted(started));
        let (source, delta) = (ReasoningSource::Summary, ReasoningDelta::new);
        stream.publish(E::ReasoningDelta(delta(text, 0, 1, source.clone())));
        let end = ReasoningFinished::new(text, None, source);
        stream.publish(E::ReasoningSegmentFinished(end));
    }
    assert_eq!(stream.shown()[1], "reasoning streaming |One.\n\nTwo.");
    stream.text("s", &["So."]);
    assert_eq!(
        stream.shown()[1..],
        ["reasoning done |One.\n\nTwo.", "answer streaming So."]
    );
}

#[test]
fn a_tool_call_shows_every_step() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.tool("c", "look", r#"{"at":1}"#);
    assert_eq!(stream.shown()[1], r#"tool_call requested look {"at":1}"#);
    stream.end_call();
    stream.correlation.tool_call_id = Some("c".to_owned());
    let mut start = ToolExecutionStarted::new("c", "look", r#"{"at":2}"#);
    start.changed = true;
    stream.publish(E::ToolExecutionStarted(start));
    stream.publish(E::Info(Info::new("half way", None)));
    stream.publish(E::Log(Log::new("debug", "a detail")));
    let Content::ToolCall(own) = &stream.entity("c").content else {
        panic!("not a tool call");
    };
    assert_eq!(
        (&*own.ran_with, &*own.progress),
        (r#"{"at":2}"#, "half way")
    );
    let result = ToolResultReady::new("c", "look", "blue", ToolStatus::Success);
    stream.publish(E::ToolResultReady(result));
    let mut end = ToolCallFinished::new("c", "look", ToolStatus::Success);
    end.duration_ms = Some(12);
    stream.publish(E::ToolCallFinished(end));
    let shown = serde_json::to_value(stream.entity("c")).unwrap();
    assert_eq!(
        (&shown["result"], &shown["duration_ms"]),
        (&json!("blue"), &json!(12))
    );
    assert_eq!(shown["state"], "done");
}

#[test]
fn long_arguments_and_results_are_cut_and_the_rest_is_counted() {
    let mut stream = Stream::new();
    stream.run("r", "t", &["hi"]);
    stream.call(1, 1);
    stream.correlation.tool_call_id = Some("c".to_owned());
    stream.publish(E::ToolCallStarted(ToolCallStarted::new("c", "write")));
    let part = "ü".repeat(1_000);
    for n in 0..20 {
        let delta = ToolCallArgumentsDelta::new("c", part.as_str(), n * 2_000, n + 1);
        stream.publish(E::ToolCallArgumentsDelta(delta));
    }
    stream.end_call();
    let shown = serde_json::to_value(stream.entity("c")).unwrap();
    assert_eq!(shown["arguments"].as_str().unwrap().len(), SHOWN_LIMIT);
    assert_eq!(shown["arguments_omitted"], 40_000 - SHOWN_LIMIT);
    assert_eq!(shown["state"], "not_run");
}
