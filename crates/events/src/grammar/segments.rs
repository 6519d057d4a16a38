//! Open segments and tool calls of a provider call.

use std::collections::HashMap;

use crate::{Event, EventKind};

#[derive(Debug, Clone, Default)]
pub(super) struct Segments {
    /// By segment id: its kind, its length, and whether it is closed.
    segments: HashMap<String, Segment>,
    /// By call id: the length of the arguments; `None` once the call was requested.
    calls: HashMap<String, Option<u64>>,
}

#[derive(Debug, Clone)]
struct Segment {
    kind: Kind,
    len: u64,
    closed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Reasoning,
}

impl Segments {
    pub(super) fn concerns(kind: &EventKind) -> bool {
        matches!(
            kind,
            EventKind::TextSegmentStarted(_)
                | EventKind::TextDelta(_)
                | EventKind::TextSegmentFinished(_)
                | EventKind::ReasoningSegmentStarted(_)
                | EventKind::ReasoningDelta(_)
                | EventKind::ReasoningSegmentFinished(_)
                | EventKind::ToolCallStarted(_)
                | EventKind::ToolCallArgumentsDelta(_)
        )
    }

    pub(super) fn any_open(&self) -> bool {
        self.segments.values().any(|segment| !segment.closed)
    }

    pub(super) fn accept(&mut self, event: &Event) -> Result<(), &'static str> {
        let id = event.correlation.segment_id.as_deref().unwrap_or_default();
        match &event.kind {
            EventKind::TextSegmentStarted(_) => self.open(id, Kind::Text),
            EventKind::ReasoningSegmentStarted(_) => self.open(id, Kind::Reasoning),
            EventKind::TextDelta(e) => self.grow(id, Kind::Text, e.offset, &e.delta),
            EventKind::ReasoningDelta(e) => self.grow(id, Kind::Reasoning, e.offset, &e.delta),
            EventKind::TextSegmentFinished(e) => self.close(id, Kind::Text, &e.text),
            EventKind::ReasoningSegmentFinished(e) => self.close(id, Kind::Reasoning, &e.text),
            EventKind::ToolCallStarted(e) => self.start_call(&e.tool_call_id),
            EventKind::ToolCallArgumentsDelta(e) => {
                self.grow_call(&e.tool_call_id, e.offset, &e.delta)
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, id: &str, kind: Kind) -> Result<(), &'static str> {
        if self
            .segments
            .get(id)
            .is_some_and(|segment| !segment.closed || !id.is_empty())
        {
            return Err("a segment must have an id of its own");
        }
        let segment = Segment {
            kind,
            len: 0,
            closed: false,
        };
        self.segments.insert(id.to_owned(), segment);
        Ok(())
    }

    fn grow(
        &mut self,
        id: &str,
        kind: Kind,
        offset: Option<u64>,
        delta: &str,
    ) -> Result<(), &'static str> {
        let segment = self.get(id, kind)?;
        if offset.is_some_and(|offset| offset != segment.len) {
            return Err("a delta must begin where the one before it ended");
        }
        segment.len += delta.len() as u64;
        Ok(())
    }

    fn close(&mut self, id: &str, kind: Kind, text: &str) -> Result<(), &'static str> {
        let segment = self.get(id, kind)?;
        if segment.len != text.len() as u64 {
            return Err("a segment's text must be its deltas put together");
        }
        segment.closed = true;
        Ok(())
    }

    fn get(&mut self, id: &str, kind: Kind) -> Result<&mut Segment, &'static str> {
        match self.segments.get_mut(id) {
            Some(segment) if !segment.closed && segment.kind == kind => Ok(segment),
            _ => Err("a segment must be open, and of this kind, to grow or close"),
        }
    }

    fn start_call(&mut self, id: &str) -> Result<(), &'static str> {
        match self.calls.insert(id.to_owned(), Some(0)) {
            None => Ok(()),
            Some(_) => Err("a tool call must have an id of its own"),
        }
    }

    fn grow_call(
        &mut self,
        id: &str,
        offset: Option<u64>,
        delta: &str,
    ) -> Result<(), &'static str> {
        match self.calls.get_mut(id) {
            Some(Some(len)) if offset.is_none_or(|offset| offset == *len) => {
                *len += delta.len() as u64;
                Ok(())
            }
            Some(Some(_)) => Err("a delta must begin where the one before it ended"),
            _ => Err("a tool call must be started, and not yet whole, to grow"),
        }
    }

    pub(super) fn request(&mut self, id: &str) -> Result<(), &'static str> {
        match self.calls.get_mut(id) {
            Some(state @ Some(_)) => {
                *state = None;
                Ok(())
            }
            Some(None) => Err("a tool call must be requested once"),
            None => Err("a tool call must be started before it is requested"),
        }
    }
}
