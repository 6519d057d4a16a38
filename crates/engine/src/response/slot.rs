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

/// Sorts the items with slots, within the positions that they occupy among the others.
pub(super) fn in_order(items: Vec<Item>) -> Vec<Item> {
    let positions: Vec<usize> = (items.iter().enumerate())
        .filter(|(_, item)| item.slot.is_some() && item.keeps == Keeps::Block)
        .map(|(position, _)| position)
        .collect();
    if positions.is_empty() {
        return items;
    }
    let mut items: Vec<Option<Item>> = items.into_iter().map(Some).collect();
    let mut slotted: Vec<Item> = (positions.iter())
        .filter_map(|position| items.get_mut(*position).and_then(Option::take))
        .collect();
    slotted.sort_by_key(|item| item.slot);
    for (position, item) in positions.into_iter().zip(slotted) {
        if let Some(place) = items.get_mut(position) {
            *place = Some(item);
        }
    }
    items.into_iter().flatten().collect()
}
