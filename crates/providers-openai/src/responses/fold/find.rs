//! Which item an event or an entry of the finished response is about.

use super::{Entry, Fold};
use crate::responses::wire::{Event, Item};

impl Fold {
    /// Where the item of type `kind` at an index is; if there are several, the one with the id,
    /// else the newest. Without an index the one with the id, and without both the last one. Ids
    /// come second because some gateways change them inside one stream.
    pub(super) fn position(&self, index: Option<u64>, id: &str, kind: &str) -> Option<usize> {
        let find = |id: &str| {
            self.entries.iter().rposition(|entry| {
                entry.kind == kind
                    && index.is_none_or(|index| entry.index == index)
                    && (id.is_empty() || entry.id == id)
            })
        };
        find(id).or_else(|| index.and_then(|_| find("")))
    }

    /// Where an item of the finished response is: by place and id, by its id alone where the
    /// server leaves out items that it streamed, and else by its place.
    pub(super) fn final_position(&self, index: u64, item: &Item<'_>) -> Option<usize> {
        let of_kind = self.position(Some(index), &item.id, &item.kind);
        let is_named = |place: &usize| self.entries.get(*place).is_some_and(|e| e.id == *item.id);
        of_kind.filter(is_named).or_else(|| {
            let id = Some(&*item.id).filter(|id| !id.is_empty());
            id.and_then(|id| self.position(None, id, &item.kind))
                .or(of_kind)
        })
    }

    /// The index of a new item.
    pub(super) fn index_of(&self, event: &Event<'_>) -> u64 {
        event.output_index.0.unwrap_or(self.entries.len() as u64)
    }

    /// The item that an event names, whatever its type.
    pub(super) fn named(&mut self, event: &Event<'_>) -> Option<&mut Entry> {
        let (index, id) = (event.output_index.0, &*event.item_id);
        self.entries.iter_mut().rev().find(|entry| match index {
            Some(index) => entry.index == index,
            None => entry.id == id,
        })
    }
}
