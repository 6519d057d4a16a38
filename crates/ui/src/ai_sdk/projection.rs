//! [`Projection`]: events in, chunks out.

use std::collections::{BTreeMap, HashMap, HashSet};

use geppetto_events::{Event, EventKind};
use geppetto_turns::Turn;

use super::{Chunk, history};
use crate::segment::Segment;

mod ends;
mod notices;
mod server_tools;
mod step;
pub(super) mod texts;
pub(super) mod tools;

pub(super) use server_tools::ServerCall;
use step::Step;
use tools::Call;

#[cfg(test)]
mod tests;

/// Converts the events of one run to the chunks of one stream.
///
/// The stream begins with `start`, and ends with exactly one of `finish`, `abort` and `error`. The
/// id of the message is that of the turn, so that the runs of a turn, before and after a person's
/// decision, continue one message.
///
/// Its work is proportional to the size of the events. It keeps the chunks of the current step, which
/// are sent again if the provider withdraws a part of its reply.
#[derive(Debug, Clone, Default)]
pub struct Projection {
    /// Run that the stream belongs to; `None` until the first event.
    run: Option<String>,
    started: bool,
    ended: bool,
    /// Chunks that bring an interface which knows nothing up to date.
    replay: Vec<Chunk>,
    step: Option<Step>,
    /// Provider call that has started and has no output.
    next: Option<CallKey>,
    texts: HashMap<String, Segment>,
    reasoning: HashMap<String, Segment>,
    /// Texts that are refusals and are not shown yet.
    refusals: HashSet<String>,
    /// Tool calls of the message, by id.
    calls: BTreeMap<String, Call>,
    server_calls: HashMap<String, ServerCall>,
    sources: HashSet<String>,
    /// Approvals that the interface knows.
    asked: HashSet<String>,
    denied: HashSet<String>,
    client_tools: HashSet<String>,
    /// Finish class of the last reply.
    class: Option<String>,
    /// `true` if the run ends because calls wait for an answer.
    waits: bool,
    out: Vec<Chunk>,
}

impl Projection {
    /// Creates the projection of a run whose events follow, for an interface that knows what
    /// happened before.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the projection for an interface that knows nothing of the turn's earlier runs, such
    /// as a page that was loaded again. `turn` is the turn at the start of the run, whose own blocks
    /// begin at `from` ([`own_start`](crate::own_start)).
    #[must_use]
    pub fn replaying(turn: &Turn, from: usize) -> Self {
        let mut own = Self {
            replay: history::chunks(turn, from),
            ..Self::default()
        };
        for chunk in &own.replay {
            if let Chunk::ToolApprovalRequest { approval_id, .. } = chunk {
                own.asked.insert(approval_id.clone());
            }
        }
        own
    }

    /// Returns the whole stream of a turn whose runs are over, whose own blocks begin at `from`.
    #[must_use]
    pub fn finished(turn: &Turn, from: usize) -> Vec<Chunk> {
        let mut chunks = vec![Chunk::Start {
            message_id: turn.id.clone(),
            message_metadata: None,
        }];
        chunks.extend(history::chunks(turn, from));
        chunks.push(history::end(turn));
        chunks
    }

    /// Ignores the events of other runs.
    #[must_use]
    pub fn of_run(mut self, run: impl Into<String>) -> Self {
        self.run = Some(run.into());
        self
    }

    /// Sets the ids of tool calls that the person denied, and whose answers follow.
    #[must_use]
    pub fn denied<I: Into<String>>(mut self, calls: impl IntoIterator<Item = I>) -> Self {
        self.denied = calls.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the names of tools that the interface executes: their calls wait for a result instead of
    /// an approval.
    #[must_use]
    pub fn client_tools<I: Into<String>>(mut self, names: impl IntoIterator<Item = I>) -> Self {
        self.client_tools = names.into_iter().map(Into::into).collect();
        self
    }

    /// Returns `true` after the last chunk.
    #[must_use]
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// Converts an event.
    pub fn apply(&mut self, event: &Event) -> Vec<Chunk> {
        if self.ended || self.is_foreign(event) {
            return Vec::new();
        }
        self.begin(event);
        self.convert(event);
        std::mem::take(&mut self.out)
    }

    /// Ends a stream whose run has no terminal event that could be read, with `error`. Returns
    /// nothing if it has ended.
    pub fn abandon(&mut self, error: impl Into<String>) -> Vec<Chunk> {
        if self.ended {
            return Vec::new();
        }
        self.end_with_error(error.into());
        std::mem::take(&mut self.out)
    }

    fn is_foreign(&self, event: &Event) -> bool {
        match (&self.run, &event.correlation.run_id) {
            (Some(own), Some(run)) => own != run,
            // Queues, titles and the like belong to the session.
            (_, None) => {
                !self.started
                    && matches!(event.kind, EventKind::QueueUpdated(_) | EventKind::Log(_))
            }
            (None, Some(_)) => false,
        }
    }

    /// Starts the message with the first event of the run.
    fn begin(&mut self, event: &Event) {
        if self.started {
            return;
        }
        self.started = true;
        let correlation = &event.correlation;
        self.run = self.run.take().or_else(|| correlation.run_id.clone());
        let id = correlation.turn_id.clone().or_else(|| self.run.clone());
        self.out.push(Chunk::Start {
            message_id: id.unwrap_or_default(),
            message_metadata: None,
        });
        let replay = std::mem::take(&mut self.replay);
        self.out.extend(replay);
    }

    fn convert(&mut self, event: &Event) {
        match &event.kind {
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_) => {
                self.end(event);
            }
            EventKind::ProviderCallStarted(_) => {
                self.end_parts(None);
                self.next = Some(call_key(event));
            }
            EventKind::ProviderCallFinished(e) => self.end_reply(e),
            EventKind::ProviderCallDiscarded(e) => self.discard(&call_key(event), &e.reason),
            EventKind::TextSegmentStarted(e) if e.refusal => self.start_refusal(event),
            EventKind::TextDelta(e) => self.text(event, &e.delta, e.offset),
            EventKind::TextSegmentFinished(e) => self.end_text(event, e),
            EventKind::ReasoningDelta(e) => self.reason(event, &e.delta, e.offset),
            EventKind::ReasoningSegmentFinished(e) => self.end_reasoning(event, e),
            EventKind::ToolCallStarted(e) => self.start_call(&e.tool_call_id, &e.tool_name),
            EventKind::ToolCallArgumentsDelta(e) => self.arguments(e),
            EventKind::ToolCallRequested(e) => self.request(e),
            EventKind::ToolCallWaiting(e) => self.wait(e),
            EventKind::ToolCallResumed(e) => self.resume(e),
            EventKind::ToolExecutionStarted(e) => self.execute(e),
            EventKind::ToolResultReady(e) => self.result(e),
            EventKind::ServerTool(e) => self.server_tool(event, e),
            EventKind::Citation(e) => self.cite(&e.url, &e.title),
            _ => self.notice(event),
        }
    }

    /// Sends a chunk that belongs to the current step.
    fn part(&mut self, chunk: Chunk) {
        self.segment_part("", chunk);
    }

    /// Sends a chunk of a segment.
    fn segment_part(&mut self, segment: &str, chunk: Chunk) {
        self.start_step();
        if let Some(step) = &mut self.step {
            step.add(segment, &chunk);
        }
        self.out.push(chunk);
    }
}

/// Id and attempt of a provider call.
type CallKey = (String, u32);

fn call_key(event: &Event) -> CallKey {
    let (id, attempt) = event.correlation.call().unwrap_or(("", 1));
    (id.to_owned(), attempt)
}

/// Returns the id of the segment.
fn segment(event: &Event) -> &str {
    event.correlation.segment_id.as_deref().unwrap_or_default()
}
