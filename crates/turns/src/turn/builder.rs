//! [`TurnBuilder`].

use crate::{Block, DataKey, ImagePart, KeyError, Turn};

/// Builds a [`Turn`] block by block.
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TurnBuilder {
    turn: Turn,
}

impl TurnBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Sets the turn's id.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.turn.id = id.into();
        self
    }

    /// Adds instructions to the model; blank text adds nothing.
    pub fn system(self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            return self;
        }
        self.block(Block::system(text))
    }

    /// Adds what a user said; blank text adds nothing.
    pub fn user(self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            return self;
        }
        self.block(Block::user(text))
    }

    /// Adds what a user said, with images.
    pub fn user_with_images(
        self,
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) -> Self {
        self.block(Block::user_with_images(text, images))
    }

    /// Adds what a model wrote.
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.block(Block::llm_text(text))
    }

    /// Adds a block.
    pub fn block(mut self, block: Block) -> Self {
        self.turn.push(block);
        self
    }

    /// Sets an entry of the turn's data.
    ///
    /// # Errors
    ///
    /// When the value cannot be written as JSON.
    pub fn data<T: serde::Serialize>(
        mut self,
        key: &DataKey<T>,
        value: &T,
    ) -> Result<Self, KeyError> {
        self.turn.data.set(key, value)?;
        Ok(self)
    }

    /// The turn.
    #[must_use]
    pub fn build(self) -> Turn {
        self.turn
    }
}
