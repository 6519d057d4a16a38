//! Checks of errors and panics: the run names the component, and components that cannot fail a run
//! did not.

use geppetto_engine::RunStatus;
use geppetto_events::{Event, EventKind};
use geppetto_turns::{Incomplete, ToolUse, Turn};

use super::{Check, Observed};
use crate::simulate::{
    Cut, Seam,
    tools::{ToolCallLog, ToolEnd},
    world::INJECTED,
};

impl Check<'_> {
    pub(super) fn fault(&mut self) {
        let cut = self.seen.world.cut();
        let (Some(seam), panics) = (cut.seam(), matches!(cut, Cut::Panic(..))) else {
            return;
        };
        if !self.seen.world.seen().injected {
            return self.problem("the fault did not come to pass");
        }
        if let Err(error) = &self.seen.first.started {
            return self.names(&error.to_string(), seam, panics);
        }
        match seam {
            Seam::Sink => {
                self.as_if_nothing_happened();
                let panics = |seen: &Observed| seen.session.stream().sink_panics();
                let counted = panics(self.seen) == panics(self.whole) + 1;
                self.expect(counted, "the sink's panic was not counted once");
            }
            Seam::Persister => {
                self.as_if_nothing_happened();
                let outcome = self.seen.first.outcome.as_deref();
                let error = outcome.and_then(|outcome| outcome.persist_error.clone());
                self.names(&error.unwrap_or_default(), seam, panics);
            }
            _ => self.run_names(seam, panics),
        }
    }

    fn as_if_nothing_happened(&mut self) {
        let status = |seen: &Observed| seen.first.outcome().map(|(s, _)| s.clone());
        let same = status(self.seen) == status(self.whole);
        self.expect(same, "the run ended otherwise than without the fault");
    }

    /// Checks that a failed run names the component, and that otherwise the fault left a trace.
    fn run_names(&mut self, seam: Seam, panics: bool) {
        let Some((status, turn)) = self.seen.first.outcome() else {
            return;
        };
        let whole = self.whole.first.outcome().map(|(status, _)| status);
        match status {
            // An attempt that failed was retried until there were no more.
            RunStatus::Failed { .. } if seam == Seam::Transport && self.leaves_a_trace(turn) => {}
            // A retry that failed before any output leaves the broken reply, and its error.
            RunStatus::Failed { .. }
                if seam == Seam::Engine
                    && !panics
                    && self.leaves_a_trace(turn)
                    && (keeps_a_broken_reply(turn) || self.reply_broke_off()) => {}
            // A rejected call does not end the run that it would have ended.
            RunStatus::Finished if seam == Seam::Admission && self.leaves_a_trace(turn) => {}
            RunStatus::Failed { message, .. } if Some(status) != whole => {
                self.names(&message.clone(), seam, panics);
            }
            _ if Some(status) != whole => {
                self.problem(format!("the run ended as {status:?} by the fault"));
            }
            // It failed for another reason, as it does without the fault; the first one is the
            // outcome.
            RunStatus::Failed { .. } => {}
            _ if !self.leaves_a_trace(turn) => {
                self.problem(format!("nothing tells of the fault in {seam}"));
            }
            _ => {}
        }
    }

    /// Returns `true` if the last reply of the run broke off and was not discarded. Its blocks may be
    /// complete: where calls arrive whole, a connection can break between two of them.
    fn reply_broke_off(&self) -> bool {
        let mut broke_off = false;
        for event in &self.seen.events {
            match &event.kind {
                EventKind::ProviderCallFinished(call) => {
                    let why = call.incomplete.as_deref();
                    broke_off = why.is_some_and(|why| why != "cancelled");
                }
                EventKind::ProviderCallDiscarded(_) => broke_off = false,
                _ if event.is_terminal() => break,
                _ => {}
            }
        }
        broke_off
    }

    /// Returns `true` if an answer, an event or another attempt shows the fault.
    fn leaves_a_trace(&self, turn: &Turn) -> bool {
        let answers = turn.blocks.iter().filter_map(|block| block.as_tool_use());
        let answered = answers
            .map(ToolUse::output)
            .any(|text| text.contains(INJECTED));
        let logs = &self.seen.world.seen().tools;
        let tried_again = |number: usize, call: &ToolCallLog| {
            let mut later = logs.iter().skip(number + 1);
            later.any(|later| later.key == call.key)
        };
        let repeated = logs.iter().enumerate().any(|(number, call)| {
            let failed = match &call.end {
                ToolEnd::Error(text) => text.contains(INJECTED),
                ToolEnd::Open => true,
                ToolEnd::Result(_) => false,
            };
            failed && tried_again(number, call)
        });
        // Retries of provider calls are announced.
        let announced =
            |event: &Event| serde_json::to_string(event).is_ok_and(|json| json.contains(INJECTED));
        answered || repeated || self.seen.events.iter().any(announced)
    }

    fn names(&mut self, text: &str, seam: Seam, panics: bool) {
        if !text.contains(INJECTED) || (panics && !text.contains(seam.culprit())) {
            let text = format!("the error does not name {}: `{text}`", seam.culprit());
            self.problem(text);
        }
    }
}

/// Returns `true` if the turn contains part of a broken reply.
fn keeps_a_broken_reply(turn: &Turn) -> bool {
    turn.blocks.iter().any(|block| {
        let why = block.incomplete();
        why.is_some_and(|why| why != Incomplete::Cancelled)
    })
}
