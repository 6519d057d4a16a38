//! Checks of broken streams: only their tokens remain.

use std::collections::HashSet;

use geppetto_events::{Event, EventKind};
use geppetto_turns::{BlockKind, Turn, Usage};

use super::{Check, history::content};
use crate::simulate::Cut;

impl Check<'_> {
    /// Checks that the turn equals the undisturbed one after replies that broke off.
    pub(super) fn broken_streams(&mut self, turn: &Turn) {
        if !matches!(self.seen.world.cut(), Cut::Streams(_)) {
            return;
        }
        let said = |turn: &Turn| {
            let blocks = turn.blocks.iter();
            let said = blocks.map(|block| match block.as_tool_use() {
                Some(answer) => (
                    BlockKind::ToolUse,
                    format!("{} {}", answer.id, answer.output()),
                ),
                None => content(block),
            });
            said.collect::<Vec<_>>()
        };
        let whole = self.whole.first.outcome().map(|(_, turn)| said(turn));
        if whole.as_ref() != Some(&said(turn)) {
            self.problem(format!("{:?} instead of {whole:?}", said(turn)));
        }
        let marked = turn.blocks.iter().any(|block| block.incomplete().is_some());
        self.expect(!marked, "a block of a broken attempt is left");
        let logs = self.seen.world.seen().tools.clone();
        let ran: HashSet<_> = logs.iter().map(|log| log.call_id.as_str()).collect();
        self.expect(ran.len() == logs.len(), "a tool ran twice");
    }

    /// Checks that the tokens of the run are those of all attempts, including broken ones.
    pub(super) fn usage(&mut self) {
        let Ok(id) = &self.seen.first.started else {
            return;
        };
        let own = |event: &&Event| event.correlation.run_id.as_deref() == Some(id);
        let (mut sum, mut total) = (Usage::default(), None);
        for event in self.seen.events.iter().filter(own) {
            match &event.kind {
                EventKind::ProviderCallFinished(end) => {
                    for usage in [&end.usage, &end.discarded_usage].into_iter().flatten() {
                        sum += &**usage;
                    }
                }
                EventKind::RunFinished(end) => total.clone_from(&end.usage),
                EventKind::RunStopped(end) => total.clone_from(&end.usage),
                EventKind::RunFailed(end) => total.clone_from(&end.usage),
                _ => {}
            }
        }
        sum.extra = geppetto_turns::Extra::default();
        if total.as_deref() != Some(&sum) {
            self.problem(format!(
                "the run's tokens are {total:?}, its attempts' {sum:?}"
            ));
        }
    }
}
