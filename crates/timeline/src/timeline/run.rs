//! Starts and ends of runs and provider calls.

use geppetto_events::{
    Event, EventKind,
    kind::{InputJoined, InputMessage, ProviderCallFinished, RunStarted},
};
use geppetto_turns::{RunEnd, Usage};

use super::{
    board::Board,
    items::Reply,
    scope::{Run, Scope, call_key},
};
use crate::{
    Changes, Content, NoticeKind, State,
    entity::{Agent, Failure, Message, Notice},
    limits::short,
};

/// Answer to a tool call whose question the user did not answer, as written by the engine
/// (`geppetto_engine::NOT_DECIDED`).
pub(super) const NOT_DECIDED: &str = "Error: not run: the user went on without deciding";

impl Scope {
    pub(super) fn start(&mut self, event: &Event, started: &RunStarted, board: &mut Board) {
        self.abandon(State::Failed, board);
        let run = Run {
            id: event.correlation.run_id.clone(),
            turn: event.correlation.turn_id.clone(),
        };
        // Another run on the same turn replaces the end of the last one.
        if let Some((turn, id)) = self.last_end.take()
            && turn == run.turn
            && turn.is_some()
        {
            board.remove(&id);
        }
        if let Some(replaced) = &started.replaces {
            self.retract(replaced, board);
        }
        for answer in &started.results {
            if self.tools.latest(&answer.tool_call_id).is_some() {
                self.result(event, answer, board);
            }
        }
        self.give_up_waiting(&run, board);
        (self.notices, self.last_class, self.last_item) = (0, None, None);
        self.errors.clear();
        self.run = Some(run.clone());
        if let Some(agent) = &self.parent {
            if board.view.entity(agent).is_some_and(|own| matches!(&own.content, Content::Agent(Agent { text, .. }) if *text != started.prompt)) {
                board.update(agent, Changes::text(short(&started.prompt)));
            }
        } else {
            self.show_input(event, started, board);
        }
        self.show_running(&run, board);
    }

    /// Removes the entities of a turn.
    pub(super) fn retract(&mut self, turn: &str, board: &mut Board) {
        let is_within = |own: &crate::Entity| match (&self.parent, &own.parent) {
            (None, _) => true,
            (Some(agent), parent) => parent.as_ref() == Some(agent),
        };
        let of_turn = board.view.entities().rev();
        let of_turn = of_turn.filter(|own| own.turn_id.as_deref() == Some(turn) && is_within(own));
        let gone: Vec<String> = of_turn.map(|own| own.id.clone()).collect();
        for id in gone {
            self.open.remove(&id);
            self.tools.remove(&id);
            board.remove(&id);
        }
    }

    fn show_input(&self, event: &Event, started: &RunStarted, board: &mut Board) {
        let turn = self.turn();
        let of_prompt = || {
            // In older logs, a run that continues repeats the prompt.
            let is_known = turn.is_some()
                && board
                    .view
                    .entities()
                    .any(|own| own.turn_id.as_deref() == turn);
            let is_shown = !started.prompt.is_empty() && !is_known;
            is_shown.then(|| InputMessage::user("", started.prompt.as_str()))
        };
        let messages = match &started.messages {
            Some(input) => input.clone(),
            None => of_prompt().into_iter().collect(),
        };
        self.show_messages(event, messages, board);
    }

    /// Shows messages that join the run.
    pub(super) fn join_input(&self, event: &Event, joined: &InputJoined, board: &mut Board) {
        if self.parent.is_none() {
            self.show_messages(event, joined.messages.clone(), board);
        }
    }

    fn show_messages(&self, event: &Event, messages: Vec<InputMessage>, board: &mut Board) {
        let turn = self.turn();
        for (index, message) in messages.into_iter().enumerate() {
            let id = match message.id.as_str() {
                "" => format!("event:{}:input:{index}", event_number(event, board)),
                id => id.to_owned(),
            };
            if board.view.entity(&id).is_some() {
                continue;
            }
            let content = message_content(message);
            board.add(&id, None, turn, content);
        }
    }

    /// Answers waiting calls of an earlier turn, as the session does.
    fn give_up_waiting(&mut self, run: &Run, board: &mut Board) {
        for id in self.tools.take_waiting() {
            let same = board
                .view
                .entity(&id)
                .is_some_and(|own| own.turn_id == run.turn);
            if same {
                self.tools.add_waiting(&id);
                continue;
            }
            let changes = Changes {
                state: Some(State::Failed),
                question: Some(String::new()),
                ran_with: Some(String::new()),
                result: Some(NOT_DECIDED.to_owned()),
                ..Changes::default()
            };
            board.update(&id, changes);
        }
    }

    pub(super) fn end(&mut self, event: &Event, board: &mut Board) {
        let run = self.run.clone().unwrap_or_default();
        let id = run.id.clone().unwrap_or_default();
        let (end, usage, not_stored) = match &event.kind {
            EventKind::RunFinished(e) => (RunEnd::finished(id), &e.usage, &e.persist_error),
            EventKind::RunStopped(e) => {
                let end = RunEnd::stopped(id, e.reason.as_str());
                (end, &e.usage, &e.persist_error)
            }
            EventKind::RunFailed(e) => {
                let kind = e.error_kind.clone().unwrap_or_default();
                let end = RunEnd::failed(id, e.error_string.as_str(), kind);
                (end, &e.usage, &e.persist_error)
            }
            _ => return,
        };
        let state = match &event.kind {
            EventKind::RunStopped(_) => State::Cancelled,
            _ => State::Failed,
        };
        self.settle(state, board);
        self.mark_truncated(board);
        for id in std::mem::take(&mut self.errors) {
            board.remove(&id);
        }
        let number = event_number(event, board);
        self.show_end(&end, number, board);
        if let Some(error) = not_stored {
            let failure = Failure {
                text: short(&format!("the turn may not be stored: {error}")),
                error_kind: None,
                is_live_only: true,
            };
            let id = self.id(&format!("event:{number}:not-stored"));
            let position = board.reserve();
            self.show(&id, position, Content::Error(failure), board);
        }
        self.show_usage(usage.as_deref(), board);
        if let Some(agent) = &self.parent {
            let state = match &event.kind {
                EventKind::RunFinished(_) => State::Done,
                _ => state,
            };
            board.update(agent, Changes::state(state));
        }
        self.forget_run(board);
    }

    /// Shows how a run ended, unless it completed or waits for a person, which the tool call shows.
    pub(super) fn show_end(&mut self, end: &RunEnd, number: u64, board: &mut Board) {
        let Some(content) = end_content(end) else {
            return;
        };
        let id = match end.run_id.as_str() {
            "" => format!("event:{number}:end"),
            run => format!("{run}:end"),
        };
        let id = self.id(&id);
        if board.view.entity(&id).is_none() {
            let position = board.reserve();
            self.show(&id, position, content, board);
        }
        self.last_end = Some((self.turn().map(str::to_owned), id));
    }

    /// Marks an answer that the output limit or the context window cut off.
    pub(super) fn mark_truncated(&self, board: &mut Board) {
        let is_cut = self.last_class.as_deref().is_some_and(is_cut);
        let Some(id) = self.last_item.as_deref().filter(|_| is_cut) else {
            return;
        };
        let is_answer = |own: &crate::Entity| {
            matches!(own.content, Content::Answer(_)) && own.state() == Some(State::Done)
        };
        if board.view.entity(id).is_some_and(is_answer) {
            board.update(id, Changes::state(State::Truncated));
        }
    }

    fn show_usage(&self, usage: Option<&Usage>, board: &mut Board) {
        if let (None, Some(usage)) = (&self.parent, usage) {
            board.set_status(|status| status.usage = Some(usage.clone()));
        }
    }

    pub(super) fn start_call(&mut self, event: &Event, board: &mut Board) {
        self.reply = Reply::default();
        if let (None, Some(model)) = (&self.parent, &event.meta.model) {
            board.set_status(|status| status.model = Some(model.clone()));
        }
    }

    pub(super) fn end_call(
        &mut self,
        event: &Event,
        finished: &ProviderCallFinished,
        board: &mut Board,
    ) {
        self.last_class.clone_from(&finished.finish_class);
        let broken = match finished.incomplete.as_deref() {
            None => State::Done,
            reason => State::of_finish(reason),
        };
        self.end_whole(&finished.whole, board);
        self.end_items(broken, board);
        let items = self
            .calls
            .get(&call_key(event))
            .cloned()
            .unwrap_or_default();
        if !finished.order.is_empty() {
            let order: Vec<String> = finished.order.iter().map(|id| self.shown_id(id)).collect();
            board.arrange(order.iter().map(String::as_str));
        }
        let last = |id: &&String| board.view.entity(id).map(|own| own.position);
        self.last_item = items
            .iter()
            .filter(|id| is_item(board, id))
            .max_by_key(last)
            .cloned();
        // A later attempt succeeded.
        if finished.incomplete.is_none() {
            for id in std::mem::take(&mut self.errors) {
                board.remove(&id);
            }
        }
        self.reply = Reply::default();
    }

    pub(super) fn discard(&mut self, event: &Event, board: &mut Board) {
        for id in self.calls.remove(&call_key(event)).unwrap_or_default() {
            self.open.remove(&id);
            self.tools.remove(&id);
            board.remove(&id);
        }
    }
}

fn is_item(board: &Board, id: &str) -> bool {
    let content = board.view.entity(id).map(|own| &own.content);
    matches!(
        content,
        Some(Content::Answer(_) | Content::Reasoning(_) | Content::ToolCall(_))
    )
}

/// Returns `true` if a reply of this finish class is cut off.
pub(super) fn is_cut(class: &str) -> bool {
    matches!(class, "max_tokens" | "context_window")
}

/// Returns the number of the event, for ids.
fn event_number(event: &Event, board: &Board) -> u64 {
    if event.seq == 0 { board.seq } else { event.seq }
}

/// Returns the content of a message of a user or of instructions.
pub(super) fn message_content(message: InputMessage) -> Content {
    let is_system = message.role == "system";
    let own = Message {
        text: message.text,
        attachments: message.attachments,
    };
    if is_system {
        Content::System(own)
    } else {
        Content::User(own)
    }
}

fn end_content(end: &RunEnd) -> Option<Content> {
    use geppetto_turns::RunEndStatus as E;
    let text = short(&end.reason);
    Some(match &end.status {
        E::Failed => Content::Error(Failure {
            text,
            error_kind: end.error_kind.clone().filter(|kind| !kind.is_empty()),
            is_live_only: false,
        }),
        E::Stopped if end.reason.starts_with("waiting:") => return None,
        E::Stopped => {
            let notice = match end.reason.starts_with("cancelled") {
                true => NoticeKind::Cancelled,
                false => NoticeKind::Limit,
            };
            Content::Notice(Notice { notice, text })
        }
        _ => return None,
    })
}
