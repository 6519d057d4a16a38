//! [`SystemPrompt`]: middleware that inserts a system prompt.

use async_trait::async_trait;
use geppetto_turns::{
    Block, BlockKind, Content, InferenceResult, Turn, keys::block_meta::MIDDLEWARE,
};
use serde_json::Value;

use crate::{EngineError, Middleware, Next, RunContext};

/// Value of [`MIDDLEWARE`] on the block that belongs to this middleware.
const NAME: &str = "systemprompt";

/// Inserts a system prompt at the beginning of the turn.
///
/// Idempotent. The block is marked as belonging to this middleware (`geppetto.middleware@v1`), and
/// only that block changes when the text changes: system blocks of the application remain
/// unchanged, after it. If the turn already has a system block with the same text, no block is
/// inserted.
#[derive(Debug, Clone)]
pub struct SystemPrompt {
    text: String,
}

impl SystemPrompt {
    /// Creates the middleware. Blank text inserts nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    fn apply(&self, ctx: &RunContext, turn: &mut Turn) {
        if self.text.trim().is_empty() {
            return;
        }
        let mut own = None;
        for (index, block) in turn.blocks.iter().enumerate() {
            if block.kind() != BlockKind::System {
                continue;
            }
            if block.text() == Some(&self.text) {
                return;
            }
            if own.is_none() && is_own(block) {
                own = Some(index);
            }
        }
        match own.and_then(|index| turn.blocks.make_mut(index)) {
            Some(block) => {
                if let Content::System(content) = &mut block.content {
                    content.text.clone_from(&self.text);
                }
            }
            None => {
                let mut block = Block::system(&self.text).with_id(ctx.next_id());
                block.metadata.set_raw(MIDDLEWARE.id(), Value::from(NAME));
                turn.prepend(block);
            }
        }
    }
}

fn is_own(block: &Block) -> bool {
    let made_by = block.metadata.raw(MIDDLEWARE.id());
    made_by.and_then(Value::as_str) == Some(NAME)
}

#[async_trait]
impl Middleware for SystemPrompt {
    async fn run(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
        next: Next<'_>,
    ) -> Result<InferenceResult, EngineError> {
        self.apply(ctx, turn);
        next.run(ctx, turn).await
    }
}
