//! Origin of a block, for contents that only the server and the model that created it can read.

use std::ops::Range;

use geppetto_turns::{Block, BlockMetaKey, Content, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Server and model that created a block. All providers use one key, so that none sends contents
/// signed by another one; the key has the name of the first provider.
pub const ORIGIN: BlockMetaKey<Origin> = BlockMetaKey::new("openai.origin@v1");

/// Server and model that created a block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// Name of the server, or its host if it has none.
    pub server: String,
    /// Model, as named in the request.
    pub model: String,
}

impl Origin {
    /// Creates the origin of a model of this server.
    #[must_use]
    pub fn new(server: &str, model: &str) -> Self {
        Self {
            server: server.to_owned(),
            model: model.to_owned(),
        }
    }

    /// Returns `true` if the reasoning of a block may be sent to this server. Blocks without an
    /// origin were created by the application, except for items of the Responses API.
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

    /// Returns `true` if this server and model can read the signed or encrypted contents of a
    /// block.
    #[must_use]
    pub fn can_read(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin == *self,
            _ => self.has_made(block),
        }
    }

    /// Returns `true` if the block was created by this server, or has no origin.
    #[must_use]
    pub fn may_have_made(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin.server == self.server,
            _ => true,
        }
    }

    /// Marks the blocks of a turn from index `first` on with their origin, if `matters` returns
    /// `true`. For [`Wire::settle`](crate::Wire::settle).
    pub fn mark(&self, turn: &mut Turn, first: usize, matters: impl Fn(&Block) -> bool) {
        let Ok(origin) = serde_json::to_value(self) else {
            return;
        };
        set_on(turn, first..turn.blocks.len(), &ORIGIN, &origin, matters);
    }
}

/// Sets a flag on the blocks of a turn before index `end` for which `matters` returns `true`: that the server
/// could not read them. For [`Wire::settle`](crate::Wire::settle).
pub fn flag_before(
    turn: &mut Turn,
    end: usize,
    key: &BlockMetaKey<bool>,
    matters: impl Fn(&Block) -> bool,
) {
    set_on(turn, 0..end, key, &Value::Bool(true), matters);
}

/// Sets a value on some blocks. Blocks that are shared with other turns are copied only then.
fn set_on<T>(
    turn: &mut Turn,
    range: Range<usize>,
    key: &BlockMetaKey<T>,
    value: &Value,
    matters: impl Fn(&Block) -> bool,
) {
    for index in range {
        if turn.blocks.get(index).is_some_and(|block| matters(block))
            && let Some(block) = turn.blocks.make_mut(index)
        {
            block.metadata.set_raw(key.id(), value.clone());
        }
    }
}
