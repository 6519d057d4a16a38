//! Checks of tools: results are kept, no answer claims an execution that did not happen, and no
//! tool starts too late.

use geppetto_turns::{ToolCall, ToolUse, Turn};

use super::Check;
use crate::simulate::{
    tools::{ToolCallLog, ToolEnd},
    world::INJECTED,
};

impl Check<'_> {
    pub(super) fn tools(&mut self, turn: &Turn) {
        let logs = self.seen.world.seen().tools.clone();
        for log in &logs {
            if log.after_cancel {
                self.problem(format!(
                    "the tool call {} began after the cancel",
                    log.call_id
                ));
            }
        }
        if !self.seen.world.seen().watches_tools {
            return;
        }
        let calls: Vec<&ToolCall> = turn
            .blocks
            .iter()
            .filter(|block| block.incomplete().is_none())
            .filter_map(|block| block.as_tool_call())
            .collect();
        for call in &calls {
            let attempts: Vec<_> = logs.iter().filter(|log| log.call_id == call.id).collect();
            // A reply that breaks off after its end is complete, and its repetition uses the id again. The answer
            // is that of the last call, which may not have run.
            let same = calls.iter().filter(|own| own.id == call.id).count();
            let last = attempts.last().filter(|_| attempts.len() >= same);
            if let Some(answer) = turn.tool_answer(&call.id) {
                self.answer(answer, last.copied());
            }
        }
    }

    /// Checks that the answer matches the execution of the call.
    fn answer(&mut self, answer: &ToolUse, last: Option<&ToolCallLog>) {
        let output = answer.output();
        let error = answer.error.as_deref().unwrap_or_default();
        let fits = match last.map(|log| &log.end) {
            // Rejected, unknown and malformed calls have the same answers in the undisturbed run.
            None => error.starts_with("not run") || self.is_as_whole(answer) || rejected(error),
            Some(ToolEnd::Result(text)) if answer.ran_with.is_some() => output.ends_with(text),
            Some(ToolEnd::Result(text)) => !answer.is_error() && output == *text,
            // A call that would have been retried is answered as cancelled.
            Some(ToolEnd::Error(text)) => error.contains(text) || error.starts_with("cancelled"),
            Some(ToolEnd::Open) => {
                error.starts_with("cancelled")
                    || error.contains("panicked")
                    || error.contains("timed out")
            }
        };
        if !fits {
            let text = format!("the answer to {} is {output:?} after {last:?}", answer.id);
            self.problem(text);
        }
    }

    fn is_as_whole(&self, answer: &ToolUse) -> bool {
        let whole = self.whole.first.outcome();
        let whole = whole.and_then(|(_, turn)| turn.tool_answer(&answer.id));
        whole.is_some_and(|whole| whole.output() == answer.output())
    }
}

/// Returns `true` if a hook was made to reject the call.
fn rejected(error: &str) -> bool {
    error.contains(INJECTED)
}
