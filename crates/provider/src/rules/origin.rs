//! Where a block came from, for what only the server and the model that made it can read.

use geppetto_turns::{Block, BlockMetaKey, Content, Turn};
use serde::{Deserialize, Serialize};

/// The server and the model that a block came from. One key for all providers, so that none sends what
/// another one has signed; its id has the name of the first one.
pub const ORIGIN: BlockMetaKey<Origin> = BlockMetaKey::new("openai.origin@v1");

/// The server and the model that made a block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// The name of the server, or its host where it has none.
    pub server: String,
    /// The model, as the request named it.
    pub model: String,
}

impl Origin {
    /// The origin of what a model of this server makes.
    #[must_use]
    pub fn new(server: &str, model: &str) -> Self {
        Self {
            server: server.to_owned(),
            model: model.to_owned(),
        }
    }

    /// Returns `true` if the reasoning of a block may go to this server. Blocks without an origin were
    /// made by the application, but for items of the Responses API.
    #[must_use]
    pub fn has_made(&self, block: &Block) -> bool {
        match (block.metadata.get(&ORIGIN), &block.content) {
            (Ok(Some(origin)), _) => origin.server == self.server,
            (_, Content::Reasoning(own)) => {
                own.item_id.is_none() && own.encrypted_content.is_none()
            }
            _ => false,
        }
    }

    /// Returns `true` if this server and model can read what is signed or encrypted in a block.
    #[must_use]
    pub fn can_read(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin == *self,
            _ => self.has_made(block),
        }
    }

    /// Returns `true` if the block came from this server, or has no origin.
    #[must_use]
    pub fn may_have_made(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin.server == self.server,
            _ => true,
        }
    }

    /// Marks the blocks of a turn from `first` on with their origin, where that `matters`. For
    /// [`Wire::settle`](crate::Wire::settle).
    pub fn mark(&self, turn: &mut Turn, first: usize, matters: impl Fn(&Block) -> bool) {
        let Ok(origin) = serde_json::to_value(self) else {
            return;
        };
        for index in first..turn.blocks.len() {
            if turn.blocks.get(index).is_some_and(|block| matters(block))
                && let Some(block) = turn.blocks.make_mut(index)
            {
                block.metadata.set_raw(ORIGIN.id(), origin.clone());
            }
        }
    }
}
