//! [`SystemPrompt`].

use async_trait::async_trait;
use geppetto_turns::{
    Block, BlockKind, Content, InferenceResult, Turn, keys::block_meta::MIDDLEWARE,
};
use serde_json::Value;

use crate::{EngineError, Middleware, Next, RunContext};

/// Makes the turn begin with a system prompt.
///
/// Idempotent: the first system block gets the text if it has another one; where there is no
/// system block, one is put first.
#[derive(Debug, Clone)]
pub struct SystemPrompt {
    text: String,
}

impl SystemPrompt {
    /// A prompt; blank text changes nothing.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    fn apply(&self, ctx: &RunContext, turn: &mut Turn) {
        if self.text.trim().is_empty() {
            return;
        }
        let first = turn
            .blocks
            .iter()
            .position(|block| block.kind() == BlockKind::System);
        match first {
            None => {
                let mut block = Block::system(&self.text).with_id(ctx.next_id());
                block
                    .metadata
                    .set_raw(MIDDLEWARE.id(), Value::from("systemprompt"));
                turn.prepend(block);
            }
            Some(index) => {
                let differs = turn
                    .blocks
                    .get(index)
                    .is_some_and(|block| block.text() != Some(&self.text));
                if differs
                    && let Some(block) = turn.blocks.make_mut(index)
                    && let Content::System(content) = &mut block.content
                {
                    content.text.clone_from(&self.text);
                    block
                        .metadata
                        .set_raw(MIDDLEWARE.id(), Value::from("systemprompt"));
                }
            }
        }
    }
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
