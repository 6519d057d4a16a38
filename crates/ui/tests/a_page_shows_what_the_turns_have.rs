//! The message that an interface folds from a stream is the one that the turn gives: in runs of the
//! simulator, cut and broken everywhere. Streams are in the order that the AI SDK's own reader
//! demands, and have one end.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::collections::HashSet;

use geppetto_events::{Event, EventKind};
use geppetto_testing::simulate::{Observation, Report, Step, corpus};
use geppetto_ui::ai_sdk::{Chunk, Message, Part, Projection, messages};
use serde_json::{Map, Value};

/// Number of cuts per case.
const CUTS: usize = 12;

/// Returns an error if a rule is not kept.
fn rule(is_kept: bool, rule: &'static str) -> Result<(), &'static str> {
    match is_kept {
        true => Ok(()),
        false => Err(rule),
    }
}

/// Checks the order of chunks, as `process-ui-message-stream.ts` of the package `ai` demands it.
#[derive(Default)]
struct Order {
    started: bool,
    ended: bool,
    in_step: bool,
    open: HashSet<String>,
    calls: HashSet<String>,
    writing: HashSet<String>,
    approvals: HashSet<String>,
}

impl Order {
    fn accept(&mut self, chunk: &Chunk) -> Result<(), String> {
        self.parts(chunk)
            .and_then(|()| self.tools(chunk))
            .map_err(|rule| format!("{rule}: {}", chunk.to_json()))
    }

    fn parts(&mut self, chunk: &Chunk) -> Result<(), &'static str> {
        rule(!self.ended, "nothing follows the end")?;
        let is_start = matches!(chunk, Chunk::Start { .. });
        rule(self.started != is_start, "`start` comes first, and once")?;
        self.started = true;
        match chunk {
            Chunk::StartStep => {
                rule(!self.in_step, "a step is open")?;
                self.in_step = true;
            }
            Chunk::FinishStep => {
                rule(
                    self.in_step && self.open.is_empty(),
                    "a part is open, or no step",
                )?;
                self.in_step = false;
            }
            Chunk::ResetStep => {
                rule(self.in_step, "there is no step")?;
                self.open.clear();
                self.writing.clear();
            }
            Chunk::TextStart { id, .. } | Chunk::ReasoningStart { id } => {
                rule(self.open.insert(id.clone()), "a part starts twice")?;
            }
            Chunk::TextDelta { id, delta } | Chunk::ReasoningDelta { id, delta } => {
                rule(self.open.contains(id), "a delta without a part")?;
                rule(!delta.is_empty(), "an empty delta")?;
            }
            Chunk::TextEnd { id } | Chunk::ReasoningEnd { id } => {
                rule(self.open.remove(id), "an end without a part")?;
            }
            _ => {}
        }
        Ok(())
    }

    fn tools(&mut self, chunk: &Chunk) -> Result<(), &'static str> {
        match chunk {
            Chunk::ToolInputStart { tool_call_id, .. } => {
                self.calls.insert(tool_call_id.clone());
                self.writing.insert(tool_call_id.clone());
            }
            Chunk::ToolInputDelta { tool_call_id, .. } => {
                rule(
                    self.writing.contains(tool_call_id),
                    "arguments without a call",
                )?;
            }
            Chunk::ToolInputAvailable { tool_call_id, .. }
            | Chunk::ToolInputError { tool_call_id, .. } => {
                self.calls.insert(tool_call_id.clone());
                self.writing.remove(tool_call_id);
            }
            Chunk::ToolApprovalRequest {
                approval_id,
                tool_call_id,
                ..
            } => {
                rule(
                    self.calls.contains(tool_call_id),
                    "a question without a call",
                )?;
                self.approvals.insert(approval_id.clone());
            }
            Chunk::ToolApprovalResponse { approval_id, .. } => {
                rule(
                    self.approvals.contains(approval_id),
                    "an answer without a question",
                )?;
            }
            Chunk::ToolOutputAvailable { tool_call_id, .. }
            | Chunk::ToolOutputError { tool_call_id, .. }
            | Chunk::ToolOutputDenied { tool_call_id } => {
                rule(self.calls.contains(tool_call_id), "a result without a call")?;
            }
            _ => {}
        }
        if chunk.is_terminal() {
            rule(
                !self.in_step && self.writing.is_empty(),
                "something is open at the end",
            )?;
            self.ended = true;
        }
        Ok(())
    }
}

/// Returns what both ways must show: texts, reasoning, calls and sources, in order.
fn shown(message: &Message) -> Vec<Value> {
    let mut shown = Vec::new();
    for part in &message.parts {
        if *part == Part::StepStart {
            continue;
        }
        let mut json = serde_json::to_value(part).unwrap();
        let fields = json.as_object_mut().unwrap();
        // A turn does not say where a text was cut off; the stream closes it there.
        fields.remove("rawInput");
        if fields.get("state") != Some(&"approval-requested".into()) {
            // Nor does it keep questions that were answered.
            fields.remove("approval");
        }
        if fields.get("type") == Some(&"reasoning".into()) {
            // A turn joins the parts of a text.
            merge(&mut shown, fields);
            continue;
        }
        shown.push(json);
    }
    shown
}

fn merge(shown: &mut Vec<Value>, fields: &Map<String, Value>) {
    let text = fields["text"].as_str().unwrap();
    if let Some(last) = shown.last_mut().filter(|own| own["type"] == "reasoning") {
        let whole = format!("{}{text}", last["text"].as_str().unwrap());
        last["text"] = whole.into();
        return;
    }
    shown.push(Value::Object(fields.clone()));
}

/// A stream, and the page that shows it.
struct Stream {
    projection: Projection,
    order: Order,
    page: Message,
}

#[derive(Default)]
struct Pages {
    stream: Option<Stream>,
    problems: Vec<String>,
}

impl Pages {
    fn event(&mut self, seen: &Observation, event: &Event) {
        let stream = self.stream.get_or_insert_with(|| {
            let turn = seen.history.last();
            let is_same = |id: &str| event.correlation.turn_id.as_deref() == Some(id);
            let continued = turn.filter(|turn| is_same(&turn.id));
            Stream {
                projection: match continued {
                    Some(turn) => Projection::replaying(turn, 0),
                    None => Projection::new(),
                },
                order: Order::default(),
                page: Message::assistant(""),
            }
        });
        let chunks = stream.projection.apply(event);
        if let Some(lost) = lost(event, &chunks) {
            self.problems.push(format!("event {}: {lost}", event.seq));
        }
        for chunk in chunks {
            if let Err(rule) = stream.order.accept(&chunk) {
                self.problems.push(format!("event {}: {rule}", event.seq));
            }
            if chunk.to_json().contains(['\r', '\n']) {
                let text = format!("event {}: a line break in {chunk:?}", event.seq);
                self.problems.push(text);
            }
            stream.page.apply(&chunk);
        }
    }

    fn end(&mut self, turn: &geppetto_turns::Turn) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        if !stream.projection.is_ended() {
            self.problems.push("the stream has no end".to_owned());
        }
        let loaded = messages(std::slice::from_ref(turn));
        let of_turn = loaded.iter().rfind(|own| own.role == "assistant");
        let of_turn = of_turn.map(shown).unwrap_or_default();
        // A turn contains the whole conversation.
        let live = shown(&stream.page);
        if !of_turn.ends_with(&live) || (live.is_empty() && !of_turn.is_empty()) {
            let text = format!("the stream gives\n{live:#?}\nand the turn\n{of_turn:#?}");
            self.problems.push(text);
        }
    }
}

/// Returns what the chunks of an event do not tell of it.
fn lost(event: &Event, chunks: &[Chunk]) -> Option<String> {
    let text: String = chunks.iter().map(Chunk::to_json).collect();
    let has = |part: &str, what: &str| match text.contains(part) {
        true => None,
        false => Some(format!("{what} is not in {text}")),
    };
    let usage = |own: &Option<Box<geppetto_turns::Usage>>| {
        let own = own.as_ref()?;
        has(
            &format!("\"outputTokens\":{}", own.output_tokens),
            "the usage",
        )
    };
    let quoted = |own: &str| serde_json::to_string(own).unwrap();
    match &event.kind {
        EventKind::RunFinished(e) => usage(&e.usage).or_else(|| has("\"finish\"", "the end")),
        EventKind::RunStopped(e) => usage(&e.usage),
        EventKind::RunFailed(e) => usage(&e.usage)
            .or_else(|| has("\"type\":\"error\"", "the end"))
            .or_else(|| has(&quoted(&e.error_string), "the error")),
        EventKind::Error(e) => has(&quoted(&e.error_string), "the error"),
        EventKind::ToolResultReady(e) => has(&quoted(&e.tool_call_id), "the call"),
        _ => None,
    }
}

fn check(seen: &Observation) -> Vec<String> {
    let mut pages = Pages::default();
    for step in &seen.steps {
        match step {
            Step::Event(event) => pages.event(seen, event),
            Step::End(turn) => pages.end(turn),
            _ => {}
        }
    }
    pages.problems
}

#[test]
fn in_runs_that_are_cut_or_broken_anywhere() {
    let mut report = Report::default();
    for (case, seed) in corpus::cases().into_iter().zip(1..) {
        report += case.with_check(check).simulate_some(seed, CUTS);
    }
    report.assert_clean();
    let tried = report.total();
    assert!(tried.cuts > 150 && tried.faults > 150, "{tried:?}");
}

#[test]
fn in_runs_whose_streams_break_off() {
    let mut report = Report::default();
    for case in corpus::loops() {
        report += case.with_check(check).break_streams(7, 30);
    }
    report.assert_clean();
}
