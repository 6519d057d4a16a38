//! Checks of the history: output of the model is kept, and marked if it is incomplete.

use std::collections::HashSet;

use geppetto_engine::PendingCall;
use geppetto_events::{Event, EventKind};
use geppetto_turns::{Block, BlockKind, Content, Reasoning, Turn};

use super::Check;
use crate::simulate::{
    Seam,
    consumer::{Consumer, PartKind},
};

impl Check<'_> {
    pub(super) fn history(&mut self, turn: &Turn) {
        let Some((_, whole)) = self.whole.first.outcome() else {
            return;
        };
        self.begins_as(turn, whole);
        self.calls_have_answers(turn);
        self.screen_and_history_agree(turn);
        let ids = turn.blocks.iter().all(|block| !block.id.is_empty());
        self.expect(ids, "a block has no id");
    }

    /// Checks that the turn is a prefix of the undisturbed one, ignoring answers and instructions.
    fn begins_as(&mut self, turn: &Turn, whole: &Turn) {
        let aside = [BlockKind::ToolUse, BlockKind::System];
        let said = |turn: &Turn| {
            let blocks = turn.blocks.iter();
            let said = blocks.filter(|block| !aside.contains(&block.kind()));
            said.cloned().collect::<Vec<_>>()
        };
        let (said, all) = (said(turn), said(whole));
        // If a call that would have ended the run is rejected, the run continues.
        let rejected = self.seen.world.cut().seam() == Some(Seam::Admission);
        if said.len() > all.len() && !rejected {
            self.problem(format!("{} blocks instead of {}", said.len(), all.len()));
        }
        for (block, original) in said.iter().zip(&all) {
            let as_whole = content(block) == content(original);
            let marked = block.incomplete().is_some();
            let begun = marked && is_beginning(block, original);
            if !(as_whole || begun) {
                let text = format!("{:?} instead of {:?}", content(block), content(original));
                self.problem(format!("{text}, marked as not whole: {marked}"));
            }
        }
    }

    /// Checks that every complete call has one answer, before any other message, or waits for a
    /// person.
    fn calls_have_answers(&mut self, turn: &Turn) {
        let asked = self.calls_that_wait(turn);
        let mut open: Vec<&str> = Vec::new();
        for block in &turn.blocks {
            match &block.content {
                Content::ToolCall(call) if asked.contains(&call.id) => {}
                Content::ToolUse(answer) if asked.contains(&answer.id) => {}
                Content::ToolCall(call) if block.incomplete().is_none() => open.push(&call.id),
                Content::ToolUse(answer) => match open.iter().position(|id| *id == answer.id) {
                    Some(0) => drop(open.remove(0)),
                    Some(_) => self.problem(format!("the answer {} is out of order", answer.id)),
                    None => self.problem(format!("the answer {} is to no call", answer.id)),
                },
                Content::User(_) if !open.is_empty() => self.problem("a user speaks in between"),
                _ => {}
            }
        }
        if !open.is_empty() && self.seen.setup.answers_calls {
            self.problem(format!("calls without an answer: {}", open.join(", ")));
        }
    }

    /// Returns the ids of the calls that wait, or waited at the start of the run. Each keeps
    /// waiting or has one answer; one that waits for the first time was announced.
    fn calls_that_wait(&mut self, turn: &Turn) -> HashSet<String> {
        let ids = |turn: &Turn| {
            let calls = PendingCall::of(turn).into_iter();
            calls.map(|own| own.call_id).collect::<HashSet<_>>()
        };
        let before = self.seen.setup.history.last().map(ids).unwrap_or_default();
        let now = ids(turn);
        for id in &before {
            let uses = turn.blocks.iter().filter_map(|block| block.as_tool_use());
            let answers = uses.filter(|answer| answer.id == *id).count();
            if answers != usize::from(!now.contains(id)) {
                self.problem(format!("{id} waited, and has {answers} answers"));
            }
        }
        for id in now.difference(&before) {
            let about = |event: &&Event| event.correlation.tool_call_id.as_ref() == Some(id);
            let last = self.seen.events.iter().rfind(about);
            if !last.is_some_and(|last| matches!(last.kind, EventKind::ToolCallWaiting(_))) {
                self.problem(format!("{id} waits, and nobody was told"));
            }
        }
        before.union(&now).cloned().collect()
    }

    /// Checks that a reader of the events has seen the contents of the turn, completely and once.
    fn screen_and_history_agree(&mut self, turn: &Turn) {
        let Ok(id) = &self.seen.first.started else {
            return;
        };
        let own = |event: &&Event| event.correlation.run_id.as_deref() == Some(id);
        let screen = Consumer::read(self.seen.events.iter().filter(own));
        for problem in screen.problems() {
            self.problem(problem.as_str());
        }
        for (kind, what) in [
            (PartKind::Text, "text"),
            (PartKind::Reasoning, "reasoning"),
            (PartKind::ToolCall, "tool call"),
        ] {
            let shown: Vec<&str> = screen
                .parts()
                .filter(|part| part.kind == kind && !part.text.is_empty())
                .map(|part| part.text.as_str())
                .collect();
            // Output of an earlier run was not shown in this one.
            let before = self.seen.setup.history.last();
            let before = before.map_or(0, |turn| turn.blocks.len());
            let own = turn.blocks.iter().skip(before);
            let kept: Vec<String> = own.filter_map(|block| kept(block, kind)).collect();
            if shown != kept {
                self.problem(format!("{what} shown {shown:?}, but kept {kept:?}"));
            }
        }
    }
}

/// Returns the text of a block of this kind.
fn kept(block: &Block, kind: PartKind) -> Option<String> {
    let text = match (&block.content, kind) {
        (Content::LlmText(content), PartKind::Text) => content.text.clone(),
        (Content::Reasoning(content), PartKind::Reasoning) => reasoning(content),
        (Content::ToolCall(call), PartKind::ToolCall) => call.args.as_str().to_owned(),
        _ => return None,
    };
    (!text.is_empty()).then_some(text)
}

/// Returns the text of reasoning, or its summary in parts.
fn reasoning(content: &Reasoning) -> String {
    let parts: Vec<&str> = content
        .summary
        .iter()
        .map(|part| part.text.as_str())
        .collect();
    format!("{}{}", content.text, parts.concat())
}

/// Returns the contents of a block, without ids and marks.
pub(super) fn content(block: &Block) -> (BlockKind, String) {
    let text = match &block.content {
        Content::ToolCall(call) => format!("{} {} {}", call.id, call.name, call.args.as_str()),
        Content::Reasoning(content) => reasoning(content),
        Content::Other(other) => format!("{other:?}"),
        _ => block.text().unwrap_or_default().to_owned(),
    };
    (block.kind(), text)
}

fn is_beginning(block: &Block, whole: &Block) -> bool {
    let ((kind, text), (whole_kind, whole)) = (content(block), content(whole));
    kind == whole_kind && whole.starts_with(&text)
}
