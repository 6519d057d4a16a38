//! [`repair`]: turns any history into one that providers accept.

use std::sync::Arc;

use crate::{Block, Blocks, Content, ToolCall, ToolUse};
use calls::{Calls, Open};

mod calls;
mod late;
mod rules;
#[cfg(test)]
mod tests;

use late::Past;
pub use rules::{ATTACHED, CONTINUE, MISSING_PROMPT, MISSING_REPLY, NO_OUTPUT, Rules, repair_with};

/// Text of a synthesized answer to a call that has none. Nothing is known about the call: it may have been cancelled,
/// or its answer was lost.
pub const MISSING_ANSWER: &str = "outcome unknown: the tool call has no recorded result, so it may \
     have taken effect or not; check before repeating it";

/// Turns any history into one that providers accept.
///
/// - Every tool call is answered exactly once, right after the model output that made it. Missing
///   answers are synthesized (with the id `repair:` followed by the call id); repeated answers and
///   answers without a call are dropped.
/// - An answer that prompts or instructions separate from its call is moved to the call, and they follow it.
/// - An answer that arrives after the model continued without it becomes a user's text in its place, which
///   names the tool: its call already has an answer, and providers accept no second one. So does a second answer
///   that says something else, after the answers of the other calls.
/// - Calls without an id or a name are dropped.
/// - Calls of one model output with the same id are told apart by the order of their answers, and get distinct ids
///   (`ID:2`). A call that is the same as an earlier one with its id, or without an answer of its own, is dropped.
/// - Incomplete reasoning and tool calls ([`Block::incomplete`]) are dropped. Incomplete text is
///   kept, because the user has seen it.
///
/// The function is pure, deterministic and idempotent. It inserts and drops blocks, and reorders answers.
/// Each decision depends only on blocks before the next model output, so the result for an extended history
/// has the earlier result as a prefix, up to the last model output that was still awaiting answers. Blocks
/// are shared with the input, not copied, except for calls and answers with another id.
#[must_use]
pub fn repair(history: &Blocks) -> Vec<Arc<Block>> {
    let mut output = Output {
        blocks: Vec::with_capacity(history.len()),
        calls: Calls::default(),
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
                    output.call(block, call);
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

struct Output<'h> {
    blocks: Vec<Arc<Block>>,
    /// The calls of the current model output.
    calls: Calls<'h>,
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

impl<'h> Output<'h> {
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
        if self.calls.are_answered() {
            self.close();
        }
    }

    fn call(&mut self, block: &Arc<Block>, call: &'h ToolCall) {
        if let Some(id) = self.calls.add(call, self.blocks.len()) {
            let block = with_id(block, &call.id, id);
            self.push(block);
        }
    }

    fn answer(&mut self, block: &Arc<Block>, answer: &ToolUse) {
        if !self.calls.have(&answer.id) {
            return self.late(answer);
        }
        let Some(id) = self.calls.answer(&answer.id) else {
            return self.late(answer);
        };
        let block = with_id(block, &answer.id, id);
        self.answering = true;
        self.push(block);
        if self.interjected {
            self.close_if_answered();
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
        let calls = self.calls.take();
        self.drop_blocks(calls.iter().filter(|open| open.is_dropped()));
        for open in calls {
            if !open.is_answered && !open.is_dropped() {
                let id = open.id;
                let answer =
                    Block::tool_error(id.as_str(), MISSING_ANSWER).with_id(format!("repair:{id}"));
                self.blocks.push(Arc::new(answer));
            }
        }
        self.blocks.append(&mut self.held);
        self.answering = false;
        self.interjected = false;
    }

    /// Drops the blocks of calls, which are in order.
    fn drop_blocks<'o>(&mut self, calls: impl Iterator<Item = &'o Open>) {
        let mut dropped = calls.map(|open| open.at).peekable();
        let Some(first) = dropped.peek().copied() else {
            return;
        };
        let rest = self.blocks.split_off(first);
        let rest = rest.into_iter().zip(first..);
        let kept = rest.filter(|(_, at)| dropped.next_if_eq(at).is_none());
        self.blocks.extend(kept.map(|(block, _)| block));
    }
}

/// Returns a call or an answer, which has the id `own`, with this id.
fn with_id(block: &Arc<Block>, own: &str, id: &str) -> Arc<Block> {
    if own == id {
        return Arc::clone(block);
    }
    let mut block = (**block).clone();
    match &mut block.content {
        Content::ToolCall(call) => id.clone_into(&mut call.id),
        Content::ToolUse(answer) => id.clone_into(&mut answer.id),
        _ => {}
    }
    Arc::new(block)
}
