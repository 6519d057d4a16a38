//! Entities of the blocks of a turn.

use geppetto_events::kind::{Attachment, InputMessage, ServerTool};
use geppetto_turns::{
    Block, Content as BlockContent, Incomplete, LlmText, Reasoning as ReasoningBlock,
    ToolCall as ToolCallBlock, ToolUse, keys::block_meta,
};
use serde::Deserialize;
use serde_json::Value;

use super::sync::Sync;
use crate::{
    Changes, Content, State,
    entity::{Answer, Reasoning, Source},
    limits::shown,
    timeline::{
        items::{add_sources, is_blank},
        reasoning::join_summary,
        run::message_content,
        server_tools::source,
        tools::{arguments_of, result_of},
    },
};

impl Sync<'_> {
    pub(super) fn block(&mut self, block: &Block, index: usize) {
        self.server_tools(block, false);
        self.content(block, index);
        self.server_tools(block, true);
    }

    /// Shows the calls of the provider's tools that were made before or after a block.
    fn server_tools(&mut self, block: &Block, after: bool) {
        let records = block.metadata.raw(block_meta::SERVER_TOOLS.id());
        for record in records.and_then(Value::as_array).into_iter().flatten() {
            let is_after = record.get("after").is_some();
            let Ok(tool) = ServerTool::deserialize(record) else {
                continue;
            };
            if is_after != after {
                continue;
            }
            let call = record.get("call").and_then(Value::as_str);
            let id = self.scope.server_tool_id(call.unwrap_or_default(), &tool);
            let known = self.board.view.entity(&id).and_then(crate::Entity::state);
            if known.is_none_or(State::is_active) {
                self.scope.show_server_tool(&id, &tool, self.board);
            }
            self.shown.push(id);
        }
    }

    fn content(&mut self, block: &Block, index: usize) {
        match &block.content {
            BlockContent::User(_) | BlockContent::System(_) => {
                let by_middleware = block.metadata.raw(block_meta::MIDDLEWARE.id()).is_some();
                let message = InputMessage::of_block(block).filter(|_| !by_middleware);
                if let Some(message) = message {
                    let id = self.id(block, index);
                    self.show(id, message_content(message));
                }
            }
            BlockContent::LlmText(text) if !is_blank(&text.text) => self.text(block, text, index),
            BlockContent::Reasoning(own) => self.reasoning(block, own, index),
            BlockContent::ToolCall(call) => self.tool_call(block, call),
            BlockContent::ToolUse(answer) => self.tool_use(answer),
            _ => {}
        }
    }

    fn id(&self, block: &Block, index: usize) -> String {
        match block.id.as_str() {
            "" => format!("{}:block:{index}", self.name),
            id => id.to_owned(),
        }
    }

    /// Shows an entity, or brings the one that is shown up to date.
    fn show(&mut self, id: String, content: Content) {
        if self.board.view.entity(&id).is_none() {
            let position = self.board.reserve();
            self.scope.show(&id, position, content, self.board);
        } else {
            self.board.update(&id, changes_to(content));
        }
        self.shown.push(id);
    }

    fn text(&mut self, block: &Block, text: &LlmText, index: usize) {
        let id = self.id(block, index);
        let mut content = Answer {
            text: text.text.clone(),
            state: state_of(block),
            refusal: text.refusal,
            sources: sources_of(block),
            ..Answer::default()
        };
        let known = self.board.view.entity(&id).and_then(crate::Entity::state);
        if content.state == State::Done && known == Some(State::Truncated) && self.is_cut() {
            content.state = State::Truncated;
        }
        self.show(id, Content::Answer(content));
    }

    fn reasoning(&mut self, block: &Block, own: &ReasoningBlock, index: usize) {
        let summary = join_summary(own.summary.iter().map(|part| part.text.as_str()));
        if is_blank(&own.text) && summary.is_empty() {
            return;
        }
        let content = Reasoning {
            text: own.text.clone(),
            summary,
            state: state_of(block),
        };
        let id = self.id(block, index);
        self.show(id, Content::Reasoning(content));
    }

    fn tool_call(&mut self, block: &Block, call: &ToolCallBlock) {
        let id = match self.calls.next(&call.id, self.scope) {
            Some(id) => id,
            None => self.scope.add_tool(&call.id, &call.name, self.board),
        };
        self.board.update(&id, arguments_of(call.shown_args()));
        if block.incomplete().is_some() {
            self.board.update(&id, Changes::state(State::NotRun));
        } else {
            self.own_calls.insert(call.id.clone(), id.clone());
        }
        self.shown.push(id);
    }

    fn tool_use(&mut self, answer: &ToolUse) {
        let own = self.own_calls.remove(&answer.id);
        let Some(id) = own.or_else(|| self.calls.unanswered.remove(&answer.id)) else {
            return;
        };
        let mut changes = result_of(&answer.shown_output());
        changes.state = Some(match answer.is_error() {
            true => State::Failed,
            false => State::Done,
        });
        let ran_with = answer.ran_with.as_ref().map_or("", |args| args.as_str());
        changes.ran_with = Some(shown(ran_with).0.to_owned());
        changes.question = Some(String::new());
        changes.duration_ms = answer.duration_ms;
        changes.attachments = Some(Attachment::all(&answer.images, &answer.files));
        self.board.update(&id, changes);
        self.scope.open.remove(&id);
    }
}

/// Returns the sources that a text cites.
fn sources_of(block: &Block) -> Vec<Source> {
    let stored = block.metadata.raw(block_meta::SOURCES.id());
    let stored = stored.and_then(Value::as_array).into_iter().flatten();
    let mut sources = Vec::new();
    add_sources(&mut sources, stored.map(source));
    sources
}

fn state_of(block: &Block) -> State {
    match block.incomplete() {
        None => State::Done,
        Some(Incomplete::Cancelled) => State::Cancelled,
        Some(Incomplete::Truncated) => State::Truncated,
        Some(_) => State::Failed,
    }
}

fn changes_to(content: Content) -> Changes {
    let mut changes = Changes::default();
    match content {
        Content::User(own) | Content::System(own) => {
            changes.text = Some(own.text);
            changes.attachments = Some(own.attachments);
        }
        Content::Answer(own) => {
            changes.text = Some(own.text);
            changes.state = Some(own.state);
            changes.refusal = Some(own.refusal);
            changes.sources = Some(own.sources);
        }
        Content::Reasoning(own) => {
            changes.text = Some(own.text);
            changes.summary = Some(own.summary);
            changes.state = Some(own.state);
        }
        _ => {}
    }
    changes
}
