//! Identification of the item of an event or of an entry of the finished response.

use std::collections::HashMap;

use super::{Entry, ResponsesFold};
use crate::responses::wire::{Event, Item};

/// Positions of items, by their identifiers. The cost per look-up is constant.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Items of each type.
    kinds: HashMap<String, OfKind>,
    /// Newest item at an index.
    by_index: HashMap<u64, usize>,
    /// Newest item with an id.
    by_id: HashMap<String, usize>,
}

/// Positions of the items of one type.
#[derive(Debug, Default)]
struct OfKind {
    by_index: HashMap<u64, usize>,
    by_id: HashMap<String, usize>,
    last: usize,
}

impl Places {
    fn add(&mut self, entry: &Entry, place: usize) {
        let kind = self.kinds.entry(entry.kind.clone()).or_default();
        kind.last = kind.last.max(place);
        for by_index in [&mut kind.by_index, &mut self.by_index] {
            let newest = by_index.entry(entry.index).or_insert(place);
            *newest = place.max(*newest);
        }
        let ids = [&entry.id, &entry.call_id];
        for id in ids.into_iter().filter(|id| !id.is_empty()) {
            for by_id in [&mut kind.by_id, &mut self.by_id] {
                let newest = by_id.entry(id.clone()).or_insert(place);
                *newest = place.max(*newest);
            }
        }
    }
}

impl ResponsesFold {
    /// Adds a new item.
    pub(super) fn add(&mut self, entry: Entry) -> usize {
        let place = self.entries.len();
        self.places.add(&entry, place);
        self.entries.push(entry);
        place
    }

    /// Records the id that an item received since it was added.
    pub(super) fn learn(&mut self, place: usize) {
        if let Some(entry) = self.entries.get(place) {
            self.places.add(entry, place);
        }
    }

    /// Returns the position of the item of type `kind` at an index; if there are several, the one
    /// with the id, or else the newest. Without an index the one with the id, and without both the
    /// last one. Ids come second because some gateways change them within a stream.
    pub(super) fn position(&self, index: Option<u64>, id: &str, kind: &str) -> Option<usize> {
        let of_kind = self.places.kinds.get(kind)?;
        let named = of_kind.by_id.get(id).copied();
        let Some(index) = index else {
            return if id.is_empty() {
                Some(of_kind.last)
            } else {
                named
            };
        };
        let is_there = |place: &usize| self.entries.get(*place).is_some_and(|e| e.index == index);
        named
            .filter(is_there)
            .or_else(|| of_kind.by_index.get(&index).copied())
    }

    /// Returns the position of an item of the finished response: by index and id, by its id alone
    /// if the server omits streamed items, and otherwise by its index.
    pub(super) fn final_position(&self, index: u64, item: &Item<'_>) -> Option<usize> {
        let of_kind = self.position(Some(index), item.key(), &item.kind);
        let is_named = |place: &usize| self.entries.get(*place).is_some_and(|e| e.is(item));
        of_kind.filter(is_named).or_else(|| {
            let id = Some(item.key()).filter(|id| !id.is_empty());
            id.and_then(|id| self.position(None, id, &item.kind))
                .or(of_kind)
        })
    }

    /// Returns the index of a new item.
    pub(super) fn index_of(&self, event: &Event<'_>) -> u64 {
        event.output_index.0.unwrap_or(self.entries.len() as u64)
    }

    /// Returns the item that an event names, of any type.
    pub(super) fn named(&mut self, event: &Event<'_>) -> Option<&mut Entry> {
        let place = match event.output_index.0 {
            Some(index) => self.places.by_index.get(&index),
            None => self.places.by_id.get(&*event.item_id),
        };
        self.entries.get_mut(*place?)
    }
}
