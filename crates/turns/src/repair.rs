//! [`repair`]: turns any history into one that providers accept.

use std::sync::Arc;

use crate::{Block, Blocks, Content, ToolCall, ToolUse};

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

struct Output {
    blocks: Vec<Arc<Block>>,
    /// The calls of the current model output.
    calls: Vec<Open>,
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

/// A call of the current model output.
struct Open {
    id: String,
    /// Id in the result: that of the call, unless another call has it.
    sent: String,
    /// Index of its block in the result.
    at: usize,
    is_answered: bool,
    /// `true` if an earlier call has the same id: without an answer of its own it does not count.
    is_second: bool,
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
        let mut calls = self.calls.iter();
        if calls.all(|open| open.is_answered || open.is_second) {
            self.close();
        }
    }

    fn call(&mut self, block: &Arc<Block>, call: &ToolCall) {
        let said = |open: &Open| {
            self.blocks
                .get(open.at)
                .and_then(|block| block.as_tool_call())
        };
        let is_repeated = |open: &Open| {
            said(open).is_some_and(|said| said.name == call.name && said.args == call.args)
        };
        let mut namesakes = self.calls.iter().filter(|open| open.id == call.id);
        let is_second = match namesakes.next() {
            Some(first) if is_repeated(first) || namesakes.any(is_repeated) => return,
            first => first.is_some(),
        };
        let sent = self.distinct(&call.id);
        let block = match sent == call.id {
            true => Arc::clone(block),
            false => renamed(block, &sent),
        };
        self.calls.push(Open {
            id: call.id.clone(),
            sent,
            at: self.blocks.len(),
            is_answered: false,
            is_second,
        });
        self.push(block);
    }

    /// Returns an id that no call of the current output has.
    fn distinct(&self, id: &str) -> String {
        let is_free = |id: &String| self.calls.iter().all(|open| open.sent != *id);
        let own = Some(id.to_owned()).filter(is_free);
        let mut others = (2_u64..).map(|number| format!("{id}:{number}"));
        own.or_else(|| others.find(is_free)).unwrap_or_default()
    }

    fn answer(&mut self, block: &Arc<Block>, answer: &ToolUse) {
        let calls = self.calls.iter_mut();
        let mut namesakes = calls.filter(|open| open.id == answer.id).peekable();
        if namesakes.peek().is_none() {
            return self.late(answer);
        }
        let Some(open) = namesakes.find(|open| !open.is_answered) else {
            return;
        };
        open.is_answered = true;
        let block = match open.sent == answer.id {
            true => Arc::clone(block),
            false => renamed(block, &open.sent),
        };
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
        let is_dropped = |open: &Open| open.is_second && !open.is_answered;
        if self.calls.iter().any(is_dropped) {
            let mut at = 0..;
            let dropped = self.calls.extract_if(.., |open| is_dropped(open));
            let dropped: Vec<usize> = dropped.map(|open| open.at).collect();
            self.blocks.retain(|_| {
                at.next()
                    .is_none_or(|at| dropped.binary_search(&at).is_err())
            });
        }
        for open in self.calls.drain(..) {
            if !open.is_answered {
                let id = open.sent;
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

/// Returns a call or an answer with another id.
fn renamed(block: &Block, id: &str) -> Arc<Block> {
    let mut block = block.clone();
    match &mut block.content {
        Content::ToolCall(call) => id.clone_into(&mut call.id),
        Content::ToolUse(answer) => id.clone_into(&mut answer.id),
        _ => {}
    }
    Arc::new(block)
}
