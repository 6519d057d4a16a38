//! [`History`]: the turns of a session.

use geppetto_engine::{IdSource, keys};
use geppetto_turns::{Block, BlockKind, Turn, keys::turn_meta};
use serde_json::Value;

#[derive(Debug, Default)]
pub(crate) struct History {
    turns: Vec<Turn>,
}

impl History {
    pub(crate) fn new(turns: Vec<Turn>) -> Self {
        Self { turns }
    }

    pub(crate) fn len(&self) -> usize {
        self.turns.len()
    }

    pub(crate) fn get(&self, index: usize) -> Option<&Turn> {
        self.turns.get(index)
    }

    pub(crate) fn latest(&self) -> Option<&Turn> {
        self.turns.last()
    }

    pub(crate) fn turns(&self) -> &[Turn] {
        &self.turns
    }

    /// Appends a turn; without an id it gets one.
    pub(crate) fn append(&mut self, mut turn: Turn, session_id: &str, ids: &dyn IdSource) {
        if turn.id.is_empty() {
            turn.id = ids.next_id();
        }
        turn.assign_block_ids(0, || ids.next_id());
        if turn.session_id().is_none() {
            set(&mut turn, turn_meta::SESSION_ID.id(), session_id);
        }
        self.turns.push(turn);
    }

    /// Appends a turn that is the latest one and what a user says next. Shares all older blocks.
    pub(crate) fn append_prompt(
        &mut self,
        prompt: Vec<Block>,
        session_id: &str,
        ids: &dyn IdSource,
    ) {
        let mut turn = self.turns.last().cloned().unwrap_or_default();
        turn.id = ids.next_id();
        let from = turn.blocks.len();
        for block in prompt {
            turn.push(block);
        }
        turn.assign_block_ids(from, || ids.next_id());
        set(&mut turn, turn_meta::SESSION_ID.id(), session_id);
        self.turns.push(turn);
    }

    /// The latest turn, stamped for an inference: the result of an earlier one is not this one's.
    pub(crate) fn begin(&mut self, session_id: &str, inference_id: &str) -> Option<Turn> {
        let turn = self.turns.last_mut()?;
        set(turn, turn_meta::SESSION_ID.id(), session_id);
        set(turn, turn_meta::INFERENCE_ID.id(), inference_id);
        turn.metadata.remove(&turn_meta::INFERENCE_RESULT);
        turn.metadata.remove(&keys::RUN_TOTALS);
        Some(turn.clone())
    }

    /// Replaces the latest turn by what a run made of it.
    pub(crate) fn commit(&mut self, turn: Turn) {
        if let Some(latest) = self.turns.last_mut() {
            *latest = turn;
        }
    }
}

fn set(turn: &mut Turn, key: &'static str, value: &str) {
    turn.metadata.set_raw(key, Value::from(value));
}

/// The text of the last user message.
pub(crate) fn last_prompt(turn: &Turn) -> &str {
    turn.last_of(BlockKind::User)
        .and_then(|block| block.text())
        .unwrap_or_default()
}
