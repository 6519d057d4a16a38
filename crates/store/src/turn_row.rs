//! [`TurnRow`]: a turn, as a base and new blocks.

use std::sync::Arc;

use geppetto_turns::{Block, Blocks, Turn};

/// A turn relative to a base turn: the number of blocks that it shares with the base, and its own.
///
/// The base of a row that is *written* is the latest turn of the session at that point: the turn
/// that is replaced, or the one before an appended turn. The base of a row that is *read* is the
/// turn before it.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TurnRow {
    /// Index of the turn in its session, starting at 0. On a write, the number of turns to append
    /// one, or one less to replace the latest.
    pub index: u64,
    /// Number of blocks shared with the base.
    pub kept: usize,
    /// The blocks after the shared ones.
    pub blocks: Vec<Arc<Block>>,
    /// The turn without its blocks: id, metadata, data and unknown keys.
    pub head: Turn,
}

impl TurnRow {
    /// Creates the row of `turn`. Blocks are shared if they are the same allocation
    /// ([`Blocks::common_prefix`]), which makes this O(log n) and the new blocks.
    #[must_use]
    pub fn new(index: u64, base: Option<&Turn>, turn: &Turn) -> Self {
        let kept = base.map_or(0, |base| turn.blocks.common_prefix(&base.blocks));
        Self::after(index, kept, turn)
    }

    /// Creates the row of a turn whose first `kept` blocks are those of its base. For
    /// implementations of stores.
    #[must_use]
    pub fn after(index: u64, kept: usize, turn: &Turn) -> Self {
        let mut head = turn.clone();
        head.blocks = Blocks::new();
        let blocks = turn.blocks.range(kept..turn.blocks.len());
        Self {
            index,
            kept,
            blocks: blocks.cloned().collect(),
            head,
        }
    }

    /// Returns the turn, which shares blocks with `base`. `None` if the base has fewer blocks than
    /// the row shares with it.
    #[must_use]
    pub fn onto(&self, base: Option<&Turn>) -> Option<Turn> {
        let mut blocks = base.map(|base| base.blocks.clone()).unwrap_or_default();
        if blocks.len() < self.kept {
            return None;
        }
        blocks.truncate(self.kept);
        blocks.extend(self.blocks.iter().cloned());
        let mut turn = self.head.clone();
        turn.blocks = blocks;
        Some(turn)
    }
}
