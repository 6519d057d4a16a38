//! Closes the log of events of a cut run: whatever is open is ended, so that readers see a complete
//! run.

use std::{collections::BTreeMap, sync::Arc};

use geppetto_events::{
    Correlation, Event, EventKind, EventMeta, EventRow,
    kind::{
        InputMessage, Log, ProviderCallDiscarded, ProviderCallFinished, ReasoningFinished,
        RunStarted, TextFinished, ToolCallFinished, ToolCallResumed, ToolCallWaiting,
        ToolResultReady, ToolStatus,
    },
};
use geppetto_turns::{BlockKind, FinishClass, Incomplete, Turn};

use super::{
    INTERRUPTED,
    log::{Call, Context, OpenLog, Segment, Tool, ToolState},
};
use crate::{RunPhase, RunRecord};

/// Message of the event that stands for those that may be lost after a run.
const NUMBERS_SKIPPED: &str = "the last process did not close the session; the numbers of events that it \
                               may have published and not stored are not used again";

/// Message of the event that stands for lost ones.
const EVENTS_LOST: &str = "the program ended during the run; its last events, if any, are lost";

/// End of an open tool call in the log.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ToolEnd {
    /// It has this answer.
    Answered(String, ToolStatus),
    /// It waits, with this question.
    Waits(String),
}

/// What happens to the provider call in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// Its output is discarded, because the provider is asked again.
    Discarded,
    /// Its text is kept in the turn.
    Kept,
}

/// Number of events that the dead process may have published without storing them: 2^20. Their
/// numbers are not used again, so that a reader that has seen some of them misses nothing after them.
const LOST: u64 = 1 << 20;

/// Events that close a log.
pub(super) struct Closing {
    context: Context,
    seq: u64,
    rows: Vec<EventRow>,
}

impl Closing {
    /// Starts to close the log of a run on `turn`, after event number `seq`.
    pub(super) fn new(session: &str, turn: Option<&Turn>, run: &RunRecord, seq: u64) -> Self {
        let (mut correlation, mut meta) = (Correlation::default(), EventMeta::default());
        correlation.session_id = Some(session.to_owned());
        correlation.run_id = Some(run.run.clone());
        correlation.turn_id = turn.map(|turn| turn.id.clone());
        meta.message_id.clone_from(&run.run);
        meta.session_id.clone_from(&correlation.session_id);
        meta.inference_id.clone_from(&correlation.run_id);
        meta.turn_id.clone_from(&correlation.turn_id);
        let context = Context {
            meta: Arc::new(meta),
            correlation: Arc::new(correlation),
        };
        Self {
            context,
            seq,
            rows: Vec::new(),
        }
    }

    /// Stands for the events that were published and not stored.
    pub(super) fn lose(&mut self) {
        let context = self.context.clone();
        self.stand_for_lost(&context, Log::new("warn", EVENTS_LOST));
    }

    /// Stands for the events that may have been published after the run and not stored, such as
    /// changes of the queue.
    pub(super) fn skip(&mut self) {
        let session_id = self.context.correlation.session_id.clone();
        let (mut correlation, mut meta) = (Correlation::default(), EventMeta::default());
        meta.session_id.clone_from(&session_id);
        correlation.session_id = session_id;
        let context = Context {
            meta: Arc::new(meta),
            correlation: Arc::new(correlation),
        };
        self.stand_for_lost(&context, Log::new("debug", NUMBERS_SKIPPED));
    }

    fn stand_for_lost(&mut self, context: &Context, log: Log) {
        let (meta, correlation) = (&context.meta, &context.correlation);
        let log = EventKind::Log(log);
        let mut event = Event::in_context(log, Arc::clone(meta), Arc::clone(correlation));
        self.seq += LOST;
        (event.seq, event.merged) = (self.seq, LOST);
        self.rows.push(EventRow::single(event));
    }

    /// Closes everything but the run.
    pub(super) fn close(
        &mut self,
        log: &OpenLog,
        turn: Option<&Turn>,
        run: &RunRecord,
        reply: Reply,
        tools: &BTreeMap<String, (String, ToolEnd)>,
    ) {
        if run.phase == RunPhase::Started && !log.started {
            let prompt = turn.and_then(|turn| turn.last_of(BlockKind::User));
            let text = prompt.and_then(|block| block.text()).unwrap_or_default();
            let message = prompt.and_then(|block| InputMessage::of_block(block));
            let mut started = RunStarted::new(text).with_messages(message);
            started.continues = run.continues.last().cloned();
            self.push(EventKind::RunStarted(started));
        }
        let kept = log.kept_call().filter(|_| reply == Reply::Kept);
        for call in &log.calls {
            self.finish_call(call);
        }
        let keeps_all = run.kept_reply().is_some() && reply == Reply::Kept;
        let discarded = log.calls.iter().enumerate();
        for (_, call) in discarded.filter(|(index, _)| !keeps_all && Some(*index) != kept) {
            let discarded = ProviderCallDiscarded::new(INTERRUPTED);
            self.push_in(&call.context, EventKind::ProviderCallDiscarded(discarded));
        }
        for (id, (name, end)) in tools {
            let known = log.tools.iter().find(|own| own.id == *id);
            self.end_tool(id, name, known, end, run);
        }
        let is_open = |own: &&Tool| !tools.contains_key(&own.id);
        for tool in log.tools.iter().filter(is_open) {
            self.finish_tool(tool);
        }
    }

    pub(super) fn push(&mut self, kind: EventKind) {
        let context = self.context.clone();
        self.push_in(&context, kind);
    }

    pub(super) fn into_rows(self) -> Vec<EventRow> {
        self.rows
    }

    fn push_in(&mut self, context: &Context, kind: EventKind) {
        let (meta, correlation) = (&context.meta, &context.correlation);
        let mut event = Event::in_context(kind, Arc::clone(meta), Arc::clone(correlation));
        self.seq += 1;
        event.seq = self.seq;
        self.rows.push(EventRow::single(event));
    }

    fn finish_call(&mut self, call: &Call) {
        if call.finished {
            return;
        }
        for segment in &call.segments {
            self.finish_segment(segment);
        }
        let mut finished = ProviderCallFinished::default();
        finished.finish_class = Some(FinishClass::Interrupted.as_str().to_owned());
        finished.incomplete = Some(Incomplete::Failed.as_str().into());
        self.push_in(
            &call.context,
            EventKind::ProviderCallFinished(Box::new(finished)),
        );
    }

    fn finish_segment(&mut self, segment: &Segment) {
        let text = segment.text.clone();
        let reason = Some(Incomplete::Failed.to_string());
        let kind = match &segment.started {
            EventKind::ReasoningSegmentStarted(started) => {
                let source = started.source.clone();
                EventKind::ReasoningSegmentFinished(ReasoningFinished::new(text, reason, source))
            }
            _ => EventKind::TextSegmentFinished(TextFinished::new(text, reason)),
        };
        self.push_in(&segment.context, kind);
    }

    fn end_tool(
        &mut self,
        id: &str,
        name: &str,
        known: Option<&Tool>,
        end: &ToolEnd,
        run: &RunRecord,
    ) {
        let state = match known {
            Some(tool) => tool.state,
            // It was requested by the reply that the last barrier recorded.
            None if run.phase == RunPhase::Replied => ToolState::Requested,
            None if matches!(end, ToolEnd::Waits(_)) => return,
            None => {
                // It had waited when an earlier run ended.
                let resumed = ToolCallResumed::new(id, name, "");
                self.push_tool(known, id, EventKind::ToolCallResumed(resumed));
                ToolState::Requested
            }
        };
        let input = known.map_or("", |tool| &tool.input);
        match (end, state) {
            (_, ToolState::Finished) | (ToolEnd::Waits(_), ToolState::Waiting) => {}
            (_, ToolState::Resulted) => {
                let finished = ToolCallFinished::new(id, name, ToolStatus::Unknown);
                self.push_tool(known, id, EventKind::ToolCallFinished(finished));
            }
            (ToolEnd::Waits(question), _) => {
                let waiting = ToolCallWaiting::new(id, name, input, question.as_str());
                let waiting = EventKind::ToolCallWaiting(Box::new(waiting));
                self.push_tool(known, id, waiting);
            }
            (ToolEnd::Answered(answer, status), _) => {
                let result = ToolResultReady::new(id, name, answer.as_str(), status.clone());
                self.push_tool(known, id, EventKind::ToolResultReady(result));
                let finished = ToolCallFinished::new(id, name, status.clone());
                self.push_tool(known, id, EventKind::ToolCallFinished(finished));
            }
        }
    }

    /// Finishes a call that has its answer in the turn.
    fn finish_tool(&mut self, tool: &Tool) {
        let (id, name) = (tool.id.as_str(), tool.name.as_str());
        if tool.state == ToolState::Executing {
            let result = ToolResultReady::new(id, name, "", ToolStatus::Unknown);
            self.push_in(&tool.context, EventKind::ToolResultReady(result));
        }
        if matches!(tool.state, ToolState::Executing | ToolState::Resulted) {
            let finished = ToolCallFinished::new(id, name, ToolStatus::Unknown);
            self.push_in(&tool.context, EventKind::ToolCallFinished(finished));
        }
    }

    fn push_tool(&mut self, known: Option<&Tool>, id: &str, kind: EventKind) {
        if let Some(tool) = known {
            return self.push_in(&tool.context, kind);
        }
        let mut correlation = Correlation::clone(&self.context.correlation);
        correlation.tool_call_id = Some(id.to_owned());
        let context = Context {
            meta: Arc::clone(&self.context.meta),
            correlation: Arc::new(correlation),
        };
        self.push_in(&context, kind);
    }
}
