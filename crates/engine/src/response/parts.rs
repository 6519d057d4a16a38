//! Parts: items with their own events whose text is kept in the block of another item.

use std::collections::BTreeSet;

use geppetto_events::kind::ReasoningSource;
use geppetto_turns::{Content, SummaryPart};

use super::{
    ItemId, ResponseWriter,
    item::{Item, ItemKind, Keeps},
};

impl ResponseWriter<'_> {
    /// Opens a part of the reasoning in `block`, an item opened with
    /// [`open_block`](Self::open_block) or [`add_block`](Self::add_block).
    ///
    /// The part has its own events and no block. However the reply ends, its text is kept in
    /// `block`: a part of source [`Summary`](ReasoningSource::Summary) as a part of the summary,
    /// any other one as text. The parts are sorted by their slots ([`place`](Self::place)), and by
    /// the order of opening.
    pub fn open_part(&mut self, block: ItemId, source: ReasoningSource) -> ItemId {
        let part_of = Some(block.0 as u64);
        let id = self.open(ItemKind::Reasoning { source, part_of });
        if let Some(item) = self.items.get_mut(id.0) {
            item.keeps = Keeps::PartOf(block);
        }
        id
    }
}

/// Returns the items with parts that are complete, by their numbers and in order.
pub(super) fn whole(items: &[Item]) -> Vec<u64> {
    let owners = items.iter().filter_map(|item| match item.keeps {
        Keeps::PartOf(block) => Some(block.0),
        Keeps::Block | Keeps::Nothing => None,
    });
    let owners: BTreeSet<usize> = owners.collect();
    let is_whole = |owner: &usize| {
        let item = items.get(*owner);
        item.is_some_and(|item| item.block.incomplete().is_none())
    };
    owners
        .into_iter()
        .filter(is_whole)
        .map(|owner| owner as u64)
        .collect()
}

/// Moves the texts of the parts into their blocks.
pub(super) fn gather(items: &mut [Item]) {
    let mut parts: Vec<_> = (items.iter_mut().enumerate())
        .filter_map(|(position, item)| match item.keeps {
            Keeps::PartOf(block) => {
                let segment = item.segment();
                Some((block, item.slot, position, segment, item.take_part()?))
            }
            Keeps::Block | Keeps::Nothing => None,
        })
        .collect();
    for (block, _, _, segment, (_, text)) in &mut parts {
        // The block has no events of its own: its first part identifies it.
        if let Some(item) = items.get_mut(block.0)
            && item.block.id.is_empty()
            && !text.trim().is_empty()
        {
            item.block.id = segment.take().unwrap_or_default();
        }
    }
    parts.sort_by_key(|(_, slot, position, ..)| (*slot, *position));
    for (block, _, _, _, (source, text)) in parts {
        let Some(item) = items.get_mut(block.0) else {
            continue;
        };
        if let Content::Reasoning(reasoning) = &mut item.block.content {
            match source {
                ReasoningSource::Summary => reasoning.summary.push(SummaryPart::new(text)),
                _ => reasoning.text.push_str(&text),
            }
        }
    }
}
