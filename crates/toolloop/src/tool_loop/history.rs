//! Positions in the history.

use std::{collections::HashSet, ptr, sync::Arc};

use geppetto_turns::{Block, Blocks, Turn};

use crate::calls::Request;

#[cfg(test)]
mod tests;

/// Returns a summary for a pause, such as `2 tool calls to run: a, b`.
pub(super) fn summary(requests: &[Request], what: &str) -> String {
    let names: Vec<&str> = requests
        .iter()
        .map(|request| request.call.name.as_str())
        .collect();
    let noun = if names.len() == 1 {
        "tool call"
    } else {
        "tool calls"
    };
    format!("{} {noun} {what}: {}", names.len(), names.join(", "))
}

/// Returns `true` if a tool that the last model output called has ended the run.
pub(super) fn has_ended(turn: &Turn) -> bool {
    let last = turn.blocks.iter().rev();
    let mut answers = last.map_while(|block| block.as_tool_use());
    answers.any(|answer| answer.ends_run)
}

/// Returns the index of the first new block.
///
/// Usually this is the former length. A middleware may have inserted or removed blocks, so the last
/// old block that still exists decides.
pub(super) fn first_new(before: &Blocks, now: &Blocks) -> usize {
    let Some(last) = before.last() else {
        return 0;
    };
    let len = before.len();
    let in_place = now.get(len - 1);
    if in_place.is_some_and(|block| Arc::ptr_eq(block, last)) {
        return len;
    }
    let old: HashSet<*const Block> = before.iter().map(Arc::as_ptr).collect();
    let kept = now
        .iter()
        .rposition(|block| old.contains(&ptr::from_ref(&**block)));
    kept.map_or(0, |index| index + 1)
}
