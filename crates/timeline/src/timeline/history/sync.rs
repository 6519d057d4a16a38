//! [`Sync`]: brings a timeline up to date with one turn.

use std::collections::{BTreeMap, HashSet};

use geppetto_turns::{Block, RunEndStatus, Turn, Usage, keys::turn_meta};
use serde::Deserialize;

use super::{ANSWER_RETRY, Calls, RUN_TOTALS, WAITING_FOR};
use crate::{
    Changes, Content, State,
    timeline::{board::Board, run::is_cut, scope::Scope},
};

/// One turn that is synchronised.
pub(super) struct Sync<'a> {
    pub(super) turn: &'a Turn,
    pub(super) name: &'a str,
    pub(super) scope: &'a mut Scope,
    pub(super) board: &'a mut Board,
    pub(super) calls: Calls,
    /// Entities of the turn's own blocks, in order.
    pub(super) shown: Vec<String>,
    /// Entities of the turn's own complete calls without an answer, by call id.
    pub(super) own_calls: BTreeMap<String, String>,
}

impl Sync<'_> {
    pub(super) fn go(&mut self, from: usize) {
        let hidden_until = self.last_replaced_answer(from);
        for (index, block) in self
            .turn
            .blocks
            .range(from..self.turn.blocks.len())
            .enumerate()
        {
            let index = from + index;
            let is_retry = block.metadata.raw(ANSWER_RETRY).is_some();
            let is_answer = block.kind().is_model_output();
            if is_retry && (!is_answer || hidden_until > index) {
                continue;
            }
            self.block(block, index);
        }
        self.settle_calls();
        self.remove_others();
        self.board.arrange(self.shown.iter().map(String::as_str));
        self.show_end();
        if !self.is_known_run() {
            self.show_status();
        }
    }

    /// Returns `true` if the events of the turn's last run were applied.
    fn is_known_run(&self) -> bool {
        let run = self.turn.inference_id();
        run.is_some_and(|run| self.scope.has_ended(run))
    }

    /// Returns the index of the last output of the model that is not a rejected answer; rejected
    /// answers before it are not shown.
    fn last_replaced_answer(&self, from: usize) -> usize {
        let blocks = self.turn.blocks.range(from..self.turn.blocks.len());
        let is_reply = |block: &Block| {
            block.kind().is_model_output() && block.metadata.raw(ANSWER_RETRY).is_none()
        };
        let mut replies = blocks.enumerate().filter(|(_, block)| is_reply(block));
        replies.next_back().map_or(0, |(index, _)| from + index)
    }

    /// Shows the state of calls without an answer.
    fn settle_calls(&mut self) {
        let waiting: Waiting = self
            .turn
            .metadata
            .raw(WAITING_FOR)
            .and_then(|value| Waiting::deserialize(value).ok())
            .unwrap_or_default();
        for (call, id) in self.own_calls.clone() {
            let name = match self.board.view.entity(&id).map(|own| &own.content) {
                Some(Content::ToolCall(own)) => own.name.clone(),
                _ => continue,
            };
            let asked = waiting
                .calls
                .iter()
                .find(|own| own.call_id == call && own.tool_name == name);
            if let Some(asked) = asked {
                let (input, question) = (&asked.input, &asked.question);
                self.scope.show_waiting(&id, input, question, self.board);
                continue;
            }
            // A run that continues shows what becomes of it.
            self.board.update(&id, Changes::state(State::NotRun));
        }
    }

    /// Removes the entities of the turn that it does not have.
    fn remove_others(&mut self) {
        let shown: HashSet<&str> = self.shown.iter().map(String::as_str).collect();
        let gone: Vec<String> = (self.board.view.entities().rev())
            .take_while(|own| own.turn_id.as_deref().is_none_or(|turn| turn == self.name))
            .filter(|own| is_of_block(own) && !shown.contains(own.id.as_str()))
            .map(|own| own.id.clone())
            .collect();
        for id in gone {
            self.scope.tools.remove(&id);
            self.board.remove(&id);
        }
    }

    fn show_end(&mut self) {
        let end = self.turn.metadata.get(&turn_meta::RUN_END).ok().flatten();
        let stale = self.scope.last_end.take();
        let is_stopped = end
            .as_ref()
            .is_some_and(|end| end.status == RunEndStatus::Stopped);
        self.settle_server_tools(if is_stopped {
            State::Cancelled
        } else {
            State::Failed
        });
        if let Some(end) = end {
            self.mark_cut_answer();
            self.scope.show_end(&end, self.board.seq, self.board);
        }
        // The end of an earlier run on the same turn.
        if let Some((turn, id)) = stale
            && turn.as_deref() == Some(self.name)
            && self
                .scope
                .last_end
                .as_ref()
                .is_none_or(|(_, own)| *own != id)
        {
            self.board.remove(&id);
        }
    }

    /// Ends the calls of the provider's tools that have no end.
    fn settle_server_tools(&mut self, state: State) {
        for id in &self.shown {
            let own = self.board.view.entity(id);
            let is_open = own.is_some_and(|own| {
                matches!(own.content, Content::ServerTool(_)) && own.state() == Some(State::Running)
            });
            if is_open {
                self.board.update(id, Changes::state(state));
            }
        }
    }

    /// Marks the last answer if the output limit cut it off.
    fn mark_cut_answer(&mut self) {
        let last = self.shown.last();
        let entity = last.and_then(|id| self.board.view.entity(id));
        let is_answer = entity.is_some_and(|own| {
            matches!(own.content, Content::Answer(_)) && own.state() == Some(State::Done)
        });
        if let Some(id) = last.filter(|_| is_answer && self.is_cut()) {
            self.board.update(id, Changes::state(State::Truncated));
        }
    }

    /// Returns `true` if the last reply was cut off by the output limit or the context window.
    pub(super) fn is_cut(&self) -> bool {
        let result = self.turn.metadata.raw(turn_meta::INFERENCE_RESULT.id());
        let class = result.and_then(|result| result.get("finish_class")?.as_str());
        class.is_some_and(is_cut)
    }

    fn show_status(&mut self) {
        let metadata = &self.turn.metadata;
        let result = metadata.raw(turn_meta::INFERENCE_RESULT.id());
        let model = result.and_then(|result| result.get("model")?.as_str());
        let totals = metadata.raw(RUN_TOTALS);
        let usage = totals.and_then(|totals| Usage::deserialize(totals.get("usage")?).ok());
        self.board.set_status(|status| {
            if let Some(model) = model {
                status.model = Some(model.to_owned());
            }
            if usage.is_some() {
                status.usage = usage;
            }
        });
    }
}

/// The record of waiting calls, as the engine stores it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Waiting {
    calls: Vec<WaitingCall>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WaitingCall {
    call_id: String,
    tool_name: String,
    input: String,
    question: String,
}

/// Returns `true` for entities that turns have blocks of.
fn is_of_block(entity: &crate::Entity) -> bool {
    entity.parent.is_none()
        && matches!(
            entity.content,
            Content::User(_)
                | Content::System(_)
                | Content::Answer(_)
                | Content::Reasoning(_)
                | Content::ToolCall(_)
        )
}
