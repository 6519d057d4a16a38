//! Reports of the provider that have events and no blocks: its tools, and cited sources.

use std::sync::PoisonError;

use geppetto_events::{EventKind, kind::ServerTool};
use geppetto_turns::{Block, Content, keys::block_meta};
use serde_json::{Value, json};

use super::{ResponseWriter, item::Item};

/// Maximum number of sources of a reply that are stored.
const MOST_SOURCES: usize = 200;

/// Maximum number of tool calls of a reply that are stored.
const MOST_CALLS: usize = 200;

/// Reports of a reply.
#[derive(Debug, Default)]
pub(super) struct Reports {
    /// Each call, with the number of items that were opened before it.
    tools: Vec<(usize, ServerTool)>,
    /// Each source, with the index of the text that cites it.
    sources: Vec<(Option<usize>, Value)>,
}

impl ResponseWriter<'_> {
    /// Records a report, which is stored with a block of the reply.
    pub(super) fn note_report(&self, kind: &EventKind) {
        let mut reports = self.reports.lock().unwrap_or_else(PoisonError::into_inner);
        match kind {
            EventKind::ServerTool(event) => {
                let is_same = |(_, own): &&mut (usize, ServerTool)| {
                    own.tool == event.tool && own.item_id == event.item_id
                };
                if let Some((_, own)) = reports.tools.iter_mut().find(is_same) {
                    own.merge(event);
                } else if reports.tools.len() < MOST_CALLS {
                    let before = self.items.len();
                    reports.tools.push((before, ServerTool::merged(event)));
                }
            }
            EventKind::Citation(event) => {
                let is_visible = |item: &Item| item.is_text() && !item.text().trim().is_empty();
                let text = self.items.iter().rposition(is_visible);
                let source = json!({"title": event.title, "url": event.url});
                if reports.sources.len() < MOST_SOURCES {
                    reports.sources.push((text, source));
                }
            }
            _ => {}
        }
    }

    /// Stores the reports with the blocks of the reply, whose items are in the order `places`. The
    /// report of a tool is stored with the block after that of its call, or after those that were
    /// opened before it.
    pub(super) fn store_reports(&mut self, places: &[usize]) {
        let reports = std::mem::take(&mut self.reports);
        let Reports { tools, sources } =
            reports.into_inner().unwrap_or_else(PoisonError::into_inner);
        let call = self
            .correlation
            .provider_call_id
            .as_deref()
            .unwrap_or_default();
        let call = format!("{call}:{}", self.attempt());
        for (before, tool) in tools {
            let own = self.items.iter().position(|item| is_call(item, &tool));
            let anchor = own.or_else(|| before.checked_sub(1));
            let place = places.iter().position(|index| Some(*index) == anchor);
            let later = places.get(place.map_or(0, |place| place + 1)..);
            let has_block = |index: &&usize| self.items.get(**index).is_some_and(Item::has_block);
            let next = later.unwrap_or_default().iter().find(has_block).copied();
            let last = || places.iter().rfind(has_block).copied();
            let (Some(index), is_after) = (next.or_else(last), next.is_none()) else {
                continue;
            };
            let mut record = serde_json::to_value(&tool).unwrap_or_default();
            if let Value::Object(fields) = &mut record {
                fields.insert("call".to_owned(), call.as_str().into());
                if is_after {
                    fields.insert("after".to_owned(), true.into());
                }
            }
            if let Some(item) = self.items.get_mut(index) {
                add(&mut item.block, block_meta::SERVER_TOOLS.id(), record);
            }
        }
        for (text, source) in sources {
            let is_visible = |item: &Item| item.is_text() && !item.text().trim().is_empty();
            let text = text.or_else(|| self.items.iter().position(is_visible));
            if let Some(item) = text.and_then(|index| self.items.get_mut(index)) {
                add(&mut item.block, block_meta::SOURCES.id(), source);
            }
        }
    }
}

/// Returns `true` if the block of an item is the call of the tool.
fn is_call(item: &Item, tool: &ServerTool) -> bool {
    let Content::Other(other) = &item.block.content else {
        return false;
    };
    let id = other.payload.get("id").and_then(Value::as_str);
    id.is_some_and(|id| !id.is_empty() && id == tool.item_id)
}

/// Adds to a list in the metadata of a block, unless it is there.
fn add(block: &mut Block, key: &'static str, value: Value) {
    let mut list = match block.metadata.raw(key) {
        Some(Value::Array(list)) => list.clone(),
        _ => Vec::new(),
    };
    if !list.contains(&value) {
        list.push(value);
        block.metadata.set_raw(key, list.into());
    }
}
