//! [`Consumer`]: a reader that interprets events like a user interface.

use geppetto_events::{Event, EventKind};

/// State of a run as reconstructed from its events.
#[derive(Debug, Default)]
pub(super) struct Consumer {
    calls: Vec<Call>,
    problems: Vec<String>,
}

/// One attempt at a provider call.
#[derive(Debug)]
struct Call {
    key: (String, u32),
    parts: Vec<Part>,
}

/// A segment, or a tool call, of a reply.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Part {
    id: String,
    pub(super) kind: PartKind,
    pub(super) text: String,
    /// `true` if a tool call was complete.
    pub(super) requested: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PartKind {
    Text,
    Reasoning,
    ToolCall,
}

impl Consumer {
    /// Reads all events.
    pub(super) fn read<'e>(events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut consumer = Self::default();
        for event in events {
            consumer.take(event);
        }
        consumer
    }

    /// Returns the inconsistencies.
    pub(super) fn problems(&self) -> &[String] {
        &self.problems
    }

    /// Returns the finally displayed parts.
    pub(super) fn parts(&self) -> impl Iterator<Item = &Part> {
        self.calls.iter().flat_map(|call| &call.parts)
    }

    fn take(&mut self, event: &Event) {
        use EventKind as E;
        match &event.kind {
            E::ProviderCallDiscarded(_) => {
                let key = call_key(event);
                self.calls.retain(|call| call.key != key);
            }
            E::TextSegmentStarted(_) => self.open(event, PartKind::Text),
            E::ReasoningSegmentStarted(_) => self.open(event, PartKind::Reasoning),
            E::ToolCallStarted(_) => self.open(event, PartKind::ToolCall),
            E::TextDelta(delta) => self.grow(event, &delta.delta, delta.offset),
            E::ReasoningDelta(delta) => self.grow(event, &delta.delta, delta.offset),
            E::ToolCallArgumentsDelta(delta) => self.grow(event, &delta.delta, delta.offset),
            E::TextSegmentFinished(end) => self.close(event, &end.text),
            E::ReasoningSegmentFinished(end) => self.close(event, &end.text),
            E::ToolCallRequested(call) => self.close(event, &call.input),
            _ => {}
        }
    }

    fn open(&mut self, event: &Event, kind: PartKind) {
        let key = call_key(event);
        let part = Part {
            id: segment(event),
            kind,
            text: String::new(),
            requested: false,
        };
        match self.calls.iter_mut().find(|call| call.key == key) {
            Some(call) => call.parts.push(part),
            None => self.calls.push(Call {
                key,
                parts: vec![part],
            }),
        }
    }

    fn part(&mut self, event: &Event) -> Option<&mut Part> {
        let (key, id) = (call_key(event), segment(event));
        let call = self.calls.iter_mut().find(|call| call.key == key)?;
        call.parts.iter_mut().rev().find(|part| part.id == id)
    }

    fn grow(&mut self, event: &Event, delta: &str, offset: Option<u64>) {
        let problem = match self.part(event) {
            None => "grows without having begun",
            Some(part) if offset.is_some_and(|offset| offset != part.text.len() as u64) => {
                "does not go on where it ended"
            }
            Some(part) => return part.text.push_str(delta),
        };
        self.problem(event, problem);
    }

    fn close(&mut self, event: &Event, whole: &str) {
        let problem = match self.part(event) {
            None => "ends without having begun",
            Some(part) if part.text != whole => "ends with another text than its deltas'",
            Some(part) => {
                part.requested = true;
                return;
            }
        };
        self.problem(event, problem);
    }

    fn problem(&mut self, event: &Event, what: &str) {
        let id = segment(event);
        let text = format!("event {}: segment `{id}` {what}", event.seq);
        self.problems.push(text);
    }
}

fn call_key(event: &Event) -> (String, u32) {
    let (id, attempt) = event.correlation.call().unwrap_or_default();
    (id.to_owned(), attempt)
}

fn segment(event: &Event) -> String {
    event.correlation.segment_id.clone().unwrap_or_default()
}
