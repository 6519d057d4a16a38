//! [`Scope`]: the runs of one session, the outer one or that of an agent.

use std::collections::{BTreeSet, HashMap, VecDeque};

use geppetto_events::{Event, EventKind};

use super::{board::Board, items::Reply, tools::Tools};
use crate::{Changes, Content, State};

/// Number of ended runs whose late events are recognised.
const ENDED: usize = 64;

/// Id and attempt of a provider call.
pub(super) type CallKey = (String, u32);

/// State of the runs of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Scope {
    /// Entity of the agent whose session it is.
    pub(super) parent: Option<String>,
    pub(super) run: Option<Run>,
    ended: VecDeque<String>,
    /// Turn and entity of the end of the last run.
    pub(super) last_end: Option<(Option<String>, String)>,
    pub(super) reply: Reply,
    /// Entities of each provider call of the run.
    pub(super) calls: HashMap<CallKey, Vec<String>>,
    pub(super) tools: Tools,
    /// Entities of the run that are not complete.
    pub(super) open: BTreeSet<String>,
    /// Number of notices of the run.
    pub(super) notices: u64,
    /// Errors of attempts, which the end of the run supersedes.
    pub(super) errors: Vec<String>,
    /// Finish class of the last provider call.
    pub(super) last_class: Option<String>,
    /// The last answer, reasoning or tool call of the run.
    pub(super) last_item: Option<String>,
}

/// The current run.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Run {
    pub(super) id: Option<String>,
    pub(super) turn: Option<String>,
}

impl Scope {
    /// Creates the scope of an agent.
    pub(super) fn of_agent(id: &str) -> Self {
        Self {
            parent: Some(id.to_owned()),
            ..Self::default()
        }
    }

    /// Returns an id that is unique within the timeline.
    pub(super) fn id(&self, own: &str) -> String {
        match &self.parent {
            Some(parent) => format!("{parent}/{own}"),
            None => own.to_owned(),
        }
    }

    pub(super) fn turn(&self) -> Option<&str> {
        self.run.as_ref()?.turn.as_deref()
    }

    /// Returns `true` if the event belongs to a run that ended, or to another one than the current.
    pub(super) fn is_foreign(&self, event: &Event) -> bool {
        let Some(id) = &event.correlation.run_id else {
            return false;
        };
        if self.ended.contains(id) {
            return true;
        }
        let current = self.run.as_ref().and_then(|run| run.id.as_ref());
        current.is_some_and(|own| own != id) && !matches!(event.kind, EventKind::RunStarted(_))
    }

    /// Takes an event.
    pub(super) fn take(&mut self, event: &Event, board: &mut Board) {
        if self.is_foreign(event) {
            return;
        }
        match &event.kind {
            EventKind::RunStarted(e) => return self.start(event, e, board),
            EventKind::Custom(_) => return,
            EventKind::Log(e) => return self.log(event, e, board),
            EventKind::Info(e) => return self.info(event, e, board),
            _ => self.join(event, board),
        }
        match &event.kind {
            EventKind::RunFinished(_) | EventKind::RunStopped(_) | EventKind::RunFailed(_) => {
                self.end(event, board);
            }
            EventKind::InputJoined(e) => self.join_input(event, e, board),
            EventKind::ProviderCallStarted(_) => self.start_call(event, board),
            EventKind::ProviderCallFinished(e) => self.end_call(event, e, board),
            EventKind::ProviderCallDiscarded(_) => self.discard(event, board),
            EventKind::TextSegmentStarted(e) => self.open_text(event, e.refusal, board),
            EventKind::TextDelta(e) => self.text(event, &e.delta, e.offset, board),
            EventKind::TextSegmentFinished(e) => self.close_text(event, e, board),
            EventKind::ReasoningSegmentStarted(e) => self.open_reasoning(event, e, board),
            EventKind::ReasoningDelta(e) => self.reason(event, e, board),
            EventKind::ReasoningSegmentFinished(e) => self.close_reasoning(event, e, board),
            EventKind::ToolCallStarted(e) => {
                self.open_tool(event, &e.tool_call_id, &e.tool_name, board);
            }
            EventKind::ToolCallArgumentsDelta(e) => self.arguments(event, e, board),
            EventKind::ToolCallRequested(e) => self.request(event, e, board),
            EventKind::ToolCallWaiting(e) => self.wait(event, e, board),
            EventKind::ToolCallResumed(e) => self.resume(event, e, board),
            EventKind::ToolExecutionStarted(e) => self.execute(event, e, board),
            EventKind::ToolResultReady(e) => self.result(event, e, board),
            EventKind::ToolCallFinished(e) => self.finish_tool(e, board),
            EventKind::ServerTool(e) => self.server_tool(event, e, board),
            EventKind::Citation(e) => self.cite(e, board),
            EventKind::Error(e) => self.attempt_failed(event, e, board),
            EventKind::AgentModeSwitch(e) => self.mode(event, e, board),
            EventKind::DebuggerPause(e) => self.pause(event, e, board),
            _ => {}
        }
    }

    /// Joins a run whose first event was missed.
    fn join(&mut self, event: &Event, board: &mut Board) {
        if self.run.is_some() {
            return;
        }
        let run = Run {
            id: event.correlation.run_id.clone(),
            turn: event.correlation.turn_id.clone(),
        };
        self.show_running(&run, board);
        self.run = Some(run);
    }

    pub(super) fn show_running(&self, run: &Run, board: &mut Board) {
        match &self.parent {
            None => board.set_status(|status| status.run.clone_from(&run.id)),
            Some(agent) => board.update(agent, Changes::state(State::Running)),
        }
    }

    /// Marks the current run as over.
    pub(super) fn forget_run(&mut self, board: &mut Board) {
        if let Some(id) = self.run.take().and_then(|run| run.id) {
            self.note_ended(id);
        }
        if self.parent.is_none() {
            board.set_status(|status| status.run = None);
        }
        self.reply = Reply::default();
        self.calls.clear();
    }

    pub(super) fn has_ended(&self, run: &str) -> bool {
        self.ended.iter().any(|own| own == run)
    }

    /// Remembers that a run has ended: its late events are ignored.
    pub(super) fn note_ended(&mut self, run: String) {
        if self.ended.contains(&run) {
            return;
        }
        if self.ended.len() == ENDED {
            self.ended.pop_front();
        }
        self.ended.push_back(run);
    }

    /// Adds an item of the current provider call.
    pub(super) fn add_item(&mut self, event: &Event, id: &str) {
        self.calls
            .entry(call_key(event))
            .or_default()
            .push(id.to_owned());
        self.open.insert(id.to_owned());
    }

    /// Adds an entity of this scope.
    pub(super) fn show(&self, id: &str, position: u64, content: Content, board: &mut Board) {
        board.insert(id, position, self.parent.as_deref(), self.turn(), content);
    }

    /// Sets the state of what is not complete at the end of a run.
    pub(super) fn settle(&mut self, of_text: State, board: &mut Board) {
        for id in std::mem::take(&mut self.open) {
            let Some(entity) = board.view.entity(&id) else {
                continue;
            };
            let state = match (&entity.content, entity.state()) {
                (_, Some(state)) if !state.is_active() => continue,
                (Content::ToolCall(_), _) => State::NotRun,
                _ => of_text,
            };
            board.update(&id, Changes::state(state));
        }
    }

    /// Ends a run without its terminal event.
    pub(super) fn abandon(&mut self, state: State, board: &mut Board) {
        self.settle(state, board);
        if self.run.is_some() {
            self.forget_run(board);
            if let Some(agent) = &self.parent {
                board.update(agent, Changes::state(state));
            }
        }
    }
}

pub(super) fn call_key(event: &Event) -> CallKey {
    let (id, attempt) = event.correlation.call().unwrap_or(("", 1));
    (id.to_owned(), attempt)
}
