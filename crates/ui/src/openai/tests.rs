//! Events of runs, for the tests of both APIs.

use std::sync::Arc;

use geppetto_events::{
    Correlation, Event, EventKind,
    kind::{
        ProviderCallDiscarded, ProviderCallFinished, ProviderCallStarted, ReasoningDelta,
        ReasoningFinished, ReasoningSource, ReasoningStarted, RunFailed, RunFinished, RunStarted,
        RunStopped, TextDelta, TextFinished, TextStarted, ToolCallArgumentsDelta,
        ToolCallRequested, ToolCallStarted, ToolCallWaiting,
    },
};
use geppetto_turns::Usage;

/// Writes the events of a run.
#[derive(Default)]
pub(super) struct Run {
    events: Vec<Event>,
    call: (u32, u32),
    segments: u32,
}

impl Run {
    pub(super) fn put(mut self, kind: EventKind) -> Self {
        let mut own = Correlation::default();
        own.provider_call_id = Some(format!("call-{}", self.call.0));
        own.attempt = Some(self.call.1);
        own.segment_id = Some(format!("seg-{}", self.segments));
        self.events
            .push(Event::new(kind).with_correlation(Arc::new(own)));
        self
    }

    /// Starts a run.
    pub(super) fn begin(self) -> Self {
        self.put(EventKind::RunStarted(RunStarted::default()))
    }

    pub(super) fn call(mut self) -> Self {
        self.call = (self.call.0 + 1, 1);
        self.put(EventKind::ProviderCallStarted(
            ProviderCallStarted::default(),
        ))
    }

    /// Starts another attempt, and discards the one before.
    pub(super) fn again(mut self) -> Self {
        let (call, attempt) = self.call;
        self.call = (call, attempt + 1);
        self = self.put(EventKind::ProviderCallStarted(
            ProviderCallStarted::default(),
        ));
        self.call = (call, attempt);
        self = self.put(EventKind::ProviderCallDiscarded(
            ProviderCallDiscarded::new("broken"),
        ));
        self.call = (call, attempt + 1);
        self
    }

    pub(super) fn text(self, pieces: &[&str]) -> Self {
        self.text_ending(pieces, None)
    }

    pub(super) fn text_ending(mut self, pieces: &[&str], reason: Option<&str>) -> Self {
        self.segments += 1;
        self = self.put(EventKind::TextSegmentStarted(TextStarted::new("assistant")));
        for piece in pieces {
            self = self.put(EventKind::TextDelta(TextDelta::new(*piece, 0, 0)));
        }
        let end = TextFinished::new(pieces.concat(), reason.map(str::to_owned));
        self.put(EventKind::TextSegmentFinished(end))
    }

    pub(super) fn refusal(mut self, text: &str) -> Self {
        self.segments += 1;
        let start = TextStarted::new("assistant").with_refusal(true);
        self = self.put(EventKind::TextSegmentStarted(start));
        self = self.put(EventKind::TextDelta(TextDelta::new(text, 0, 0)));
        self.put(EventKind::TextSegmentFinished(TextFinished::new(
            text, None,
        )))
    }

    pub(super) fn reasoning(self, text: &str) -> Self {
        self.thought(text, &ReasoningSource::Thinking, None)
    }

    pub(super) fn thought(
        mut self,
        text: &str,
        source: &ReasoningSource,
        part_of: Option<u64>,
    ) -> Self {
        self.segments += 1;
        let source = || source.clone();
        let mut start = ReasoningStarted::new(source());
        start.part_of = part_of;
        self = self.put(EventKind::ReasoningSegmentStarted(start));
        self = self.put(EventKind::ReasoningDelta(ReasoningDelta::new(
            text,
            0,
            0,
            source(),
        )));
        self.put(EventKind::ReasoningSegmentFinished(ReasoningFinished::new(
            text,
            None,
            source(),
        )))
    }

    pub(super) fn tool(self, id: &str, name: &str, args: &[&str]) -> Self {
        let mut own = self.put(EventKind::ToolCallStarted(ToolCallStarted::new(id, name)));
        for piece in args {
            own = own.put(EventKind::ToolCallArgumentsDelta(
                ToolCallArgumentsDelta::new(id, *piece, 0, 0),
            ));
        }
        own.put(EventKind::ToolCallRequested(ToolCallRequested::new(
            id,
            name,
            args.concat(),
        )))
    }

    pub(super) fn waits(self, id: &str, name: &str) -> Self {
        self.put(EventKind::ToolCallWaiting(Box::new(ToolCallWaiting::new(
            id, name, "{}", "?",
        ))))
    }

    pub(super) fn end_call(self, class: &str) -> Self {
        let mut end = ProviderCallFinished::default();
        end.finish_class = Some(class.to_owned());
        self.put(EventKind::ProviderCallFinished(Box::new(end)))
    }

    pub(super) fn done(self) -> Vec<Event> {
        let mut end = RunFinished::new("completed");
        end.usage = Some(Box::new(Usage::new(10, 4).with_reasoning(1)));
        self.put(EventKind::RunFinished(end)).events
    }

    pub(super) fn stopped(self, reason: &str) -> Vec<Event> {
        self.put(EventKind::RunStopped(RunStopped::new(reason)))
            .events
    }

    pub(super) fn failed(self, kind: &str) -> Vec<Event> {
        let mut end = RunFailed::new("it broke");
        end.error_kind = Some(kind.to_owned());
        self.put(EventKind::RunFailed(end)).events
    }
}
