//! [`Timeline`]: makes entities from events and turns.

use std::collections::HashMap;

use geppetto_events::{Event, EventKind, kind::AgentEvent};
use geppetto_turns::Turn;

use crate::{
    Content, NoticeKind, Patch, View,
    entity::{Agent, Notice, State},
};

mod board;
mod history;
mod items;
mod notices;
mod reasoning;
mod run;
mod scope;
mod server_tools;
mod text;
mod tools;

#[cfg(test)]
mod tests;

use board::Board;
use history::History;
use scope::Scope;

/// Maximum depth of agents within agents that is shown.
const MAX_DEPTH: usize = 8;

/// What a person sees of a session: kept up to date by events, or made from turns.
///
/// See the [crate documentation](crate). Applying an event takes time in proportion to the event,
/// not to the timeline; the text of an answer is never copied to append to it.
#[derive(Debug, Clone, Default)]
pub struct Timeline {
    board: Board,
    scope: Scope,
    /// Work of agents, by the id of their entity.
    agents: HashMap<String, Scope>,
    history: History,
}

impl Timeline {
    /// Creates an empty timeline, for a session without turns.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the timeline of the turns of a session, oldest first. Blocks that several turns share
    /// appear once.
    ///
    /// A conversation from elsewhere is a session of one turn.
    pub fn from_turns<'a>(turns: impl IntoIterator<Item = &'a Turn>) -> Self {
        let mut timeline = Self::new();
        for turn in turns {
            timeline.sync(turn);
        }
        timeline
    }

    /// Creates the timeline of the last turns of a long session, oldest first. What the turn before
    /// them, `base`, has is not shown.
    ///
    /// Takes time in proportion to these turns. The result of a tool call of `base` is not shown either.
    pub fn from_last_turns<'a>(base: &Turn, turns: impl IntoIterator<Item = &'a Turn>) -> Self {
        let mut timeline = Self {
            history: History::after(base),
            ..Self::new()
        };
        for turn in turns {
            timeline.sync(turn);
        }
        timeline
    }

    /// Sets the sequence number of the last event that the timeline includes, for one made from
    /// turns: later events are applied, earlier ones ignored, and readers with an older version
    /// receive the complete view.
    #[must_use]
    pub fn starting_after(mut self, seq: u64) -> Self {
        self.board.start_after(seq);
        self
    }

    /// Returns the current state.
    #[must_use]
    pub fn view(&self) -> &View {
        &self.board.view
    }

    /// Returns the sequence number of the last event that was applied.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.board.seq
    }

    /// Applies an event, and returns the changes.
    ///
    /// Events are applied once, in the order of their numbers; one that was applied before, or that
    /// belongs to a run that has ended, has no effect. A stream that begins within a run is shown
    /// from there: a text whose beginning is missing is complete when its segment ends.
    pub fn apply(&mut self, event: &Event) -> Vec<Patch> {
        if !self.board.begin(event) {
            return Vec::new();
        }
        match &event.kind {
            EventKind::QueueUpdated(e) => self.board.set_status(|status| {
                status.queued = Some(e.waiting);
                let reason = || e.reason.clone().unwrap_or_default();
                status.queue_paused = e.paused.then(reason);
            }),
            EventKind::Custom(e) if e.event_type == AGENT => {
                if !self.scope.is_foreign(event) {
                    self.apply_agent(event, None, 0);
                }
            }
            kind => {
                if matches!(kind, EventKind::RunStarted(_)) || event.is_terminal() {
                    self.end_agents(event);
                }
                self.scope.take(event, &mut self.board);
            }
        }
        self.board.take_patches()
    }

    /// Adds what a turn of the session has and the timeline does not show: blocks that the
    /// application appended, changed or removed, or that an engine wrote without events. Removes what
    /// the turn does not have of its last run. Returns the changes.
    ///
    /// For the turn at the end of a run, it has no effect unless there are such blocks.
    pub fn sync(&mut self, turn: &Turn) -> Vec<Patch> {
        self.history.sync(turn, &mut self.scope, &mut self.board);
        self.board.take_patches()
    }

    /// Removes what belongs to a turn that was removed from the session, and returns the changes. A
    /// turn that a run replaces is removed by the first event of that run.
    pub fn retract(&mut self, turn_id: &str) -> Vec<Patch> {
        self.scope.retract(turn_id, &mut self.board);
        self.history.forget(turn_id);
        self.board.take_patches()
    }

    /// Shows that a reader missed events ([`Received::Lagged`](geppetto_events::Received::Lagged)).
    /// A reader that can should make the timeline anew from the turns of the session.
    pub fn lagged(&mut self, missed: u64) -> Vec<Patch> {
        let text = format!("{missed} events are missing; what is shown may be incomplete");
        let seq = self.board.seq;
        let id = format!("lag:{seq}");
        let notice = Notice {
            notice: NoticeKind::Lag,
            text,
        };
        self.board.add(&id, None, None, Content::Notice(notice));
        self.board.take_patches()
    }

    /// Returns the patches that bring a reader from version `version` to the current one. `None` if
    /// that version is too old, or not of this timeline: the reader needs the complete
    /// [`view`](Self::view).
    #[must_use]
    pub fn since(&self, version: u64) -> Option<Vec<Patch>> {
        self.board.since(version)
    }

    /// Applies an event of an agent.
    fn apply_agent(&mut self, outer: &Event, scope: Option<&str>, depth: usize) {
        let Some(Ok(AgentEvent { event, .. })) = outer.to_app::<AgentEvent>() else {
            return;
        };
        let of = match scope {
            Some(id) => self.agents.get_mut(id),
            None => Some(&mut self.scope),
        };
        let call = outer.correlation.tool_call_id.as_deref();
        let tool = of.and_then(|of| Some(of.tools.latest(call?)?.to_owned()));
        let Some(tool) = tool.filter(|_| depth < MAX_DEPTH) else {
            return;
        };
        let session = event.correlation.session_id.clone().unwrap_or_default();
        let id = format!("{tool}/agent:{session}");
        if !self.agents.contains_key(&id) {
            let agent = Agent {
                session_id: session,
                ..Agent::default()
            };
            let turn = self
                .board
                .view
                .entity(&tool)
                .and_then(|own| own.turn_id.clone());
            self.board
                .add(&id, Some(&tool), turn.as_deref(), Content::Agent(agent));
            self.agents.insert(id.clone(), Scope::of_agent(&id));
        }
        match &event.kind {
            EventKind::Custom(own) if own.event_type == AGENT => {
                self.apply_agent(&event, Some(&id), depth + 1);
            }
            _ => {
                let is_foreign = |scope: &Scope| scope.is_foreign(&event);
                if event.is_terminal() && !self.agents.get(&id).is_some_and(is_foreign) {
                    self.end_agents_of(&id, &event);
                }
                if let Some(scope) = self.agents.get_mut(&id) {
                    scope.take(&event, &mut self.board);
                }
            }
        }
    }

    /// Ends the agents that work for the agent `id`, whose run ends.
    fn end_agents_of(&mut self, id: &str, event: &Event) {
        let state = state_of_agents(event);
        for (inner, scope) in &mut self.agents {
            let rest = inner.strip_prefix(id);
            if rest.is_some_and(|rest| rest.starts_with('/')) {
                scope.abandon(state, &mut self.board);
            }
        }
    }

    /// Ends the agents of a run that starts or ends: no further events of them are expected.
    fn end_agents(&mut self, event: &Event) {
        if self.scope.is_foreign(event) {
            return;
        }
        let state = state_of_agents(event);
        for scope in self.agents.values_mut() {
            scope.abandon(state, &mut self.board);
        }
        self.agents.clear();
    }
}

/// Returns the state of the agents that still work when the run ends that they work for.
fn state_of_agents(end: &Event) -> State {
    match &end.kind {
        EventKind::RunStopped(_) => State::Cancelled,
        _ => State::Failed,
    }
}

const AGENT: &str = <AgentEvent as geppetto_events::kind::AppEvent>::TYPE;
