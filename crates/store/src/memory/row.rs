//! [`Row`]: a version of a turn, and the turns before it.

use std::sync::Arc;

use geppetto_turns::Turn;

use super::interner::Own;
use crate::TurnRow;

/// An immutable version of a turn. Sessions and forks are references to their latest row, so a fork
/// shares everything, and what nothing refers to is freed.
pub(super) struct Row {
    index: u64,
    turn: Turn,
    /// Number of blocks shared with the previous turn.
    kept: usize,
    own: Arc<Own>,
    previous: Option<Arc<Row>>,
    /// An earlier row, such that any row is reached in O(log n) steps (Myers, "An applicative
    /// random-access stack", 1983).
    jump: Option<Arc<Row>>,
}

impl Row {
    pub(super) fn new(turn: Turn, kept: usize, own: Arc<Own>, previous: Option<Arc<Self>>) -> Self {
        Self {
            index: previous.as_ref().map_or(0, |row| row.index + 1),
            turn,
            kept,
            own,
            jump: previous.as_ref().map(|row| Arc::clone(jump_over(row))),
            previous,
        }
    }

    pub(super) fn index(&self) -> u64 {
        self.index
    }

    pub(super) fn turn(&self) -> &Turn {
        &self.turn
    }

    pub(super) fn kept(&self) -> usize {
        self.kept
    }

    pub(super) fn own(&self) -> &Arc<Own> {
        &self.own
    }

    pub(super) fn previous(&self) -> Option<&Arc<Self>> {
        self.previous.as_ref()
    }

    /// Returns the row of an earlier turn, or this one.
    pub(super) fn at(self: &Arc<Self>, index: u64) -> Option<&Arc<Self>> {
        let mut row = self;
        while row.index > index {
            row = match &row.jump {
                Some(jump) if jump.index >= index => jump,
                _ => row.previous.as_ref()?,
            };
        }
        (row.index == index).then_some(row)
    }

    pub(super) fn to_turn_row(&self) -> TurnRow {
        TurnRow::after(self.index, self.kept, &self.turn)
    }
}

/// Returns the jump of a row that follows `row`.
fn jump_over(row: &Arc<Row>) -> &Arc<Row> {
    let first = row.jump.as_ref().unwrap_or(row);
    let second = first.jump.as_ref().unwrap_or(first);
    if row.index - first.index == first.index - second.index {
        second
    } else {
        row
    }
}

impl Drop for Row {
    fn drop(&mut self) {
        // Without recursion: the history may be long. Jumps refer to rows that the chain of
        // previous rows keeps alive.
        self.jump = None;
        let mut previous = self.previous.take();
        while let Some(mut row) = previous.and_then(Arc::into_inner) {
            row.jump = None;
            previous = row.previous.take();
        }
    }
}
