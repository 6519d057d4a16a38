//! Calls that are kept as items, and their answers.
//!
//! `repair` answers the calls it knows. A call that is kept as sent by the API is answered by an
//! item of the application or of the server; without one the API refuses the history.

use std::{collections::HashSet, sync::Arc};

use geppetto_turns::{Block, Content};
use serde_json::{Map, Value};

use crate::responses::keys;

/// Items with calls for which the API requires an answer, and the type of each answer.
///
/// Source: <https://platform.openai.com/docs/api-reference/responses/create#responses-create-input>.
const CALLS: &[(&str, &str)] = &[
    ("custom_tool_call", "custom_tool_call_output"),
    ("computer_call", "computer_call_output"),
    ("local_shell_call", "local_shell_call_output"),
    ("shell_call", "shell_call_output"),
    ("apply_patch_call", "apply_patch_call_output"),
];

/// Removes unanswered calls: those that the server has run without reporting the result, and those
/// that the application has not run. If the history `is_whole`, with nothing before it on the
/// server, answers without a call are removed too.
pub(super) fn retain(blocks: &mut Vec<Arc<Block>>, is_whole: bool) {
    let all: HashSet<(&str, &str)> = blocks
        .iter()
        .filter_map(|block| item(block))
        .filter_map(|item| Some((text(item, "type")?, tie(item)?)))
        .collect();
    let called: HashSet<&str> = blocks
        .iter()
        .filter_map(|block| block.as_tool_call())
        .map(|call| call.id.as_str())
        .collect();
    let is_answered = |item: &Map<String, Value>| {
        let kind = text(item, "type").unwrap_or_default();
        let has = |other| tie(item).is_some_and(|id| all.contains(&(other, id)));
        let is_called = || tie(item).is_some_and(|id| called.contains(id));
        CALLS.iter().all(|(call, answer)| {
            (*call != kind || has(answer))
                && (*answer != kind || !is_whole || has(call) || is_called())
        })
    };
    let kept: Vec<bool> = blocks
        .iter()
        .map(|block| item(block).is_none_or(is_answered))
        .collect();
    let mut kept = kept.into_iter();
    blocks.retain(|_| kept.next().unwrap_or(true));
}

fn item(block: &Block) -> Option<&Map<String, Value>> {
    match &block.content {
        Content::Other(other) if other.kind == keys::ITEM_KIND => Some(&other.payload),
        _ => None,
    }
}

/// Returns the id that connects a call and its answer: older items have no separate id for it.
fn tie(item: &Map<String, Value>) -> Option<&str> {
    text(item, "call_id").or_else(|| text(item, "id"))
}

fn text<'a>(item: &'a Map<String, Value>, name: &str) -> Option<&'a str> {
    item.get(name)?.as_str()
}
