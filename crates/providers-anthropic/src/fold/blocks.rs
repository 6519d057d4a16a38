//! [`Blocks`]: the content of a reply.

use std::collections::HashSet;

use geppetto_engine::{ItemId, Slot};
use geppetto_events::kind::ReasoningSource;
use geppetto_provider::{
    Fault, Output,
    read::{MAX_ENTRIES, StreamedArgs, parse, raw_value},
};
use geppetto_turns::{Block, Content, Reasoning, keys::block_meta};
use serde_json::{Value, value::RawValue};

use super::{
    server_tools::Other,
    wire::{self, Delta},
};
use crate::keys;

/// The content blocks of a reply.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    open: Vec<Entry>,
    /// Number of content blocks so far.
    begun: u64,
    /// Calls of the application's tools.
    pub(super) calls: Vec<Call>,
    /// Ids of the calls of the provider's tools that have a result.
    pub(super) results: HashSet<String>,
    /// Number of unreadable characters in arguments.
    pub(super) lost: u64,
}

/// A call of a tool of the application.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) item: ItemId,
    /// `true` if the arguments are complete.
    pub(super) is_whole: bool,
    /// Id of the call of a provider's tool that made this one.
    pub(super) caller: Option<String>,
}

/// An open content block.
#[derive(Debug)]
struct Entry {
    index: u64,
    slot: Slot,
    content: Open,
}

#[derive(Debug)]
enum Open {
    /// Opened with the first text: a text that stays empty is none.
    Text(Option<ItemId>),
    /// Opened with the first text, and the signature so far.
    Thinking(Option<ItemId>, String),
    Call(ItemId, Box<StreamedArgs>),
    Other(Box<Other>),
}

/// Position of the content block that a delta extended, and the kind of text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Grown {
    index: u64,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Thinking,
    Arguments,
}

impl Blocks {
    /// Processes the start of a content block.
    pub(super) fn begin(
        &mut self,
        index: u64,
        raw: Option<&RawValue>,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        let Some(raw) = raw else {
            return Ok(());
        };
        let block: wire::Block<'_> =
            parse(raw.get()).map_err(|error| Fault::malformed("a content block", error))?;
        // Some gateways omit the end of a block.
        self.end(index, out);
        let slot = self.next_slot()?;
        let content = match &*block.kind {
            "text" => Open::Text(None),
            "thinking" => Open::Thinking(None, String::new()),
            "redacted_thinking" => {
                redacted(&block, slot, out);
                return Ok(());
            }
            "tool_use" => self.call(&block, slot, out),
            _ => {
                if !block.tool_use_id.is_empty() {
                    self.results.insert(block.tool_use_id.to_string());
                }
                Open::Other(Box::new(Other::open(&block, raw, slot, out)))
            }
        };
        self.open.push(Entry {
            index,
            slot,
            content,
        });
        self.start_text(&block, out);
        Ok(())
    }

    /// Processes a complete content block.
    pub(super) fn whole(
        &mut self,
        raw: Option<&RawValue>,
        out: &mut Output<'_>,
    ) -> Result<(), Fault> {
        let index = self.begun;
        self.begin(index, raw, out)?;
        self.end(index, out);
        Ok(())
    }

    fn next_slot(&mut self) -> Result<Slot, Fault> {
        if self.begun >= MAX_ENTRIES as u64 {
            return Err(Fault::too_many("content blocks"));
        }
        let slot = Slot::at(self.begun);
        self.begun += 1;
        Ok(slot)
    }

    fn call(&mut self, block: &wire::Block<'_>, slot: Slot, out: &mut Output<'_>) -> Open {
        let item = out.open_tool_call(&block.id, &block.name);
        out.place(item, slot);
        let mut args = Box::new(StreamedArgs::new());
        // A block that grows starts with an empty object; one that is complete has its input.
        let input = block.input.map(RawValue::get).unwrap_or_default();
        if !matches!(input, "" | "null" | "{}") {
            args.push_object(input);
        }
        args.write(item, out);
        let caller = block.caller.and_then(|raw| raw_value(raw.get()));
        let caller = caller.filter(is_of_tool);
        let id = caller
            .as_ref()
            .and_then(|caller| caller.get("tool_id")?.as_str());
        self.calls.push(Call {
            item,
            is_whole: false,
            caller: id.map(str::to_owned),
        });
        if let Some(caller) = caller
            && let Some(own) = out.block_mut(item)
            && let Content::ToolCall(call) = &mut own.content
        {
            call.extra.set(keys::CALLER, caller);
        }
        Open::Call(item, args)
    }

    /// Appends the text with which a block starts, and everything that came with it.
    fn start_text(&mut self, block: &wire::Block<'_>, out: &mut Output<'_>) {
        let Some(Entry { slot, content, .. }) = self.open.last_mut() else {
            return;
        };
        match content {
            Open::Text(item) => {
                push_text(item, *slot, &block.text, out);
                let citations = block.citations.and_then(|raw| raw_value(raw.get()));
                for citation in citations
                    .as_ref()
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten()
                {
                    cite(*item, citation.clone(), out);
                }
            }
            Open::Thinking(item, signature) => {
                push_thinking(item, *slot, &block.thinking, out);
                signature.push_str(&block.signature);
            }
            Open::Call(..) | Open::Other(_) => {}
        }
    }

    /// Processes a change of a content block.
    pub(super) fn grow(&mut self, index: u64, delta: &Delta<'_>, data: &str, out: &mut Output<'_>) {
        self.make_room(index, delta);
        let Some(Entry { slot, content, .. }) =
            self.open.iter_mut().rev().find(|own| own.index == index)
        else {
            return;
        };
        match content {
            Open::Text(item) => {
                push_text(item, *slot, &delta.text, out);
                if let Some(citation) = delta.citation.and_then(|raw| raw_value(raw.get())) {
                    cite(*item, citation, out);
                }
            }
            Open::Thinking(item, signature) => {
                push_thinking(item, *slot, &delta.thinking, out);
                signature.push_str(&delta.signature);
            }
            Open::Call(item, args) => {
                args.push(&delta.partial_json);
                args.write(*item, out);
            }
            Open::Other(other) => other.grow(delta, data, out),
        }
    }

    /// Opens a block for a text or a thought whose start is missing, or whose index is that of a block of
    /// another kind.
    fn make_room(&mut self, index: u64, delta: &Delta<'_>) {
        let at = self.open.iter().rposition(|own| own.index == index);
        let found = at.and_then(|at| self.open.get(at)).map(|own| &own.content);
        let content = match (delta.text.is_empty(), delta.thinking.is_empty()) {
            (false, _) if !matches!(found, Some(Open::Text(_) | Open::Other(_))) => {
                Open::Text(None)
            }
            (true, false) if !matches!(found, Some(Open::Thinking(..) | Open::Other(_))) => {
                Open::Thinking(None, String::new())
            }
            _ => return,
        };
        if let Ok(slot) = self.next_slot() {
            self.open.push(Entry {
                index,
                slot,
                content,
            });
        }
    }

    /// Returns the position of the block that a delta extended, if it was an item with a text.
    pub(super) fn last_grown(&self, index: u64) -> Option<Grown> {
        let entry = self.open.iter().rev().find(|own| own.index == index)?;
        let kind = match &entry.content {
            Open::Text(Some(_)) => Kind::Text,
            Open::Thinking(Some(_), _) => Kind::Thinking,
            Open::Call(..) => Kind::Arguments,
            _ => return None,
        };
        Some(Grown { index, kind })
    }

    /// Appends a text to the block that the last delta extended; returns `false` if it is not open.
    pub(super) fn again(&mut self, grown: Grown, text: &str, out: &mut Output<'_>) -> bool {
        let entry = self
            .open
            .iter_mut()
            .rev()
            .find(|own| own.index == grown.index);
        match entry.map(|entry| &mut entry.content) {
            Some(Open::Text(Some(item))) if grown.kind == Kind::Text => out.push(*item, text),
            Some(Open::Thinking(Some(item), _)) if grown.kind == Kind::Thinking => {
                out.push(*item, text);
            }
            Some(Open::Call(item, args)) if grown.kind == Kind::Arguments => {
                args.push(text);
                args.write(*item, out);
            }
            _ => return false,
        }
        true
    }

    /// Processes the end of the content blocks with this index.
    pub(super) fn end(&mut self, index: u64, out: &mut Output<'_>) {
        while let Some(at) = self.open.iter().position(|own| own.index == index) {
            let entry = self.open.remove(at);
            self.close(entry, out);
        }
    }

    /// Ends all blocks, because the reply is complete.
    pub(super) fn end_all(&mut self, out: &mut Output<'_>) {
        for entry in std::mem::take(&mut self.open) {
            self.close(entry, out);
        }
    }

    fn close(&mut self, entry: Entry, out: &mut Output<'_>) {
        match entry.content {
            Open::Text(item) => item.into_iter().for_each(|item| out.close(item, None)),
            Open::Thinking(item, signature) => sign(item, entry.slot, signature, out),
            Open::Call(item, mut args) => {
                args.settle();
                args.write_all(item, out);
                self.lost += args.lost();
                if let Some(call) = self.calls.iter_mut().find(|call| call.item == item) {
                    call.is_whole = args.is_over();
                }
                out.close(item, None);
            }
            Open::Other(other) => other.close(out),
        }
    }
}

/// Returns `true` if a call was made by a tool of the provider, not by the model itself.
fn is_of_tool(caller: &Value) -> bool {
    let kind = caller.get("type").and_then(Value::as_str);
    kind.is_some_and(|kind| kind != "direct")
}

fn push_text(item: &mut Option<ItemId>, slot: Slot, text: &str, out: &mut Output<'_>) {
    if text.is_empty() {
        return;
    }
    let item = *item.get_or_insert_with(|| {
        let item = out.open_text();
        out.place(item, slot);
        item
    });
    out.push(item, text);
}

fn push_thinking(item: &mut Option<ItemId>, slot: Slot, text: &str, out: &mut Output<'_>) {
    if text.is_empty() {
        return;
    }
    let item = *item.get_or_insert_with(|| {
        let item = out.open_reasoning(ReasoningSource::Provider);
        out.place(item, slot);
        item
    });
    out.push(item, text);
}

/// Ends thinking with its signature. Thinking that is not shown has nothing else.
fn sign(item: Option<ItemId>, slot: Slot, signature: String, out: &mut Output<'_>) {
    if item.is_none() && signature.is_empty() {
        return;
    }
    let item = item.unwrap_or_else(|| {
        let item = out.add_block(Block::new(Content::Reasoning(Reasoning::default())));
        out.place(item, slot);
        item
    });
    if !signature.is_empty()
        && let Some(block) = out.block_mut(item)
        && let Content::Reasoning(own) = &mut block.content
    {
        own.extra.set(keys::SIGNATURE, signature);
    }
    out.close(item, None);
}

/// Adds thinking that only the server can read.
fn redacted(block: &wire::Block<'_>, slot: Slot, out: &mut Output<'_>) {
    let mut own = Reasoning::default();
    own.encrypted_content = Some(block.data.to_string());
    let item = out.add_block(Block::new(Content::Reasoning(own)));
    out.place(item, slot);
}

/// Adds a citation to a text.
fn cite(item: Option<ItemId>, citation: Value, out: &mut Output<'_>) {
    let Some(block) = item.and_then(|item| out.block_mut(item)) else {
        return;
    };
    let found = block.metadata.get(&block_meta::ANNOTATIONS);
    let mut citations = found.ok().flatten().unwrap_or_default();
    if citations.len() < MAX_ENTRIES {
        citations.push(citation);
        block
            .metadata
            .set_raw(block_meta::ANNOTATIONS.id(), Value::Array(citations));
    }
}
