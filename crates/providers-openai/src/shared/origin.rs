//! Where a block came from, for what only the server and the model that made it can read.

use geppetto_turns::{Block, BlockMetaKey, Content, Turn};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The server and the model that a block came from.
pub const ORIGIN: BlockMetaKey<Origin> = BlockMetaKey::new("openai.origin@v1");

/// The field beside a text or a call in which Google keeps signatures of thoughts.
///
/// Source: <https://ai.google.dev/gemini-api/docs/thought-signatures#openai>.
pub(crate) const EXTRA_CONTENT: &str = "extra_content";

/// The server and the model that made a block.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Origin {
    /// On Chat Completions the name of the dialect, or the host where it has none; on Responses the
    /// host.
    pub server: String,
    /// The model, as the request named it.
    pub model: String,
}

impl Origin {
    pub(crate) fn new(server: &str, model: &str) -> Self {
        Self {
            server: server.to_owned(),
            model: model.to_owned(),
        }
    }

    /// Whether the reasoning of a block may go to this server. Blocks that do not say where they
    /// came from were made by the application, but for items of the Responses API.
    pub(crate) fn has_made(&self, block: &Block) -> bool {
        match (block.metadata.get(&ORIGIN), &block.content) {
            (Ok(Some(origin)), _) => origin.server == self.server,
            (_, Content::Reasoning(own)) => {
                own.item_id.is_none() && own.encrypted_content.is_none()
            }
            _ => false,
        }
    }

    /// Whether what is signed or encrypted in a block can be read by this server and model.
    pub(crate) fn can_read(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin == *self,
            _ => self.has_made(block),
        }
    }

    /// Returns `true` if the block came from this server, or does not say where it came from.
    pub(crate) fn may_have_made(&self, block: &Block) -> bool {
        match block.metadata.get(&ORIGIN) {
            Ok(Some(origin)) => origin.server == self.server,
            _ => true,
        }
    }

    /// Says on the blocks of a turn from `first` on where they came from, where that matters.
    pub(crate) fn mark(&self, turn: &mut Turn, first: usize, matters: impl Fn(&Block) -> bool) {
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

/// What the server keeps beside a text or a call.
pub(crate) fn extra_content(block: &Block) -> Option<&Value> {
    match &block.content {
        Content::LlmText(text) => text.extra.get(EXTRA_CONTENT),
        Content::ToolCall(call) => call.extra.get(EXTRA_CONTENT),
        _ => None,
    }
}
