//! Selection of the items of a history that are sent back, and of their ids.
//!
//! The API treats the items of one response as a unit: it refuses a reasoning item without the item
//! after it, and an item whose id belongs to a response with missing reasoning. The decisions here
//! depend only on the response of a block, so that a growing history keeps its beginning.

use std::sync::Arc;

use geppetto_provider::rules::Origin;
use geppetto_turns::{Block, Content, Reasoning, keys::block_meta};
use serde_json::{Map, Value};

use super::{Sealed, names};
use crate::responses::keys;

/// Items of tools that the server runs itself, on which no other item of a history depends.
const SERVED: [&str; 5] = [
    "web_search_call",
    "file_search_call",
    "code_interpreter_call",
    "image_generation_call",
    "mcp_call",
];

/// The blocks to send, and their relations.
#[derive(Debug)]
pub(super) struct History<'a> {
    pub(super) blocks: &'a [Arc<Block>],
    /// Ids with which items may be sent.
    ids: Vec<Option<&'a str>>,
    /// Number of the model output that contains a block; `None` for blocks not produced by a model.
    outputs: Vec<Option<usize>>,
}

impl<'a> History<'a> {
    /// Only blocks from `origin` have ids.
    pub(super) fn new(blocks: &'a [Arc<Block>], origin: &Origin) -> Self {
        Self {
            blocks,
            ids: names::of_items(blocks, origin),
            outputs: outputs(blocks),
        }
    }

    fn id(&self, at: usize) -> Option<&'a str> {
        self.ids.get(at).copied().flatten()
    }

    fn output(&self, at: usize) -> Option<usize> {
        self.outputs.get(at).copied().flatten()
    }

    /// Returns the positions of reasoning in the output of the block at `at`.
    fn reasoning(&self, at: usize) -> impl Iterator<Item = usize> {
        let output = self.output(at);
        let is_part = move |place: &usize| output.is_some() && self.output(*place) == output;
        let before = (0..at).rev().take_while(is_part);
        let after = (at..self.blocks.len()).take_while(is_part);
        let is_reasoning = |place: &usize| {
            let block = self.blocks.get(*place);
            block.is_some_and(|block| matches!(block.content, Content::Reasoning(_)))
        };
        before.chain(after).filter(is_reasoning)
    }

    /// Returns the position of the item after the reasoning at `at` in its output, if it is
    /// complete.
    fn follower(&self, at: usize) -> Option<usize> {
        let after = self.blocks.iter().enumerate().skip(at + 1);
        for (place, block) in after {
            if self.output(place) != self.output(at) {
                return None;
            }
            match &block.content {
                Content::Reasoning(_) => {}
                // It is not sent.
                Content::LlmText(text) if text.text.is_empty() => {}
                _ => return block.incomplete().is_none().then_some(place),
            }
        }
        None
    }
}

/// Numbers the outputs of models. An output ends at a block of another kind, and at a block of
/// another response, as far as known.
fn outputs(blocks: &[Arc<Block>]) -> Vec<Option<usize>> {
    let mut count = 0;
    let mut response = None;
    let mut goes_on = false;
    let mut outputs = Vec::with_capacity(blocks.len());
    for block in blocks {
        let id = block.metadata.get(&keys::RESPONSE_ID);
        let id = id.ok().flatten();
        let is_output = is_output(block);
        let is_other = id.is_some() && response.is_some() && id != response;
        if !goes_on || is_other {
            count += 1;
            response = None;
        }
        goes_on = is_output;
        response = response.or(id);
        outputs.push(is_output.then_some(count));
    }
    outputs
}

/// Destination of a history.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) origin: Origin,
    pub(super) sealed: Sealed,
    /// `true` if the server stores responses.
    pub(super) stored: bool,
    /// `true` if the server requires reasoning before each call.
    pub(super) all_thoughts: bool,
    /// `true` if the server has refused an item of a built-in tool.
    pub(super) no_items: bool,
}

impl Place {
    /// Returns `true` if the reasoning of the block at `at` is sent back. A server that stores
    /// items knows which ones belong together: either all reasoning of an output is sent back, or
    /// none.
    pub(super) fn keeps(&self, history: &History<'_>, at: usize) -> bool {
        self.can_keep(history, at)
            && (!self.stored
                || history
                    .reasoning(at)
                    .all(|place| self.can_keep(history, place)))
    }

    fn can_keep(&self, history: &History<'_>, at: usize) -> bool {
        let Some(block) = history.blocks.get(at) else {
            return false;
        };
        let Content::Reasoning(reasoning) = &block.content else {
            return false;
        };
        let is_named = |place: usize| history.id(place).is_some();
        self.sealed == Sealed::Sent
            && block.incomplete().is_none()
            && is_named(at)
            && !matches!(block.metadata.get(&keys::UNREADABLE), Ok(Some(true)))
            && self.can_be_read(reasoning)
            && self.is_of_model(block)
            && history
                .follower(at)
                .is_some_and(|place| !self.stored || is_named(place))
    }

    /// Returns the id to send with the item of the block at `at`: none for an incomplete item, none if the server
    /// has refused it, and none if reasoning that belongs to it is omitted.
    pub(super) fn id<'a>(&self, history: &History<'a>, at: usize) -> Option<&'a str> {
        let id = history.id(at)?;
        let block = history.blocks.get(at)?;
        let is_refused = matches!(block.metadata.get(&keys::UNREADABLE), Ok(Some(true)));
        if is_refused || self.sealed != Sealed::Sent {
            return None;
        }
        let is_whole = block.incomplete().is_none();
        let mut reasoning = history.reasoning(at);
        (is_whole && reasoning.all(|place| self.keeps(history, place))).then_some(id)
    }

    /// Returns `true` if the unchanged item at `at` can be sent back. A server that stores items
    /// refuses one of a tool that it has run itself without its reasoning; such an item cannot be
    /// sent without its id.
    pub(super) fn accepts_item(
        &self,
        history: &History<'_>,
        at: usize,
        item: &Map<String, Value>,
    ) -> bool {
        let is_sealed = super::is_sealed_item(item);
        let block = history.blocks.get(at);
        let mark = block.map(|block| block.metadata.get(&keys::UNREADABLE));
        if matches!(mark, Some(Ok(Some(true))))
            || (is_sealed && self.sealed != Sealed::Sent)
            || (!is_sealed && self.no_items)
        {
            return false;
        }
        let kind = item.get("type").and_then(Value::as_str).unwrap_or_default();
        !self.stored
            || !SERVED.contains(&kind)
            || history
                .reasoning(at)
                .all(|place| self.keeps(history, place))
    }

    /// Returns `true` if the block is an item of another server. Items refer to data stored on
    /// their server, and have fields and types that only it knows.
    pub(super) fn is_foreign_item(&self, block: &Block) -> bool {
        let is_item =
            matches!(&block.content, Content::Other(other) if other.kind == keys::ITEM_KIND);
        is_item && !self.origin.may_have_made(block)
    }

    /// Returns `true` if the server can use the reasoning.
    fn can_be_read(&self, reasoning: &Reasoning) -> bool {
        let has = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        let in_words = !reasoning.text.is_empty() && reasoning.summary.is_empty();
        has(&reasoning.item_id) && (has(&reasoning.encrypted_content) || in_words || self.stored)
    }

    /// Returns `true` if the block came from the requested model, as far as known.
    fn is_of_model(&self, block: &Block) -> bool {
        if let Ok(Some(asked)) = block.metadata.get(&keys::MODEL) {
            return asked == self.origin.model;
        }
        match block.metadata.get(&block_meta::INFERENCE_RESULT) {
            // The server reports the version that it used: `gpt-5-mini-2025-08-07`.
            Ok(Some(result)) => {
                let asked = self.origin.model.as_str();
                result.model.starts_with(asked) || asked.starts_with(&result.model)
            }
            _ => true,
        }
    }
}

/// Returns `true` if a model produced the block.
fn is_output(block: &Block) -> bool {
    match &block.content {
        Content::Other(other) => {
            other.kind == keys::ITEM_KIND && block.metadata.contains(&keys::RESPONSE_ID)
        }
        content => content.kind().is_model_output(),
    }
}

/// Splits the blocks after the last one of a stored response.
pub(super) fn split_at_response<'b>(
    blocks: &'b [Arc<Block>],
    previous: Option<&str>,
) -> (&'b [Arc<Block>], &'b [Arc<Block>]) {
    let Some(previous) = previous else {
        return (&[], blocks);
    };
    let is_of_it = |block: &Arc<Block>| {
        let id = block.metadata.get(&keys::RESPONSE_ID);
        matches!(id, Ok(Some(id)) if id == previous)
    };
    let after = blocks.iter().rposition(is_of_it).map_or(0, |at| at + 1);
    blocks.split_at_checked(after).unwrap_or((&[], blocks))
}
