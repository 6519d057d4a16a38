//! [`repair`]: turns any history into one that providers accept.

use std::sync::Arc;

use crate::{Block, Blocks, Content, ToolUse};

mod late;
mod rules;
#[cfg(test)]
mod tests;

use late::Past;
pub use rules::{ATTACHED, CONTINUE, MISSING_PROMPT, MISSING_REPLY, NO_OUTPUT, Rules, repair_with};

/// Text of a synthesized answer to a call that has none.
pub const MISSING_ANSWER: &str = "cancelled: the tool call has no recorded result";

/// Turns any history into one that providers accept.
///
/// - Every tool call is answered exactly once, right after the model output that made it. Missing
///   answers are synthesized (with the id `repair:` followed by the call id); duplicate answers and
///   answers without a call are dropped.
/// - An answer that prompts or instructions separate from its call is moved to the call, and they follow it.
/// - An answer that arrives after the model continued without it becomes a user's text in its place, which
///   names the tool: its call already has an answer, and providers accept no second one.
/// - Calls without an id or a name, and calls that reuse an id within the same model output, are
///   dropped.
/// - Incomplete reasoning and tool calls ([`Block::incomplete`]) are dropped. Incomplete text is
///   kept, because the user has seen it.
///
/// The function is pure, deterministic and idempotent. It inserts and drops blocks, and reorders answers.
/// Each decision depends only on blocks before the next model output, so the result for an extended history
/// has the earlier result as a prefix, up to the last model output that was still awaiting answers. Blocks
/// are shared with the input, not copied.
#[must_use]
pub fn repair(history: &Blocks) -> Vec<Arc<Block>> {
    let mut output = Output {
        blocks: Vec::with_capacity(history.len()),
        calls: Vec::new(),
        answering: false,
        held: Vec::new(),
        interjected: false,
        past: None,
    };
    for block in history {
        match &block.content {
            Content::ToolCall(call) => {
                if block.incomplete().is_none() && !call.id.is_empty() && !call.name.is_empty() {
                    output.model_output_goes_on();
                    output.call(block, &call.id);
                }
            }
            Content::ToolUse(answer) => output.answer(block, answer),
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
            Content::System(_) | Content::User(_) => output.interject(block),
            Content::Other(_) if output.held.is_empty() => output.blocks.push(Arc::clone(block)),
            Content::Other(_) => output.held.push(Arc::clone(block)),
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
    /// Blocks that wait for the end of the current answers, which they would separate: those that stand
    /// between calls and their answers, and late answers.
    held: Vec<Arc<Block>>,
    /// `true` if one of them is a prompt or an instruction.
    interjected: bool,
    /// Earlier calls, once an answer to none of the current ones has been seen.
    past: Option<Past>,
}

impl Output {
    /// The model continues: after answers or prompts, this begins a new output.
    fn model_output_goes_on(&mut self) {
        if self.answering || self.interjected {
            self.close();
        }
    }

    /// Adds a block that is neither the model's nor an answer, after the answers of open calls.
    fn interject(&mut self, block: &Arc<Block>) {
        self.held.push(Arc::clone(block));
        self.interjected = true;
        self.close_if_answered();
    }

    fn close_if_answered(&mut self) {
        if self.calls.iter().all(|(_, answered)| *answered) {
            self.close();
        }
    }

    fn call(&mut self, block: &Arc<Block>, id: &str) {
        if self.calls.iter().any(|(known, _)| known == id) {
            return;
        }
        self.calls.push((id.to_owned(), false));
        self.push(Arc::clone(block));
    }

    fn answer(&mut self, block: &Arc<Block>, answer: &ToolUse) {
        let call = self.calls.iter_mut().find(|(call, _)| *call == answer.id);
        match call {
            Some((_, answered)) if !*answered => {
                *answered = true;
                self.answering = true;
                self.push(Arc::clone(block));
                if self.interjected {
                    self.close_if_answered();
                }
            }
            Some(_) => {}
            None => self.late(answer),
        }
    }

    /// Adds a late answer as a user's text, which must not separate the current answers.
    fn late(&mut self, answer: &ToolUse) {
        let past = self.past.get_or_insert_with(|| Past::of(&self.blocks));
        let Some(text) = past.late(answer) else {
            return;
        };
        let text = Arc::new(text);
        if self.calls.is_empty() {
            self.blocks.push(text);
        } else {
            self.held.push(text);
        }
    }

    fn push(&mut self, block: Arc<Block>) {
        if let Some(past) = &mut self.past {
            past.learn(&block);
        }
        self.blocks.push(block);
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
        self.blocks.append(&mut self.held);
        self.answering = false;
        self.interjected = false;
    }
}
