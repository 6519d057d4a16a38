//! [`History`]: the turns of a session.

use std::{collections::HashSet, sync::Arc};

use geppetto_engine::{
    IdSource, NOT_DECIDED, PendingCall, ReplacesTurn, RunSettings, SessionTotals, keys,
};
use geppetto_events::kind::{Attachment, InputMessage, ToolResultReady, ToolStatus};
use geppetto_turns::{
    Block, BlockKind, Blocks, ToolUse, Turn,
    keys::{block_meta, turn_meta},
};
use serde_json::Value;

use crate::options::Input;

#[cfg(test)]
mod tests;

#[derive(Debug, Default)]
pub(crate) struct History {
    turns: Vec<Turn>,
    /// Number of changes other than by runs.
    version: u64,
    /// Totals of all runs of the session.
    totals: SessionTotals,
    /// Blocks that readers of events know: those of the latest turn when the last run ended.
    announced: Blocks,
}

impl History {
    pub(crate) fn new(turns: Vec<Turn>) -> Self {
        let mut totals = SessionTotals::default();
        for turn in &turns {
            restore(&mut totals, turn);
        }
        let announced = turns.last().map(|turn| turn.blocks.clone());
        Self {
            turns,
            version: 0,
            totals,
            announced: announced.unwrap_or_default(),
        }
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

    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    pub(crate) fn totals(&self) -> &SessionTotals {
        &self.totals
    }

    /// Appends a turn, and assigns an id if it has none.
    pub(crate) fn append(&mut self, mut turn: Turn, session_id: &str, ids: &dyn IdSource) {
        identify(&mut turn, 0, session_id, ids);
        restore(&mut self.totals, &turn);
        self.version += 1;
        self.turns.push(turn);
    }

    /// Appends a turn that extends the latest one with a user's prompt.
    pub(crate) fn append_prompt(
        &mut self,
        prompt: Vec<Block>,
        session_id: &str,
        ids: &dyn IdSource,
    ) -> Turn {
        let turn = next_turn(self.latest(), prompt, session_id, ids);
        self.version += 1;
        self.turns.push(turn.clone());
        turn
    }

    /// Replaces the latest turn if the history has not changed since `version`. Returns `false` if
    /// it has.
    pub(crate) fn replace_latest(&mut self, turn: Turn, version: u64) -> bool {
        if self.version != version {
            return false;
        }
        self.version += 1;
        if let Some(latest) = self.turns.last_mut() {
            *latest = turn;
        }
        true
    }

    /// Returns the turn on which a run starts, its place, and the settings of an earlier run that
    /// apply again. `None` if there is no turn to run on or to replace.
    pub(crate) fn turn_for(
        &self,
        input: Input,
        session_id: &str,
        ids: &dyn IdSource,
    ) -> Option<(Turn, Place, Option<RunSettings>)> {
        let replaced = match input {
            Input::Prompt(prompt) => {
                let turn = next_turn(self.latest(), prompt, session_id, ids);
                return Some((turn, Place::New, None));
            }
            Input::Latest => {
                let latest = self.latest()?;
                let earlier = unfinished_settings(latest);
                return Some((latest.clone(), Place::Latest, earlier));
            }
            Input::Replaces(prompt) => prompt,
        };
        let latest = self.latest()?;
        let base = self.before_latest();
        let prompt = replaced.unwrap_or_else(|| {
            let mut prompt = prompt_of(latest, base);
            prompt.extend(joined_after(prompt.len(), latest, base));
            prompt
        });
        if prompt.is_empty() {
            return None;
        }
        let mut turn = next_turn(base, prompt, session_id, ids);
        keep_system(&mut turn, latest);
        // What the replaced turn cost stays spent.
        let _ = turn.metadata.set(&keys::SESSION_TOTALS, &self.totals);
        let earlier = latest.metadata.get(&keys::RUN_SETTINGS).ok().flatten();
        let place = ReplacesTurn::new(latest.id.as_str(), base.cloned());
        Some((turn, Place::Replaces(Box::new(place)), earlier))
    }

    fn before_latest(&self) -> Option<&Turn> {
        self.turns.get(self.turns.len().checked_sub(2)?)
    }

    /// Returns the blocks of the latest turn's prompt.
    pub(crate) fn last_prompt(&self) -> Vec<Block> {
        let latest = self.latest();
        latest.map_or_else(Vec::new, |latest| prompt_of(latest, self.before_latest()))
    }

    /// Removes the latest turn and returns it. The totals of the session, which stay, are written to
    /// the turn before it.
    pub(crate) fn undo(&mut self) -> Option<Turn> {
        let removed = self.turns.pop()?;
        self.version += 1;
        if let Some(latest) = self.turns.last_mut() {
            // Numbers can always be serialized.
            let _ = latest.metadata.set(&keys::SESSION_TOTALS, &self.totals);
        }
        Some(removed)
    }

    /// Returns the messages at the end of `turn` that were added since the last run ended.
    pub(crate) fn unannounced(&self, turn: &Turn) -> Vec<InputMessage> {
        let from = turn.blocks.common_prefix(&self.announced);
        let added = turn.blocks.range(from..turn.blocks.len());
        let mut messages = Vec::new();
        for block in added {
            if block.metadata.contains(&block_meta::MIDDLEWARE) {
                continue;
            }
            match InputMessage::of_block(block) {
                Some(message) => messages.push(message),
                // Messages before it belong to a conversation that was added with its answers.
                None => messages.clear(),
            }
        }
        messages
    }

    /// Returns the answers to the last calls of `turn` that were added since the last run ended.
    pub(crate) fn unannounced_results(&self, turn: &Turn) -> Vec<ToolResultReady> {
        let known = last_answers(&self.announced);
        let known: HashSet<&str> = known.iter().map(|own| own.id.as_str()).collect();
        let added = last_answers(&turn.blocks).into_iter().rev();
        let added = added.filter(|own| !known.contains(own.id.as_str()));
        added.map(result).collect()
    }

    /// Records the start of a run on `turn`.
    pub(crate) fn begin(&mut self, turn: Turn, place: &Place) {
        self.version += 1;
        match (self.turns.last_mut(), place) {
            (Some(latest), Place::Latest | Place::Replaces(_)) => *latest = turn,
            _ => self.turns.push(turn),
        }
    }

    /// Replaces the latest turn with the result of a run.
    pub(crate) fn commit(&mut self, turn: Turn, totals: SessionTotals) {
        self.version += 1;
        self.totals = totals;
        self.announced = turn.blocks.clone();
        if let Some(latest) = self.turns.last_mut() {
            *latest = turn;
        }
    }
}

/// Returns the answers after the last block of the model, from the end.
fn last_answers(blocks: &Blocks) -> Vec<&ToolUse> {
    let last = blocks.iter().rev();
    let last = last.take_while(|block| !block.kind().is_model_output());
    last.filter_map(|block| block.as_tool_use()).collect()
}

/// Returns the result that an answer shows.
fn result(answer: &ToolUse) -> ToolResultReady {
    let status = match answer.is_error() {
        true => ToolStatus::Error,
        false => ToolStatus::Success,
    };
    let mut own = ToolResultReady::new(&*answer.id, "", answer.shown_output(), status);
    own.attachments = Attachment::all(&answer.images, &answer.files).into();
    own
}

/// Place of a run's turn in the history.
#[derive(Debug)]
pub(crate) enum Place {
    /// After the latest turn.
    New,
    /// It is the latest turn.
    Latest,
    /// In place of the latest turn, from which it differs in its id.
    Replaces(Box<ReplacesTurn>),
}

/// Returns the blocks of a turn's prompt: the first user messages after the blocks of the turn
/// before it.
fn prompt_of(turn: &Turn, base: Option<&Turn>) -> Vec<Block> {
    let from = base.map_or(0, |base| end_of(base, turn));
    let blocks = turn.blocks.range(from..turn.blocks.len());
    let is_user = |block: &&Arc<Block>| block.kind() == BlockKind::User;
    let prompt = blocks.skip_while(|block| !is_user(block));
    let prompt = prompt.take_while(is_user);
    prompt.map(|block| Block::clone(block)).collect()
}

/// Returns the user's messages that joined the run of a turn after the first `prompt` ones.
fn joined_after(prompt: usize, turn: &Turn, base: Option<&Turn>) -> Vec<Block> {
    let from = base.map_or(0, |base| end_of(base, turn));
    let blocks = turn.blocks.range(from..turn.blocks.len());
    let users = blocks.filter(|block| block.kind() == BlockKind::User);
    let joined = users.skip(prompt).filter(|block| {
        let metadata = &block.metadata;
        !metadata.contains(&block_meta::MIDDLEWARE) && !metadata.contains(&keys::ANSWER_RETRY)
    });
    joined.map(|block| Block::clone(block)).collect()
}

/// Gives a turn the system prompt of the turn that it replaces, which may have been set by an edit of
/// that turn alone.
fn keep_system(turn: &mut Turn, replaced: &Turn) {
    let is_system = |block: &Arc<Block>| {
        block.kind() == BlockKind::System && !block.metadata.contains(&block_meta::MIDDLEWARE)
    };
    let kept = replaced.blocks.iter().find(|block| is_system(block));
    let own = turn.blocks.iter().position(is_system);
    match (kept, own) {
        (Some(kept), None) => turn.prepend(Arc::clone(kept)),
        (Some(kept), Some(own)) => {
            let is_changed = turn.blocks.get(own).map(|own| &own.content) != Some(&kept.content);
            if is_changed && let Some(own) = turn.blocks.make_mut(own) {
                own.content = kept.content.clone();
            }
        }
        (None, _) => {}
    }
}

/// Returns the index in `turn` at which the blocks of `base` end. A middleware may have inserted or
/// removed some.
fn end_of(base: &Turn, turn: &Turn) -> usize {
    let shared = turn.blocks.common_prefix(&base.blocks);
    if shared == base.blocks.len() {
        return shared;
    }
    let last = base.blocks.last();
    let is_last = |block: &Arc<Block>| last.is_some_and(|last| Arc::ptr_eq(last, block));
    let place = turn.blocks.iter().rposition(is_last);
    place.map_or(shared, |place| place + 1)
}

/// Adds the totals stored in a turn from elsewhere.
fn restore(totals: &mut SessionTotals, turn: &Turn) {
    // A value that cannot be read was not written by a session.
    if let Ok(Some(stored)) = turn.metadata.get(&keys::SESSION_TOTALS) {
        if stored.provider_calls >= totals.provider_calls {
            *totals = stored;
        }
    } else if let Ok(Some(run)) = turn.metadata.get(&keys::RUN_TOTALS) {
        *totals += &SessionTotals::from(&run);
    }
}

/// Returns a turn that extends `latest` with a user's prompt. Shares all earlier blocks.
pub(crate) fn next_turn(
    latest: Option<&Turn>,
    prompt: Vec<Block>,
    session_id: &str,
    ids: &dyn IdSource,
) -> Turn {
    let mut turn = latest.cloned().unwrap_or_default();
    turn.id = ids.next_id();
    let from = turn.blocks.len();
    // The user continues without deciding about the waiting calls.
    for call in PendingCall::of(&turn) {
        turn.push(Block::tool_error(call.call_id, NOT_DECIDED));
    }
    for block in prompt {
        turn.push(block);
    }
    turn.assign_block_ids(from, || ids.next_id());
    set(&mut turn, turn_meta::SESSION_ID.id(), session_id);
    // These belong to the latest turn.
    turn.metadata.remove(&keys::RUN_TOTALS);
    turn.metadata.remove(&keys::RUN_SETTINGS);
    turn.metadata.remove(&keys::WAITING_FOR);
    turn.metadata.remove(&turn_meta::RUN_END);
    turn
}

/// Assigns ids to a turn and to its blocks from index `from` on, where missing.
pub(crate) fn identify(turn: &mut Turn, from: usize, session_id: &str, ids: &dyn IdSource) {
    if turn.id.is_empty() {
        turn.id = ids.next_id();
    }
    turn.assign_block_ids(from, || ids.next_id());
    if turn.session_id().is_none() {
        set(turn, turn_meta::SESSION_ID.id(), session_id);
    }
}

/// Returns the settings of a run that was interrupted on this turn, or that waits.
pub(crate) fn unfinished_settings(turn: &Turn) -> Option<RunSettings> {
    let is_over = turn.metadata.contains(&keys::RUN_TOTALS);
    if is_over && !turn.metadata.contains(&keys::WAITING_FOR) {
        return None;
    }
    turn.metadata.get(&keys::RUN_SETTINGS).ok().flatten()
}

/// Stamps a turn for an inference, and removes the result of an earlier one.
pub(crate) fn stamp(turn: &mut Turn, session_id: &str, inference_id: &str, settings: &RunSettings) {
    set(turn, turn_meta::SESSION_ID.id(), session_id);
    set(turn, turn_meta::INFERENCE_ID.id(), inference_id);
    turn.metadata.remove(&turn_meta::INFERENCE_RESULT);
    turn.metadata.remove(&turn_meta::RUN_END);
    turn.metadata.remove(&keys::RUN_TOTALS);
    turn.metadata.remove(&keys::RUN_SETTINGS);
    // Waiting tool calls remain until they are answered, which the run reports.
    if PendingCall::of(turn).is_empty() {
        turn.metadata.remove(&keys::WAITING_FOR);
    }
    if !settings.is_empty() {
        // Validated settings can always be serialized.
        let _ = turn.metadata.set(&keys::RUN_SETTINGS, settings);
    }
}

fn set(turn: &mut Turn, key: &'static str, value: &str) {
    turn.metadata.set_raw(key, Value::from(value));
}

/// Returns the text of the last user message.
pub(crate) fn last_prompt(turn: &Turn) -> &str {
    turn.last_of(BlockKind::User)
        .and_then(|block| block.text())
        .unwrap_or_default()
}
