//! The messages that a client of AG-UI folds from streams are those that the turns give: in runs of
//! the simulator, cut and broken everywhere. Streams are in the order that `verifyEvents` of
//! `@ag-ui/client` demands, and have one end, with nothing open.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test's helpers panic too"
)]

use std::collections::HashSet;

use geppetto_events::{Event, EventKind};
use geppetto_testing::simulate::{Observation, Report, Step, corpus};
use geppetto_turns::Turn;
use geppetto_ui::agui::{Conversation, Message, Outcome, Projection, UiEvent, messages};

/// Number of cuts per case.
const CUTS: usize = 12;

fn rule(is_kept: bool, rule: &'static str) -> Result<(), &'static str> {
    match is_kept {
        true => Ok(()),
        false => Err(rule),
    }
}

/// Checks the order of a stream's events.
#[derive(Default)]
struct Order {
    started: bool,
    ended: bool,
    open: HashSet<(u8, String)>,
    calls: HashSet<String>,
}

impl Order {
    fn accept(&mut self, event: &UiEvent) -> Result<(), &'static str> {
        rule(!self.ended, "nothing follows the end")?;
        let is_start = matches!(event, UiEvent::RunStarted { .. });
        rule(self.started != is_start, "the start comes first, and once")?;
        self.started = true;
        match event {
            UiEvent::StepStarted { step_name } => self.open(0, step_name)?,
            UiEvent::StepFinished { step_name } => self.close(0, step_name)?,
            UiEvent::TextMessageStart { message_id, .. } => self.open(1, message_id)?,
            UiEvent::TextMessageContent { message_id, delta } => {
                rule(!delta.is_empty(), "a delta is empty")?;
                self.is_open(1, message_id)?;
            }
            UiEvent::TextMessageEnd { message_id } => self.close(1, message_id)?,
            UiEvent::ReasoningStart { message_id } => self.open(2, message_id)?,
            UiEvent::ReasoningMessageStart { message_id, .. } => {
                self.is_open(2, message_id)?;
                self.open(3, message_id)?;
            }
            UiEvent::ReasoningMessageContent { message_id, .. } => self.is_open(3, message_id)?,
            UiEvent::ReasoningMessageEnd { message_id } => self.close(3, message_id)?,
            UiEvent::ReasoningEnd { message_id } => self.close(2, message_id)?,
            UiEvent::ToolCallStart { tool_call_id, .. } => {
                self.open(4, tool_call_id)?;
                rule(
                    self.calls.insert(tool_call_id.clone()),
                    "a call has the id of another",
                )?;
            }
            UiEvent::ToolCallArgs { tool_call_id, .. } => self.is_open(4, tool_call_id)?,
            UiEvent::ToolCallEnd { tool_call_id } => self.close(4, tool_call_id)?,
            UiEvent::MessagesSnapshot { messages } => {
                // Calls that were withdrawn may come again.
                self.calls.clear();
                for message in messages {
                    if let Message::Assistant { tool_calls, .. } = message {
                        self.calls
                            .extend(tool_calls.iter().map(|own| own.id.clone()));
                    }
                }
            }
            UiEvent::RunFinished {
                outcome: Some(Outcome::Interrupt { interrupts }),
                ..
            } => rule(!interrupts.is_empty(), "an interrupt asks something")?,
            _ => {}
        }
        if event.is_terminal() {
            rule(self.open.is_empty(), "something is open at the end")?;
            self.ended = true;
        }
        Ok(())
    }

    fn open(&mut self, kind: u8, id: &str) -> Result<(), &'static str> {
        rule(
            self.open.insert((kind, id.to_owned())),
            "it is open already",
        )
    }

    fn is_open(&self, kind: u8, id: &str) -> Result<(), &'static str> {
        rule(self.open.contains(&(kind, id.to_owned())), "it is not open")
    }

    fn close(&mut self, kind: u8, id: &str) -> Result<(), &'static str> {
        rule(self.open.remove(&(kind, id.to_owned())), "it is not open")
    }
}

/// Returns messages without what only one of both ways knows.
fn normal(messages: &[Message]) -> Vec<Message> {
    let mut shown: Vec<Message> = Vec::new();
    for message in messages {
        let mut message = message.clone();
        match &mut message {
            Message::User { .. } => continue,
            Message::Tool { error, .. } => *error = None,
            // A turn joins the parts of a text.
            Message::Reasoning { content, .. } => {
                if let Some(Message::Reasoning { content: whole, .. }) = shown.last_mut() {
                    whole.push_str(content);
                    continue;
                }
            }
            _ => {}
        }
        shown.push(message);
    }
    // Results come as the tools end; a turn has them in the order of the calls.
    for results in shown.chunk_by_mut(|one, next| is_result(one) && is_result(next)) {
        results.sort_by(|one, other| one.id().cmp(other.id()));
    }
    shown
}

fn is_result(message: &Message) -> bool {
    matches!(message, Message::Tool { .. })
}

struct Stream {
    projection: Projection,
    order: Order,
}

struct Clients {
    turns: Vec<Turn>,
    client: Conversation,
    stream: Option<Stream>,
    problems: Vec<String>,
}

impl Clients {
    fn event(&mut self, event: &Event) {
        let turns = &self.turns;
        let stream = self.stream.get_or_insert_with(|| Stream {
            projection: Projection::new("thread", "run").after(turns),
            order: Order::default(),
        });
        if let EventKind::RunStarted(started) = &event.kind
            && started.replaces.is_some()
        {
            self.problems.push("a turn was replaced".to_owned());
        }
        let out = stream.projection.apply(event);
        if let Some(lost) = lost(event, &out) {
            self.problems.push(format!("event {}: {lost}", event.seq));
        }
        for own in out {
            let json = own.to_json();
            if let Err(rule) = stream.order.accept(&own) {
                self.problems
                    .push(format!("event {}: {rule}: {json}", event.seq));
            }
            if json.contains(['\r', '\n']) {
                self.problems.push(format!("a line break in {json:?}"));
            }
            self.client.apply(&own);
        }
    }

    fn end(&mut self, turn: &Turn) {
        let Some(stream) = self.stream.take() else {
            return;
        };
        if !stream.projection.is_ended() {
            self.problems.push("the stream has no end".to_owned());
        }
        match self.turns.last_mut() {
            Some(last) if last.id == turn.id => *last = turn.clone(),
            _ => self.turns.push(turn.clone()),
        }
        let of_turns = normal(&messages(&self.turns));
        let live = normal(self.client.messages());
        if live != of_turns {
            let text = format!("the client has\n{live:#?}\nand the turns\n{of_turns:#?}");
            self.problems.push(text);
        }
        self.client = Conversation::new(messages(&self.turns));
    }
}

/// Returns what the stream does not tell of an event.
fn lost(event: &Event, out: &[UiEvent]) -> Option<String> {
    let text: String = out.iter().map(UiEvent::to_json).collect();
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
        EventKind::RunFinished(e) => usage(&e.usage).or_else(|| has("RUN_FINISHED", "the end")),
        EventKind::RunStopped(e) => usage(&e.usage).or_else(|| has("RUN_FINISHED", "the end")),
        EventKind::RunFailed(e) => usage(&e.usage)
            .or_else(|| has("RUN_ERROR", "the end"))
            .or_else(|| has(&quoted(&e.error_string), "the error")),
        EventKind::Error(e) => has(&quoted(&e.error_string), "the error"),
        EventKind::ToolResultReady(e) => has(&quoted(&e.result), "the result"),
        _ => None,
    }
}

fn check(seen: &Observation) -> Vec<String> {
    let mut clients = Clients {
        turns: seen.history.clone(),
        client: Conversation::new(messages(&seen.history)),
        stream: None,
        problems: Vec::new(),
    };
    for step in &seen.steps {
        match step {
            Step::Event(event) => clients.event(event),
            Step::End(turn) => clients.end(turn),
            _ => {}
        }
    }
    clients.problems
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
