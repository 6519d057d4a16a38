//! The turn of a run that was cut off.

use std::sync::Arc;

use geppetto_turns::{Block, Content, Turn};

use crate::Effect;

/// Appends the answers of finished effects to a turn that lacks them, in the order of the calls.
pub(super) fn answer_finished(turn: &mut Turn, effects: &[Effect]) {
    for (call, _) in open_calls(turn) {
        // An id that a provider used before belongs to the last effect.
        let effect = effects.iter().rev().find(|own| own.call_id == call);
        if let Some(answer) = effect.and_then(Effect::answer) {
            push(turn, Block::clone(answer));
        }
    }
}

/// Returns id and tool of the calls that have no answer, in order.
pub(super) fn open_calls(turn: &Turn) -> Vec<(String, String)> {
    let calls = turn.pending_tool_calls(0).into_iter();
    calls
        .map(|call| (call.id.clone(), call.name.clone()))
        .collect()
}

/// Returns the last answer to a call.
pub(super) fn answer(turn: &Turn, call: &str) -> Option<Arc<Block>> {
    let is_answer = |block: &&Arc<Block>| match &block.content {
        Content::ToolUse(answer) => answer.id == call,
        _ => false,
    };
    turn.blocks.iter().rev().find(is_answer).cloned()
}

/// Appends a block with an id that only depends on the turn.
pub(super) fn push(turn: &mut Turn, block: Block) {
    let index = turn.blocks.len();
    let id = format!("{}-{index}", turn.id);
    turn.push(block);
    turn.assign_block_ids(index, || id.clone());
}
