//! [`Halved`]: items whose last delta ended with half of a character.

use geppetto_engine::ItemId;

use crate::read::halves::Half;

/// Items whose last delta ended with half of a character, which is rare.
#[derive(Debug, Default)]
pub(super) struct Halved {
    waiting: Vec<(ItemId, Half)>,
    /// Number of halves without a match.
    lost: u64,
}

impl Halved {
    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn has(&self, id: ItemId) -> bool {
        self.waiting.iter().any(|(own, _)| *own == id)
    }

    pub(super) fn waiting(&self) -> Vec<ItemId> {
        self.waiting.iter().map(|(id, _)| *id).collect()
    }

    /// Returns the text that a delta adds to an item.
    pub(super) fn join(&mut self, id: ItemId, delta: &str) -> String {
        let mut half = self.take(id).unwrap_or_default();
        let text = half.join(delta).into_owned();
        self.lost += half.lost();
        if half.waits() {
            self.waiting.push((id, half.without_losses()));
        }
        text
    }

    /// Discards a pending half: the full text has arrived.
    pub(super) fn forget(&mut self, id: ItemId) {
        self.take(id);
    }

    /// Counts a pending half as lost.
    pub(super) fn lose(&mut self, id: ItemId) {
        self.lost += u64::from(self.take(id).is_some());
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    fn take(&mut self, id: ItemId) -> Option<Half> {
        let at = self.waiting.iter().position(|(own, _)| *own == id)?;
        Some(self.waiting.swap_remove(at).1)
    }
}
