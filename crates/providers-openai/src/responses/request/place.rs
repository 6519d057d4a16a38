//! What of a history goes back, and what may be said of it.
//!
//! The API holds the items of one response together: a reasoning item without the item that
//! followed it is refused, and so is an item whose id belongs to a response whose reasoning is
//! missing. What is decided here depends on the response that a block came from alone, so that a
//! history that grows keeps its beginning.

use std::sync::Arc;

use geppetto_turns::{Block, Content, Reasoning, keys::block_meta};

use crate::responses::keys;

/// Where a history goes.
#[derive(Debug)]
pub(super) struct Place<'a> {
    pub(super) model: &'a str,
    /// Whether the server keeps responses.
    pub(super) stored: bool,
}

impl Place<'_> {
    /// Whether the reasoning of the block at `at` goes back.
    pub(super) fn keeps(&self, blocks: &[Arc<Block>], at: usize) -> bool {
        let Some(block) = blocks.get(at) else {
            return false;
        };
        let Content::Reasoning(reasoning) = &block.content else {
            return false;
        };
        block.incomplete().is_none()
            && self.can_be_read(reasoning)
            && self.is_of_model(block)
            && is_followed(blocks, at)
    }

    /// Whether the server can make anything of reasoning.
    fn can_be_read(&self, reasoning: &Reasoning) -> bool {
        let has = |text: &Option<String>| text.as_deref().is_some_and(|text| !text.is_empty());
        let in_words = !reasoning.text.is_empty() && reasoning.summary.is_empty();
        has(&reasoning.item_id) && (has(&reasoning.encrypted_content) || in_words || self.stored)
    }

    /// Whether the block came from the model that is asked, as far as that is known.
    fn is_of_model(&self, block: &Block) -> bool {
        if let Ok(Some(asked)) = block.metadata.get(&keys::MODEL) {
            return asked == self.model;
        }
        match block.metadata.get(&block_meta::INFERENCE_RESULT) {
            // The server names the version that it used: `gpt-5-mini-2025-08-07`.
            Ok(Some(result)) => {
                result.model.starts_with(self.model) || self.model.starts_with(&result.model)
            }
            _ => true,
        }
    }

    /// Whether the items of the same output as the block at `at` may be named by their ids: not
    /// when reasoning that belongs to them stays behind.
    pub(super) fn names(&self, blocks: &[Arc<Block>], at: usize) -> bool {
        let is_part = |place: &usize| {
            blocks.get(*place).is_some_and(|block| is_output(block))
                && same_response(blocks, at, *place)
        };
        let before = (0..at).rev().take_while(is_part);
        let after = (at..blocks.len()).take_while(is_part);
        let whole = blocks
            .get(at)
            .is_some_and(|block| block.incomplete().is_none());
        whole
            && before.chain(after).all(|place| {
                let reasons = blocks
                    .get(place)
                    .is_some_and(|block| matches!(block.content, Content::Reasoning(_)));
                !reasons || self.keeps(blocks, place)
            })
    }
}

/// Whether an item of the same response comes after the reasoning at `at`, before anything else.
fn is_followed(blocks: &[Arc<Block>], at: usize) -> bool {
    let after = blocks.iter().enumerate().skip(at + 1);
    for (place, block) in after {
        if !is_output(block) || !same_response(blocks, at, place) {
            return false;
        }
        match &block.content {
            Content::Reasoning(_) => {}
            _ => return block.incomplete().is_none(),
        }
    }
    false
}

/// Whether two blocks came from one response, as far as that is known.
fn same_response(blocks: &[Arc<Block>], a: usize, b: usize) -> bool {
    let response = |place: usize| {
        let block = blocks.get(place)?;
        let id = block.metadata.get(&block_meta::RESPONSES_RESPONSE_ID);
        id.ok().flatten()
    };
    match (response(a), response(b)) {
        (Some(a), Some(b)) => a == b,
        _ => true,
    }
}

/// Whether a model produced the block.
fn is_output(block: &Block) -> bool {
    match &block.content {
        Content::Other(other) => {
            other.kind == keys::ITEM_KIND
                && block.metadata.contains(&block_meta::RESPONSES_RESPONSE_ID)
        }
        content => content.kind().is_model_output(),
    }
}

/// The blocks that a stored response does not hold yet: those after its last block.
pub(super) fn after_response<'b>(
    blocks: &'b [Arc<Block>],
    previous: Option<&str>,
) -> &'b [Arc<Block>] {
    let Some(previous) = previous else {
        return blocks;
    };
    let is_of_it = |block: &Arc<Block>| {
        let id = block.metadata.get(&block_meta::RESPONSES_RESPONSE_ID);
        matches!(id, Ok(Some(id)) if id == previous)
    };
    let after = blocks.iter().rposition(is_of_it).map_or(0, |at| at + 1);
    blocks.get(after..).unwrap_or_default()
}
