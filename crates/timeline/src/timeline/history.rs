//! [`History`]: entities made from turns.

use std::{
    collections::{BTreeMap, HashMap},
    ops::Range,
};

use geppetto_turns::{Blocks, Content as BlockContent, Turn, keys::turn_meta};

use super::{
    board::Board,
    scope::{Run, Scope},
};

mod blocks;
mod sync;

use sync::Sync;

/// Metadata of the engine, by its name in files: `geppetto_engine::keys`.
const WAITING_FOR: &str = "geppetto.waiting_for@v1";
const RUN_TOTALS: &str = "geppetto.run_totals@v1";
const ANSWER_RETRY: &str = "geppetto.answer_retry@v1";

/// The turns that the timeline includes.
#[derive(Debug, Clone, Default)]
pub(super) struct History {
    /// Blocks of the last turn.
    blocks: Blocks,
    /// Blocks of the turn before the first one that is shown.
    hidden: Blocks,
    /// Name of the last turn, and the index of its first block of its own.
    turn: Option<(String, usize)>,
    /// Number of turns, to name those without an id.
    turns: usize,
    /// The tool calls in `blocks`.
    calls: Calls,
}

/// The tool calls of a list of blocks.
#[derive(Debug, Clone, Default)]
struct Calls {
    /// Number of calls with each id.
    counts: HashMap<String, usize>,
    /// Entities of the complete calls of the last turn without an answer, by call id.
    unanswered: BTreeMap<String, String>,
}

impl History {
    /// Creates the history of a timeline that shows what follows a turn.
    pub(super) fn after(base: &Turn) -> Self {
        Self {
            blocks: base.blocks.clone(),
            hidden: base.blocks.clone(),
            ..Self::default()
        }
    }

    /// Forgets the last turn, if it is this one.
    pub(super) fn forget(&mut self, turn_id: &str) {
        if self.turn.as_ref().is_some_and(|(name, _)| name == turn_id) {
            let hidden = std::mem::take(&mut self.hidden);
            *self = Self {
                turns: self.turns,
                blocks: hidden.clone(),
                hidden,
                ..Self::default()
            };
        }
    }

    pub(super) fn sync(&mut self, turn: &Turn, scope: &mut Scope, board: &mut Board) {
        let shared = turn.blocks.common_prefix(&self.blocks);
        let is_same = |(name, _): &&(String, usize)| !turn.id.is_empty() && *name == turn.id;
        let hidden = turn.blocks.common_prefix(&self.hidden);
        let from = match self.turn.as_ref().filter(is_same) {
            Some((_, from)) => shared.min(*from).max(hidden),
            None => shared.max(hidden),
        };
        self.turns += 1;
        let name = match turn.id.as_str() {
            "" => format!("turn:{}", self.turns),
            id => id.to_owned(),
        };
        // Entities belong to the turn; a run in progress keeps its own.
        let run = scope.run.clone();
        scope.run = Some(Run {
            id: turn.inference_id().map(str::to_owned),
            turn: Some(name.clone()),
        });
        let mut sync = Sync {
            turn,
            name: &name,
            calls: match from == self.blocks.len() {
                true => std::mem::take(&mut self.calls),
                false => Calls::of(turn, hidden..from, scope),
            },
            scope,
            board,
            shown: Vec::new(),
            own_calls: BTreeMap::new(),
        };
        sync.go(from);
        let Sync {
            mut calls,
            own_calls,
            scope,
            ..
        } = sync;
        calls.unanswered = own_calls;
        self.calls = calls;
        scope.run = run;
        // Events of the run that are applied again have no effect.
        let end = turn.metadata.get(&turn_meta::RUN_END).ok().flatten();
        let current = scope.run.as_ref().and_then(|run| run.id.clone());
        if let Some(end) =
            end.filter(|end| !end.run_id.is_empty() && Some(&end.run_id) != current.as_ref())
        {
            scope.note_ended(end.run_id);
        }
        self.blocks = turn.blocks.clone();
        self.turn = Some((name, from));
    }
}

impl Calls {
    /// Counts the calls of some blocks of a turn, whose entities exist.
    fn of(turn: &Turn, shown: Range<usize>, scope: &Scope) -> Self {
        let mut calls = Self::default();
        for block in turn.blocks.range(shown) {
            match &block.content {
                BlockContent::ToolCall(call) => {
                    let entity = calls.next(&call.id, scope);
                    if let Some(entity) = entity.filter(|_| block.incomplete().is_none()) {
                        calls.unanswered.insert(call.id.clone(), entity);
                    }
                }
                BlockContent::ToolUse(answer) => {
                    calls.unanswered.remove(&answer.id);
                }
                _ => {}
            }
        }
        calls
    }

    /// Counts a call. Returns its entity, if it exists.
    fn next(&mut self, call: &str, scope: &Scope) -> Option<String> {
        let count = self.counts.entry(call.to_owned()).or_default();
        *count += 1;
        scope.tools.of_call(call).get(*count - 1).cloned()
    }
}
