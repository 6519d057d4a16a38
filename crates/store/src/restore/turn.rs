//! The turn of a run that was cut off.

use std::{collections::HashMap, sync::Arc};

use geppetto_engine::RunContext;
use geppetto_turns::{Block, Content, ToolCall, Turn};

use crate::Effect;

/// An unanswered call.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct OpenCall {
    pub(super) id: String,
    pub(super) name: String,
    /// Idempotency key, apart from that of an enclosing call.
    key: String,
}

impl OpenCall {
    /// Returns `true` if this is the call of an effect. The id of the call is not sufficient:
    /// providers may use it again in each reply.
    pub(super) fn is_of(&self, effect: &Effect) -> bool {
        let key = effect.key.as_str();
        let enclosing = key.strip_suffix(self.key.as_str());
        enclosing.is_some_and(|enclosing| enclosing.is_empty() || enclosing.ends_with('/'))
    }
}

/// Appends the answers of finished effects to a turn that lacks them, in the order of the calls.
pub(super) fn answer_finished(session: &str, turn: &mut Turn, effects: &[Effect]) {
    for call in open_calls(session, turn) {
        let effect = effects.iter().find(|own| call.is_of(own));
        if let Some(answer) = effect.and_then(Effect::answer) {
            push(turn, Block::clone(answer));
        }
    }
}

/// Returns the calls that have no answer, in order.
pub(super) fn open_calls(session: &str, turn: &Turn) -> Vec<OpenCall> {
    // Issues the keys that a run on the turn issues.
    let keys = RunContext::new().with_run(session, "", &turn.id);
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut open: Vec<(&ToolCall, usize)> = Vec::new();
    for block in &turn.blocks {
        match &block.content {
            Content::ToolCall(call) => {
                let count = seen.entry(&call.id).or_default();
                if block.incomplete().is_none() {
                    open.push((call, *count));
                }
                *count += 1;
            }
            Content::ToolUse(answer) => open.retain(|(call, _)| call.id != answer.id),
            _ => {}
        }
    }
    let call = |(call, repeated): (&ToolCall, usize)| OpenCall {
        id: call.id.clone(),
        name: call.name.clone(),
        key: keys.effect_key(call, repeated),
    };
    open.into_iter().map(call).collect()
}

/// Returns the answer to the last call with an id; `None` if that call has no answer.
pub(super) fn answer(turn: &Turn, call: &str) -> Option<Arc<Block>> {
    let last = turn.blocks.iter().rev().find(|block| match &block.content {
        Content::ToolCall(own) => own.id == call,
        Content::ToolUse(answer) => answer.id == call,
        _ => false,
    });
    last.filter(|block| block.as_tool_use().is_some()).cloned()
}

/// Appends a block with an id that only depends on the turn.
pub(super) fn push(turn: &mut Turn, block: Block) {
    let index = turn.blocks.len();
    let id = format!("{}-{index}", turn.id);
    turn.push(block);
    turn.assign_block_ids(index, || id.clone());
}
