//! [`TurnBuilder`].

use crate::{Block, DataKey, ImagePart, KeyError, Turn};

/// Builder for a [`Turn`].
#[derive(Debug, Clone, Default)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct TurnBuilder {
    turn: Turn,
}

impl TurnBuilder {
    pub(super) fn new() -> Self {
        Self::default()
    }

    /// Sets the id of the turn.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.turn.id = id.into();
        self
    }

    /// Appends a system block; blank text is ignored.
    pub fn system(self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            return self;
        }
        self.block(Block::system(text))
    }

    /// Appends a user block; blank text is ignored.
    pub fn user(self, text: impl Into<String>) -> Self {
        let text = text.into();
        if text.trim().is_empty() {
            return self;
        }
        self.block(Block::user(text))
    }

    /// Appends a user block with images.
    pub fn user_with_images(
        self,
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) -> Self {
        self.block(Block::user_with_images(text, images))
    }

    /// Appends a block of model text.
    pub fn assistant(self, text: impl Into<String>) -> Self {
        self.block(Block::llm_text(text))
    }

    /// Appends a block.
    pub fn block(mut self, block: Block) -> Self {
        self.turn.push(block);
        self
    }

    /// Sets an entry of the turn's data.
    ///
    /// # Errors
    ///
    /// Returns an error if the value cannot be serialized as JSON.
    pub fn data<T: serde::Serialize>(
        mut self,
        key: &DataKey<T>,
        value: &T,
    ) -> Result<Self, KeyError> {
        self.turn.data.set(key, value)?;
        Ok(self)
    }

    /// Builds the turn.
    #[must_use]
    pub fn build(self) -> Turn {
        self.turn
    }
}
