//! [`OpenLog`]: the end of a log of events whose process ended during a run.

use std::sync::Arc;

use geppetto_events::{Correlation, Event, EventKind, EventMeta};

use crate::{Error, RunRecord, SessionInfo, SessionStore};

/// Number of rows that are read at once.
const PAGE: usize = 256;

/// Number of events before the end of the log in which the end of the last run is searched.
const LAST: u64 = 64;

/// What the events since the last barrier of a cut run left open.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct OpenLog {
    /// `true` if the log has the terminal event of the run.
    pub(super) ended: bool,
    /// `true` if the first event of the run is among them.
    pub(super) started: bool,
    /// Provider calls that are not discarded, in order.
    pub(super) calls: Vec<Call>,
    /// Tool calls, in order.
    pub(super) tools: Vec<Tool>,
}

/// Context of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Context {
    pub(super) meta: Arc<EventMeta>,
    pub(super) correlation: Arc<Correlation>,
}

impl From<&Event> for Context {
    fn from(event: &Event) -> Self {
        Self {
            meta: Arc::clone(&event.meta),
            correlation: Arc::clone(&event.correlation),
        }
    }
}

/// A provider call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Call {
    pub(super) context: Context,
    pub(super) finished: bool,
    /// Segments that are still open, in order.
    pub(super) segments: Vec<Segment>,
    /// Text of the reply.
    pub(super) text: String,
}

/// A segment of text or reasoning.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Segment {
    pub(super) context: Context,
    /// The event that opened it.
    pub(super) started: EventKind,
    pub(super) text: String,
}

/// A tool call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tool {
    pub(super) context: Context,
    pub(super) id: String,
    pub(super) name: String,
    /// Arguments, masked; empty before its start.
    pub(super) input: String,
    pub(super) state: ToolState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ToolState {
    Requested,
    Executing,
    Waiting,
    Resulted,
    Finished,
}

impl OpenLog {
    /// Reads the events since the last barrier of a run.
    pub(super) async fn read<S: SessionStore>(
        store: &S,
        info: &SessionInfo,
        run: &RunRecord,
    ) -> Result<Self, Error> {
        let last = last_of_run(store, info, run).await?;
        let mut log = Self {
            ended: last.is_some_and(|event| event.is_terminal()),
            ..Self::default()
        };
        let before = run.broken.as_ref().map(|broken| broken.after);
        let mut after = before.map_or(run.seq, |before| before.min(run.seq));
        loop {
            let events = store.events(&info.id, after, PAGE).await?;
            let Some(last) = events.last() else {
                return Ok(log);
            };
            after = last.seq;
            for event in &events {
                log.add(event, &run.run);
            }
        }
    }

    /// Returns the text of the last reply that has one.
    pub(super) fn partial_text(&self) -> &str {
        let last = self.kept_call().and_then(|index| self.calls.get(index));
        last.map_or("", |call| &call.text)
    }

    /// Returns the index of the last provider call that has text.
    pub(super) fn kept_call(&self) -> Option<usize> {
        self.calls.iter().rposition(|call| !call.text.is_empty())
    }

    fn add(&mut self, event: &Event, run: &str) {
        if event
            .correlation
            .run_id
            .as_deref()
            .is_some_and(|id| id != run)
        {
            return;
        }
        match &event.kind {
            EventKind::RunStarted(_) => self.started = true,
            _ if event.is_terminal() => self.ended = true,
            EventKind::ProviderCallStarted(_) => self.calls.push(Call {
                context: event.into(),
                finished: false,
                segments: Vec::new(),
                text: String::new(),
            }),
            EventKind::ProviderCallFinished(_) => {
                if let Some(call) = self.calls.last_mut() {
                    call.finished = true;
                }
            }
            EventKind::ProviderCallDiscarded(_) => {
                let of = event.correlation.call();
                let calls = &mut self.calls;
                calls.retain(|call| call.context.correlation.call() != of);
            }
            _ => self.add_to_call(event),
        }
    }

    fn add_to_call(&mut self, event: &Event) {
        let (id, name, input, state) = match &event.kind {
            EventKind::ToolCallRequested(own) => (
                &own.tool_call_id,
                &own.tool_name,
                None,
                ToolState::Requested,
            ),
            EventKind::ToolCallResumed(own) => (
                &own.tool_call_id,
                &own.tool_name,
                None,
                ToolState::Requested,
            ),
            EventKind::ToolExecutionStarted(own) => {
                let input = Some(&own.input);
                (
                    &own.tool_call_id,
                    &own.tool_name,
                    input,
                    ToolState::Executing,
                )
            }
            EventKind::ToolCallWaiting(own) => {
                let input = Some(&own.input);
                (&own.tool_call_id, &own.tool_name, input, ToolState::Waiting)
            }
            EventKind::ToolResultReady(own) => {
                (&own.tool_call_id, &own.tool_name, None, ToolState::Resulted)
            }
            EventKind::ToolCallFinished(own) => {
                (&own.tool_call_id, &own.tool_name, None, ToolState::Finished)
            }
            _ => return self.add_to_segment(event),
        };
        let mut tool = Tool {
            context: event.into(),
            id: id.clone(),
            name: name.clone(),
            input: input.cloned().unwrap_or_default(),
            state,
        };
        let known = self.tools.iter_mut().find(|own| own.id == *id);
        let Some(known) = known else {
            return self.tools.push(tool);
        };
        known.state = state;
        if input.is_some() {
            known.input = std::mem::take(&mut tool.input);
        }
    }

    fn add_to_segment(&mut self, event: &Event) {
        let Some(call) = self.calls.last_mut() else {
            return;
        };
        let id = event.correlation.segment_id.as_deref();
        let place = call
            .segments
            .iter()
            .position(|own| own.context.correlation.segment_id.as_deref() == id);
        let delta = event.text_delta().or_else(|| event.reasoning_delta());
        call.text.push_str(event.text_delta().unwrap_or_default());
        match (&event.kind, delta, place) {
            (EventKind::TextSegmentStarted(_) | EventKind::ReasoningSegmentStarted(_), ..) => {
                call.segments.push(Segment {
                    context: event.into(),
                    started: event.kind.clone(),
                    text: String::new(),
                });
            }
            (
                EventKind::TextSegmentFinished(_) | EventKind::ReasoningSegmentFinished(_),
                _,
                Some(place),
            ) => {
                call.segments.remove(place);
            }
            (_, Some(delta), Some(place)) => {
                if let Some(segment) = call.segments.get_mut(place) {
                    segment.text.push_str(delta);
                }
            }
            _ => {}
        }
    }
}

/// Returns the last event of a run, if it is among the last events of the log.
pub(super) async fn last_of_run<S: SessionStore>(
    store: &S,
    info: &SessionInfo,
    run: &RunRecord,
) -> Result<Option<Event>, Error> {
    let after = info.last_seq.saturating_sub(LAST);
    let last = usize::try_from(LAST).unwrap_or(PAGE);
    let events = store.events(&info.id, after, last).await?;
    let is_of_run = |event: &Event| event.correlation.run_id.as_deref() == Some(&run.run);
    Ok(events.into_iter().rev().find(is_of_run))
}
