//! What turns have of their own, and what they say about it.

use std::collections::HashSet;

use geppetto_turns::{Block, Content, RunEnd, RunEndStatus, Turn, Usage, keys::turn_meta};
use serde::Deserialize;
use serde_json::Value;

/// Metadata of the engine, by its name in files: `geppetto_engine::keys`.
const WAITING_FOR: &str = "geppetto.waiting_for@v1";
const RUN_TOTALS: &str = "geppetto.run_totals@v1";
const ANSWER_RETRY: &str = "geppetto.answer_retry@v1";

/// Question of a call that the client executes: `geppetto_toolloop::ExternalTool`.
pub(crate) const CLIENT_QUESTION: &str = "the client executes this tool and returns its result";

/// Name of the turn's metadata with the client's id of the user's message.
pub const MESSAGE_ID: &str = "geppetto_ui.message_id@v1";

/// Name of the turn's metadata with the client's ids of messages with results of its own tools, by
/// the provider's id of the call.
pub const RESULT_IDS: &str = "geppetto_ui.result_ids@v1";

/// Returns the index of the first block that a turn has of its own: every turn begins with the
/// blocks of the turn before, or with copies of them, as when one turn is in memory and the other was
/// read from a store.
#[must_use]
pub fn own_start(turn: &Turn, previous: Option<&Turn>) -> usize {
    let Some(previous) = previous else {
        return 0;
    };
    let shared = turn.blocks.common_prefix(&previous.blocks);
    let (own, other) = (&turn.blocks, &previous.blocks);
    let own = own.range(shared..own.len());
    let both = own.zip(other.range(shared..other.len()));
    shared + both.take_while(|(own, other)| is_same(own, other)).count()
}

fn is_same(block: &Block, other: &Block) -> bool {
    match block.id.is_empty() {
        true => block == other,
        false => block.id == other.id,
    }
}

/// The blocks that each of several turns has of its own.
pub(crate) fn own_blocks(turns: &[Turn]) -> impl Iterator<Item = (&Turn, Vec<&Block>)> {
    let mut seen = HashSet::new();
    turns.iter().enumerate().map(move |(index, turn)| {
        let previous = index.checked_sub(1).and_then(|index| turns.get(index));
        let mut own = blocks_from(turn, own_start(turn, previous));
        // A history that was rewritten, such as a compacted one, has earlier blocks again.
        own.retain(|block| block.id.is_empty() || seen.insert(block.id.clone()));
        (turn, own)
    })
}

/// Returns the blocks from an index on.
pub(crate) fn blocks_from(turn: &Turn, from: usize) -> Vec<&Block> {
    let len = turn.blocks.len();
    let blocks = turn.blocks.range(from.min(len)..len);
    blocks.map(|block| &**block).collect()
}

/// Returns `true` for an answer that violated its schema, and for the prompt that asked for another one.
pub(crate) fn is_retry(block: &Block) -> bool {
    block.metadata.raw(ANSWER_RETRY).is_some()
}

/// Removes answers that violated their schema and were replaced, with the prompts that asked for
/// other ones.
pub(crate) fn without_retries(blocks: &mut Vec<&Block>) {
    let is_reply = |block: &&Block| block.kind().is_model_output() && !is_retry(block);
    let last = blocks.iter().rposition(is_reply);
    let mut index = 0;
    blocks.retain(|block| {
        let is_hidden = last.is_some_and(|last| index < last);
        index += 1;
        !is_retry(block) || (block.kind().is_model_output() && !is_hidden)
    });
}

/// A tool call that waits for an answer.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Waiting {
    pub(crate) call_id: String,
    pub(crate) tool_name: String,
    pub(crate) question: String,
}

/// Returns the tool calls of a turn that wait for a person.
pub(crate) fn waiting(turn: &Turn) -> Vec<Waiting> {
    let record = turn.metadata.raw(WAITING_FOR);
    let calls = record.and_then(|record| record.get("calls"));
    let calls = calls.and_then(|calls| Vec::deserialize(calls).ok());
    let mut calls: Vec<Waiting> = calls.unwrap_or_default();
    let answered: HashSet<&str> = answered(turn);
    calls.retain(|own| !answered.contains(own.call_id.as_str()));
    calls
}

/// Returns the ids of the calls that were answered since the last call.
fn answered(turn: &Turn) -> HashSet<&str> {
    let blocks = turn.blocks.iter().rev();
    let answers = blocks.map_while(|block| match &block.content {
        Content::ToolUse(answer) => Some(answer.id.as_str()),
        _ => None,
    });
    answers.collect()
}

/// Returns model and usage of a turn.
pub(crate) fn facts(turn: &Turn) -> (Option<&str>, Option<Usage>) {
    let result = turn.metadata.raw(turn_meta::INFERENCE_RESULT.id());
    let model = result.and_then(|result| result.get("model").and_then(Value::as_str));
    let totals = turn.metadata.raw(RUN_TOTALS);
    let usage = totals.and_then(|totals| Usage::deserialize(totals.get("usage")?).ok());
    (model.filter(|model| !model.is_empty()), usage)
}

/// Returns how the last run of a turn ended.
pub(crate) fn end(turn: &Turn) -> Option<RunEnd> {
    turn.metadata.get(&turn_meta::RUN_END).ok().flatten()
}

/// Returns the limit at which the last run of a turn was stopped.
pub(crate) fn limit(turn: &Turn) -> Option<String> {
    let end = end(turn).filter(|end| end.status == RunEndStatus::Stopped)?;
    let is_limit = !end.reason.starts_with("waiting") && !end.reason.starts_with("cancelled");
    is_limit.then_some(end.reason)
}
