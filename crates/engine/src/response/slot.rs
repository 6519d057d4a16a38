//! [`Slot`]: the position of a block among those of its reply.

use super::{
    ItemId, ResponseWriter,
    item::{Item, Keeps},
};

/// Position of a block among those of its reply, by the provider's own indices.
///
/// Slots are ordered by index, then by entry, then by part. Most providers index the items of a
/// reply, for which `Slot::at(index)` is sufficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Slot {
    index: u64,
    entry: u64,
    part: u64,
}

impl Slot {
    /// Returns the slot of the provider's item number `index`.
    #[must_use]
    pub fn at(index: u64) -> Self {
        Self {
            index,
            ..Self::default()
        }
    }

    /// Sets the entry, which distinguishes items with the same index, as sent by some gateways. 0
    /// by default.
    #[must_use]
    pub fn entry(mut self, entry: u64) -> Self {
        self.entry = entry;
        self
    }

    /// Sets the part, which distinguishes the blocks of one item. 0 by default.
    #[must_use]
    pub fn part(mut self, part: u64) -> Self {
        self.part = part;
        self
    }
}

impl ResponseWriter<'_> {
    /// Assigns the block of an item to a slot, for a provider that indexes its items and may start
    /// a later one first.
    ///
    /// Blocks with slots are sorted by them, within the positions that they occupy among the other
    /// blocks. Blocks without a slot, and those that share one, stay in the order in which their
    /// items were opened.
    pub fn place(&mut self, id: ItemId, slot: Slot) {
        if let Some(item) = self.items.get_mut(id.0) {
            item.slot = Some(slot);
        }
    }
}

/// Returns the indices of the items in the order of their blocks: items with slots are sorted, within
/// the positions that they occupy among the others.
pub(super) fn order(items: &[Item]) -> Vec<usize> {
    let slot = |index: &usize| items.get(*index).and_then(|item| item.slot);
    let positions: Vec<usize> = (items.iter().enumerate())
        .filter(|(_, item)| item.slot.is_some() && item.keeps == Keeps::Block)
        .map(|(position, _)| position)
        .collect();
    let mut slotted = positions.clone();
    slotted.sort_by_key(slot);
    let mut order: Vec<usize> = (0..items.len()).collect();
    for (position, index) in positions.into_iter().zip(slotted) {
        if let Some(place) = order.get_mut(position) {
            *place = index;
        }
    }
    order
}

/// Sorts the items by an [`order`].
pub(super) fn in_order(items: Vec<Item>, order: &[usize]) -> Vec<Item> {
    let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    let take = |index: &usize| items.get_mut(*index).and_then(Option::take);
    order.iter().filter_map(take).collect()
}
