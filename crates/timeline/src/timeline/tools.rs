//! Tool calls.

use std::collections::{BTreeSet, HashMap};

use geppetto_events::{
    Event,
    kind::{
        ToolCallArgumentsDelta, ToolCallFinished, ToolCallRequested, ToolCallResumed,
        ToolCallWaiting, ToolExecutionStarted, ToolResultReady, ToolStatus,
    },
};
use serde_json::Value;

use super::{board::Board, items::news, scope::Scope};
use crate::{
    Changes, Content, Field, SHOWN_LIMIT, State,
    entity::ToolCall,
    limits::{cut, shown},
};

/// The tool calls of a session.
#[derive(Debug, Clone, Default)]
pub(super) struct Tools {
    /// Entities by call id, in the order of the calls: providers may use an id again.
    by_call: HashMap<String, Vec<String>>,
    /// Calls that the model is writing, with the number of bytes of the arguments.
    streaming: HashMap<String, u64>,
    /// Calls that wait for a person.
    waiting: BTreeSet<String>,
}

impl Tools {
    /// Returns the entity of the last call with this id.
    pub(super) fn latest(&self, call: &str) -> Option<&str> {
        self.by_call.get(call)?.last().map(String::as_str)
    }

    /// Returns the entities of the calls with this id.
    pub(super) fn of_call(&self, call: &str) -> &[String] {
        self.by_call.get(call).map_or(&[], Vec::as_slice)
    }

    /// Adds a call. Returns the id for its entity.
    pub(super) fn add(&mut self, call: &str, scope_id: &str, board: &Board) -> String {
        let known = self.by_call.entry(call.to_owned()).or_default();
        let numbered = (known.len() + 1..).map(|number| match number {
            1 => scope_id.to_owned(),
            number => format!("{scope_id}#{number}"),
        });
        let mut free = numbered.filter(|id| board.view.entity(id).is_none());
        let id = free.next().unwrap_or_default();
        known.push(id.clone());
        id
    }

    /// Forgets an entity that was removed.
    pub(super) fn remove(&mut self, id: &str) {
        self.streaming.remove(id);
        self.waiting.remove(id);
        self.by_call.retain(|_, ids| {
            ids.retain(|own| own != id);
            !ids.is_empty()
        });
    }

    pub(super) fn take_streaming(&mut self) -> HashMap<String, u64> {
        std::mem::take(&mut self.streaming)
    }

    pub(super) fn take_waiting(&mut self) -> BTreeSet<String> {
        std::mem::take(&mut self.waiting)
    }

    pub(super) fn add_waiting(&mut self, id: &str) {
        self.waiting.insert(id.to_owned());
    }
}

impl Scope {
    pub(super) fn open_tool(
        &mut self,
        event: &Event,
        call: &str,
        name: &str,
        board: &mut Board,
    ) -> String {
        self.close_pieces(board);
        let id = self.add_tool(call, name, board);
        self.tools.streaming.insert(id.clone(), 0);
        self.add_item(event, &id);
        id
    }

    /// Adds the entity of a call.
    pub(super) fn add_tool(&mut self, call: &str, name: &str, board: &mut Board) -> String {
        let scope_id = self.id(call);
        let id = self.tools.add(call, &scope_id, board);
        let content = ToolCall {
            call_id: call.to_owned(),
            name: cut(name, SHOWN_LIMIT).0.to_owned(),
            ..ToolCall::default()
        };
        let position = board.reserve();
        self.show(&id, position, Content::ToolCall(Box::new(content)), board);
        id
    }

    pub(super) fn arguments(
        &mut self,
        event: &Event,
        delta: &ToolCallArgumentsDelta,
        board: &mut Board,
    ) {
        let call = &*delta.tool_call_id;
        let known = self.tools.latest(call).map(str::to_owned);
        let known = known.filter(|id| self.tools.streaming.contains_key(id));
        let id = known.unwrap_or_else(|| self.open_tool(event, call, "", board));
        let Some(len) = self.tools.streaming.get_mut(&id) else {
            return;
        };
        let Some(new) = news(&delta.delta, delta.offset, *len) else {
            return;
        };
        *len = delta.offset.unwrap_or(*len).max(*len) + new.len() as u64;
        let room = match board.view.entity(&id).map(|own| &own.content) {
            Some(Content::ToolCall(own)) => SHOWN_LIMIT.saturating_sub(own.arguments.len()),
            _ => 0,
        };
        board.append(&id, Field::Arguments, cut(new, room).0);
    }

    pub(super) fn request(&mut self, event: &Event, call: &ToolCallRequested, board: &mut Board) {
        let known = self.tools.latest(&call.tool_call_id).map(str::to_owned);
        let known = known.filter(|id| self.tools.streaming.contains_key(id));
        let id = known
            .unwrap_or_else(|| self.open_tool(event, &call.tool_call_id, &call.tool_name, board));
        self.tools.streaming.remove(&id);
        let mut changes = arguments_of(&call.input);
        changes.state = Some(State::Requested);
        board.update(&id, changes);
    }

    /// Returns the entity of an event about a call, which is added if its request was missed.
    fn tool(&mut self, call: &str, name: &str, board: &mut Board) -> String {
        match self.tools.latest(call) {
            Some(id) => id.to_owned(),
            None => self.add_tool(call, name, board),
        }
    }

    pub(super) fn wait(&mut self, _: &Event, waiting: &ToolCallWaiting, board: &mut Board) {
        let id = self.tool(&waiting.tool_call_id, &waiting.tool_name, board);
        self.show_waiting(&id, &waiting.input, &waiting.question, board);
    }

    /// Shows that a call waits for a person, with the arguments that the tool would run with.
    pub(super) fn show_waiting(
        &mut self,
        id: &str,
        input: &str,
        question: &str,
        board: &mut Board,
    ) {
        let changes = Changes {
            state: Some(State::Waiting),
            question: Some(shown(question).0.to_owned()),
            ran_with: Some(self.changed_arguments(id, input, board)),
            ..Changes::default()
        };
        board.update(id, changes);
        self.open.remove(id);
        self.tools.waiting.insert(id.to_owned());
    }

    /// Returns `input` if it differs from the arguments that the model wrote.
    fn changed_arguments(&self, id: &str, input: &str, board: &Board) -> String {
        let input = shown(input).0;
        match board.view.entity(id).map(|own| &own.content) {
            Some(Content::ToolCall(own)) if !is_same(&own.arguments, input) => input.to_owned(),
            _ => String::new(),
        }
    }

    pub(super) fn resume(&mut self, _: &Event, call: &ToolCallResumed, board: &mut Board) {
        let is_new = self.tools.latest(&call.tool_call_id).is_none();
        let id = self.tool(&call.tool_call_id, &call.tool_name, board);
        self.tools.waiting.remove(&id);
        self.open.insert(id.clone());
        let mut changes = match is_new {
            true => arguments_of(&call.input),
            false => Changes::default(),
        };
        changes.state = Some(State::Requested);
        changes.question = Some(String::new());
        changes.ran_with = Some(String::new());
        board.update(&id, changes);
    }

    pub(super) fn execute(&mut self, _: &Event, call: &ToolExecutionStarted, board: &mut Board) {
        let is_new = self.tools.latest(&call.tool_call_id).is_none();
        let id = self.tool(&call.tool_call_id, &call.tool_name, board);
        self.open.insert(id.clone());
        self.tools.waiting.remove(&id);
        let mut changes = match is_new {
            true => arguments_of(&call.input),
            false => Changes::default(),
        };
        let changed = match call.changed {
            true => shown(&call.input).0.to_owned(),
            false => String::new(),
        };
        changes.ran_with = Some(changed);
        changes.state = Some(State::Running);
        changes.question = Some(String::new());
        board.update(&id, changes);
    }

    pub(super) fn result(&mut self, _: &Event, result: &ToolResultReady, board: &mut Board) {
        let id = self.tool(&result.tool_call_id, &result.tool_name, board);
        self.open.remove(&id);
        self.tools.waiting.remove(&id);
        let mut changes = result_of(&result.result);
        changes.state = Some(match result.status {
            ToolStatus::Success => State::Done,
            _ => State::Failed,
        });
        changes.question = Some(String::new());
        changes.attachments = Some(result.attachments.to_vec());
        board.update(&id, changes);
    }

    pub(super) fn finish_tool(&mut self, end: &ToolCallFinished, board: &mut Board) {
        let Some(id) = self.tools.latest(&end.tool_call_id) else {
            return;
        };
        let mut changes = Changes {
            duration_ms: end.duration_ms,
            ..Changes::default()
        };
        if end.duration_ms.is_none() {
            // The tool was not run, with whatever arguments.
            changes.ran_with = Some(String::new());
        }
        board.update(id, changes);
    }
}

/// Shows a call that the model did not complete, `len` bytes into its arguments.
pub(super) fn end_incomplete(id: &str, len: u64, board: &mut Board) {
    let shown = match board.view.entity(id).map(|own| &own.content) {
        Some(Content::ToolCall(own)) => own.arguments.len() as u64,
        _ => return,
    };
    let changes = Changes {
        state: Some(State::NotRun),
        arguments_omitted: Some(len.saturating_sub(shown)),
        ..Changes::default()
    };
    board.update(id, changes);
}

/// Returns the arguments, as far as they are shown.
pub(super) fn arguments_of(input: &str) -> Changes {
    let (text, omitted) = shown(input);
    Changes {
        arguments: Some(text.to_owned()),
        arguments_omitted: Some(omitted),
        ..Changes::default()
    }
}

/// Returns the result, as far as it is shown.
pub(super) fn result_of(result: &str) -> Changes {
    let (text, omitted) = shown(result);
    Changes {
        result: Some(text.to_owned()),
        result_omitted: Some(omitted),
        ..Changes::default()
    }
}

/// Returns `true` if both are the same JSON.
fn is_same(a: &str, b: &str) -> bool {
    let read = |text| serde_json::from_str::<Value>(text).ok();
    a == b || read(a).is_some_and(|value| Some(value) == read(b))
}
