//! [`Segment`]: one segment of text as it passes through the sink.

use std::{borrow::Cow, sync::Arc};

use serde_json::Map;

use super::{
    cutter::{Cutter, Output, Progress, Rules},
    scanner::Scanner,
};
use geppetto_events::{
    Correlation, Event, EventKind, EventMeta,
    kind::{TextDelta, TextFinished},
};

/// The fields of text events that depend on the whole text. Values kept from decoding would restore
/// the extracted blocks.
const TEXT_FIELDS: [&str; 4] = ["delta", "offset", "sequence", "text"];

/// An open segment of text.
#[derive(Default)]
pub(super) struct Segment {
    scanner: Scanner,
    progress: Progress,
    /// Byte offset in the original text at which the next delta is expected.
    seen: u64,
    /// Amount of clean text forwarded, in bytes and in deltas.
    sent: u64,
    sequence: u64,
    meta: Arc<EventMeta>,
    correlation: Arc<Correlation>,
}

impl Segment {
    pub(super) fn correlation(&self) -> &Correlation {
        &self.correlation
    }

    /// Forwards a delta without tags, the common case, without copying its text more than needed;
    /// `None` if it requires scanning.
    pub(super) fn pass<'e>(
        &mut self,
        event: &'e Event,
        delta: &TextDelta,
    ) -> Option<Cow<'e, Event>> {
        let text = &*delta.delta;
        if text.is_empty() || text.contains('<') || !self.scanner.is_idle() {
            return None;
        }
        self.note(event);
        let len = text.len() as u64;
        self.seen = delta.offset.unwrap_or(self.seen) + len;
        self.progress.clean.push_str(text);
        let offset = self.sent;
        self.sent += len;
        self.sequence += 1;
        let unchanged = delta.offset == Some(offset) && delta.sequence == self.sequence;
        if unchanged && event.extra.is_empty() {
            return Some(Cow::Borrowed(event));
        }
        let mut passed = self.event(EventKind::TextDelta(TextDelta::new(
            text,
            offset,
            self.sequence,
        )));
        passed.seq = event.seq;
        passed.merged = event.merged;
        copy_extra(event, &mut passed);
        Some(Cow::Owned(passed))
    }

    /// Processes a delta; returns the events to forward in its place.
    pub(super) fn grow(
        &mut self,
        rules: &Rules,
        key: &str,
        event: &Event,
        delta: &TextDelta,
    ) -> Vec<Event> {
        self.note(event);
        self.seen = delta.offset.unwrap_or(self.seen) + delta.delta.len() as u64;
        let outputs = self.scan(rules, key, Some(&delta.delta));
        let mut events = self.events(outputs);
        let last = events
            .iter_mut()
            .rev()
            .find(|event| matches!(event.kind, EventKind::TextDelta(_)));
        if let Some(last) = last {
            last.seq = event.seq;
            last.merged = event.merged;
            copy_extra(event, last);
        }
        events
    }

    /// Processes the end of the segment; returns the events to forward in its place.
    pub(super) fn finish(
        mut self,
        rules: &Rules,
        key: &str,
        event: &Event,
        finished: &TextFinished,
    ) -> Vec<Event> {
        self.note(event);
        // Some senders put text into the end of a segment without sending deltas for it.
        let seen = usize::try_from(self.seen).unwrap_or(usize::MAX);
        let unseen = finished.text.get(seen..).filter(|text| !text.is_empty());
        let mut outputs = unseen.map_or_else(Vec::new, |text| self.scan(rules, key, Some(text)));
        outputs.extend(self.scan(rules, key, None));
        let mut events = self.events(outputs);
        let text = std::mem::take(&mut self.progress.clean);
        let kind =
            EventKind::TextSegmentFinished(TextFinished::new(text, finished.finish_reason.clone()));
        let mut last = self.event(kind);
        last.seq = event.seq;
        last.merged = event.merged;
        copy_extra(event, &mut last);
        events.push(last);
        events
    }

    /// Handles a segment that never ends; returns the text that was held back.
    pub(super) fn abandon(mut self, rules: &Rules, key: &str) -> Vec<Event> {
        let outputs = self.scan(rules, key, None);
        self.events(outputs)
    }

    fn note(&mut self, event: &Event) {
        if !Arc::ptr_eq(&self.meta, &event.meta) {
            self.meta = Arc::clone(&event.meta);
        }
        if !Arc::ptr_eq(&self.correlation, &event.correlation) {
            self.correlation = Arc::clone(&event.correlation);
        }
    }

    /// Scans the next piece of the text, or its end.
    fn scan(&mut self, rules: &Rules, key: &str, text: Option<&str>) -> Vec<Output> {
        let mut cutter = Cutter {
            rules,
            progress: &mut self.progress,
            key,
            meta: &self.meta,
            correlation: &self.correlation,
            outputs: Vec::new(),
        };
        match text {
            Some(text) => {
                self.scanner.push(text, &mut cutter);
                cutter.tell();
            }
            None => self.scanner.finish(&mut cutter),
        }
        cutter.outputs
    }

    fn events(&mut self, outputs: Vec<Output>) -> Vec<Event> {
        let mut events: Vec<Event> = Vec::with_capacity(outputs.len());
        for output in outputs {
            let kind = match output {
                Output::Event(kind) => kind,
                Output::Text(text) => {
                    let offset = self.sent;
                    self.sent += text.len() as u64;
                    self.sequence += 1;
                    EventKind::TextDelta(TextDelta::new(text, offset, self.sequence))
                }
            };
            events.push(self.event(kind));
        }
        events
    }

    fn event(&self, kind: EventKind) -> Event {
        let (meta, correlation) = (Arc::clone(&self.meta), Arc::clone(&self.correlation));
        Event::in_context(kind, meta, correlation)
    }
}

fn copy_extra(from: &Event, to: &mut Event) {
    if from.extra.is_empty() {
        return;
    }
    let kept = from
        .extra
        .iter()
        .filter(|(key, _)| !TEXT_FIELDS.contains(key))
        .map(|(key, value)| (key.to_owned(), value.clone()));
    to.extra = kept.collect::<Map<_, _>>().into();
}
