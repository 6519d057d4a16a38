//! [`Turn`]: the complete conversation at one point in time.

use std::sync::Arc;

use crate::{
    Block, BlockKind, Blocks, Content, Extra, ImagePart, Metadata, ToolCall, ToolUse,
    keys::{TurnData, TurnMeta, turn_meta},
};

mod builder;
mod reply;

#[cfg(test)]
mod tests;

pub use builder::TurnBuilder;
pub use reply::{ReplyError, ReplyErrorKind};

/// The complete conversation, as the model sees it, at one point in time.
///
/// Cloning is O(1): blocks, metadata and data are shared until one of the clones is modified.
#[derive(Debug, Clone, PartialEq, Default)]
#[non_exhaustive]
pub struct Turn {
    /// Turn id; empty until one is assigned.
    pub id: String,
    /// Blocks of the conversation, in order.
    pub blocks: Blocks,
    /// Turn metadata: session, inference, result.
    pub metadata: Metadata<TurnMeta>,
    /// Data carried with the conversation: tools, configuration, application state.
    pub data: Metadata<TurnData>,
    /// Unknown keys of the document, preserved on write.
    pub extra: Extra,
}

impl Turn {
    /// Creates an empty turn.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates a [`TurnBuilder`].
    pub fn builder() -> TurnBuilder {
        TurnBuilder::new()
    }

    /// Returns `true` if the turn has no blocks.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Appends a block.
    pub fn push(&mut self, block: impl Into<Arc<Block>>) {
        self.blocks.push(block);
    }

    /// Inserts a block at the beginning. O(n).
    pub fn prepend(&mut self, block: impl Into<Arc<Block>>) {
        self.blocks.insert(0, block);
    }

    /// Inserts a block before the last one. O(n).
    pub fn insert_before_last(&mut self, block: impl Into<Arc<Block>>) {
        self.blocks
            .insert(self.blocks.len().saturating_sub(1), block);
    }

    /// Iterates over all blocks of a kind, in order.
    pub fn blocks_of(&self, kind: BlockKind) -> impl DoubleEndedIterator<Item = &Arc<Block>> {
        self.blocks.iter().filter(move |block| block.kind() == kind)
    }

    /// Returns the first block of a kind.
    #[must_use]
    pub fn first_of(&self, kind: BlockKind) -> Option<&Arc<Block>> {
        self.blocks_of(kind).next()
    }

    /// Returns the last block of a kind.
    #[must_use]
    pub fn last_of(&self, kind: BlockKind) -> Option<&Arc<Block>> {
        self.blocks_of(kind).next_back()
    }

    /// Returns the block with this id.
    #[must_use]
    pub fn block(&self, id: &str) -> Option<&Arc<Block>> {
        self.blocks.iter().rev().find(|block| block.id == id)
    }

    /// Returns the text of the first system block.
    #[must_use]
    pub fn system_prompt(&self) -> Option<&str> {
        self.first_of(BlockKind::System)?.text()
    }

    /// Returns the model text after the last user block, without refusals.
    #[must_use]
    pub fn assistant_text(&self) -> String {
        let mut parts: Vec<&str> = self
            .blocks
            .iter()
            .rev()
            .take_while(|block| block.kind() != BlockKind::User)
            .filter_map(|block| match &block.content {
                Content::LlmText(content) if !content.refusal => Some(content.text.as_str()),
                _ => None,
            })
            .collect();
        parts.reverse();
        parts.concat()
    }

    /// Iterates over all tool calls, in order.
    pub fn tool_calls(&self) -> impl DoubleEndedIterator<Item = &ToolCall> {
        self.blocks.iter().filter_map(|block| block.as_tool_call())
    }

    /// Returns the answer to the last call with this id; `None` if that call has no answer.
    ///
    /// Many providers use the ids of calls again in each reply, so the answer to an earlier call is
    /// not that of a later one.
    #[must_use]
    pub fn tool_answer(&self, call_id: &str) -> Option<&ToolUse> {
        let last = self.blocks.iter().rev().find(|block| match &block.content {
            Content::ToolCall(call) => call.id == call_id,
            Content::ToolUse(answer) => answer.id == call_id,
            _ => false,
        });
        last?.as_tool_use()
    }

    /// Returns the complete tool calls at or after index `from` that have no later answer, in
    /// order.
    #[must_use]
    pub fn pending_tool_calls(&self, from: usize) -> Vec<&ToolCall> {
        let mut pending: Vec<&ToolCall> = Vec::new();
        for block in self.blocks.range(from..self.blocks.len()) {
            match &block.content {
                Content::ToolCall(call) if block.incomplete().is_none() => pending.push(call),
                Content::ToolUse(answer) => pending.retain(|call| call.id != answer.id),
                _ => {}
            }
        }
        pending
    }

    /// Assigns an id to each block at or after index `from` that has none.
    pub fn assign_block_ids(&mut self, from: usize, mut next_id: impl FnMut() -> String) {
        for index in from..self.blocks.len() {
            if self
                .blocks
                .get(index)
                .is_some_and(|block| block.id.is_empty())
                && let Some(block) = self.blocks.make_mut(index)
            {
                block.id = next_id();
            }
        }
    }

    /// Returns the id of the session that the turn belongs to.
    ///
    /// Older files store it as `run_id`.
    #[must_use]
    pub fn session_id(&self) -> Option<&str> {
        self.metadata
            .raw(turn_meta::SESSION_ID.id())
            .or_else(|| self.extra.get("run_id"))
            .and_then(|value| value.as_str())
    }

    /// Returns the id of the last inference that ran on the turn.
    #[must_use]
    pub fn inference_id(&self) -> Option<&str> {
        self.metadata.raw(turn_meta::INFERENCE_ID.id())?.as_str()
    }

    /// Appends a user block with images.
    pub fn push_user(
        &mut self,
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) {
        self.push(Block::user_with_images(text, images));
    }
}
