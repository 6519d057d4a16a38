//! [`repair`]: turns any history into one that providers accept.

use std::sync::Arc;

use crate::{Block, Blocks, Content};

mod rules;
#[cfg(test)]
mod tests;

pub use rules::{ATTACHED, CONTINUE, MISSING_PROMPT, MISSING_REPLY, NO_OUTPUT, Rules, repair_with};

/// Text of a synthesized answer to a call that has none.
pub const MISSING_ANSWER: &str = "cancelled: the tool call has no recorded result";

/// Turns any history into one that providers accept.
///
/// - Every tool call is answered exactly once, right after the model output that made it. Missing
///   answers are synthesized (with the id `repair:` followed by the call id); duplicate answers,
///   answers without a call, and answers that arrive after the conversation continued are dropped.
/// - Calls without an id or a name, and calls that reuse an id within the same model output, are
///   dropped.
/// - Incomplete reasoning and tool calls ([`Block::incomplete`]) are dropped. Incomplete text is
///   kept, because the user has seen it.
///
/// The function is pure, deterministic and idempotent. It only inserts and drops blocks, and each
/// decision depends only on preceding blocks, so the result for an extended history has the earlier
/// result as a prefix, up to the model output that was still awaiting answers. Blocks are shared
/// with the input, not copied.
#[must_use]
pub fn repair(history: &Blocks) -> Vec<Arc<Block>> {
    let mut output = Output {
        blocks: Vec::with_capacity(history.len()),
        calls: Vec::new(),
        answering: false,
    };
    for block in history {
        match &block.content {
            Content::ToolCall(call) => {
                if block.incomplete().is_none() && !call.id.is_empty() && !call.name.is_empty() {
                    output.model_output_goes_on();
                    output.call(block, &call.id);
                }
            }
            Content::ToolUse(answer) => output.answer(block, &answer.id),
            Content::Reasoning(_) => {
                if block.incomplete().is_none() {
                    output.model_output_goes_on();
                    output.blocks.push(Arc::clone(block));
                }
            }
            Content::LlmText(_) => {
                output.model_output_goes_on();
                output.blocks.push(Arc::clone(block));
            }
            Content::System(_) | Content::User(_) => {
                output.close();
                output.blocks.push(Arc::clone(block));
            }
            Content::Other(_) => output.blocks.push(Arc::clone(block)),
        }
    }
    output.close();
    output.blocks
}

struct Output {
    blocks: Vec<Arc<Block>>,
    /// The calls of the current model output, and whether each of them is answered.
    calls: Vec<(String, bool)>,
    /// `true` if answers to the current model output have begun.
    answering: bool,
}

impl Output {
    /// The model continues: after answers, this begins a new output.
    fn model_output_goes_on(&mut self) {
        if self.answering {
            self.close();
        }
    }

    fn call(&mut self, block: &Arc<Block>, id: &str) {
        if self.calls.iter().any(|(known, _)| known == id) {
            return;
        }
        self.calls.push((id.to_owned(), false));
        self.blocks.push(Arc::clone(block));
    }

    fn answer(&mut self, block: &Arc<Block>, id: &str) {
        let open = self
            .calls
            .iter_mut()
            .find(|(call, answered)| call == id && !answered);
        if let Some((_, answered)) = open {
            *answered = true;
            self.answering = true;
            self.blocks.push(Arc::clone(block));
        }
    }

    /// Answers the open calls when the conversation continues or ends.
    fn close(&mut self) {
        for (id, answered) in self.calls.drain(..) {
            if !answered {
                let answer =
                    Block::tool_error(id.as_str(), MISSING_ANSWER).with_id(format!("repair:{id}"));
                self.blocks.push(Arc::new(answer));
            }
        }
        self.answering = false;
    }
}
