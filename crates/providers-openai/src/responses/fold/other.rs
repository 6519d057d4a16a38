//! [`Other`]: an item that is preserved unchanged, such as that of a built-in tool.

use geppetto_engine::{ItemId, Slot};
use geppetto_provider::{Output, read::raw_value};
use geppetto_turns::{Block, Content, OtherContent};
use serde_json::{Map, Value, value::RawValue};

use super::progress;
use crate::responses::{keys, wire::Item};

/// An item that is kept as it was sent, as one block.
#[derive(Debug)]
pub(super) struct Other {
    block: ItemId,
}

impl Other {
    pub(super) fn open(raw: Option<&RawValue>, slot: Slot, out: &mut Output<'_>) -> Self {
        let block = out.add_block(kept(raw));
        out.place(block, slot);
        Self { block }
    }

    pub(super) fn block(&self) -> ItemId {
        self.block
    }

    /// Processes the complete item. `announced` is `true` if the end of a built-in tool was
    /// announced.
    pub(super) fn done(
        &self,
        item: &Item<'_>,
        raw: &RawValue,
        announced: &mut bool,
        out: &mut Output<'_>,
    ) {
        if let Some(block) = out.block_mut(self.block) {
            *block = kept(Some(raw));
        }
        progress::done(item, announced, out);
    }
}

/// Returns the block of an item that is kept as it was sent.
fn kept(raw: Option<&RawValue>) -> Block {
    let payload = raw.map(object).unwrap_or_default();
    Block::new(Content::Other(OtherContent::new(keys::ITEM_KIND, payload)))
}

/// Returns the fields of an item. Unreadable ones were refused before.
pub(super) fn object(raw: &RawValue) -> Map<String, Value> {
    match raw_value(raw.get()) {
        Some(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}
