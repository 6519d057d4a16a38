//! Answers that arrive after the conversation continued: those of long-running tools, of a person, or of a history
//! that another program cut.
//!
//! Reports: <https://github.com/earendil-works/pi/issues/8667>,
//! <https://github.com/google/adk-python/issues/3531>.

use std::{collections::HashMap, sync::Arc};

use crate::{Block, Content, ToolUse, UserContent};

/// The calls of a history so far, by id.
#[derive(Debug, Default)]
pub(super) struct Past(HashMap<String, Call>);

#[derive(Debug)]
struct Call {
    tool: String,
    /// The last answer, unless it is missing.
    said: Option<Arc<Block>>,
}

impl Past {
    pub(super) fn of(blocks: &[Arc<Block>]) -> Self {
        let mut past = Self::default();
        blocks.iter().for_each(|block| past.learn(block));
        past
    }

    /// Notes a call, or the answer of one. The last call with an id counts.
    pub(super) fn learn(&mut self, block: &Arc<Block>) {
        match &block.content {
            Content::ToolCall(call) => {
                let tool = call.name.clone();
                self.0.insert(call.id.clone(), Call { tool, said: None });
            }
            Content::ToolUse(answer) if !block.id.starts_with("repair:") => {
                if let Some(call) = self.0.get_mut(&answer.id) {
                    call.said = Some(Arc::clone(block));
                }
            }
            _ => {}
        }
    }

    /// Returns a late answer as a user's text; `None` if it has no call, or was said before.
    pub(super) fn late(&mut self, answer: &ToolUse) -> Option<Block> {
        let call = self.0.get_mut(&answer.id)?;
        let before = call.said.as_deref().map(|block| &block.content);
        if matches!(before, Some(Content::ToolUse(before)) if is_same(before, answer)) {
            return None;
        }
        call.said = Some(Arc::new(Block::new(Content::ToolUse(answer.clone()))));
        let mut said = UserContent::default();
        let what = if answer.is_error() { "error" } else { "result" };
        said.text = format!(
            "(late {what} of the earlier call of {}, id {}):\n{}",
            call.tool,
            answer.id,
            answer.output()
        );
        said.images.clone_from(&answer.images);
        said.files.clone_from(&answer.files);
        Some(Block::new(Content::User(said)).with_id(format!("repair:late:{}", answer.id)))
    }
}

/// Returns `true` if two answers say the same.
fn is_same(one: &ToolUse, other: &ToolUse) -> bool {
    one.is_error() == other.is_error()
        && one.output() == other.output()
        && one.images == other.images
        && one.files == other.files
}
