//! Checks after every cut.

use std::time::Duration;

use geppetto_engine::RunStatus;
use geppetto_turns::{BlockKind, Turn};

use super::{
    Cut,
    drive::{Observed, Ran},
};

mod broken;
mod events;
mod fault;
mod history;
mod tools;

/// Maximum time from a cancellation to the end of `wait`, not counting the time to store the turn.
const CANCEL_LIMIT: Duration = Duration::from_millis(100);

/// Returns the violations of `seen`; `whole` is the same session undisturbed.
pub(super) fn problems(seen: &Observed, whole: &Observed) -> Vec<String> {
    let mut check = Check {
        seen,
        whole,
        problems: Vec::new(),
    };
    check.all();
    check.problems
}

struct Check<'a> {
    seen: &'a Observed,
    whole: &'a Observed,
    problems: Vec<String>,
}

impl Check<'_> {
    fn all(&mut self) {
        self.session(&self.seen.first, 1);
        self.next_run();
        self.events();
        self.requests();
        self.stored();
        match self.seen.first.outcome() {
            Some((status, turn)) => {
                self.status(status, turn);
                self.in_time();
                self.history(turn);
                self.tools(turn);
                self.broken_streams(turn);
                self.usage();
            }
            None => self.not_started(),
        }
        self.fault();
    }

    fn problem(&mut self, text: impl Into<String>) {
        self.problems.push(text.into());
    }

    fn expect(&mut self, holds: bool, text: &str) {
        if !holds {
            self.problem(text);
        }
    }

    /// Checks that the session is free as soon as `wait` has returned, and shows the result of the
    /// run.
    fn session(&mut self, ran: &Ran, turns: usize) {
        if ran.started.is_err() {
            return;
        }
        let Some((_, turn)) = ran.outcome() else {
            return self.problem("the run never ended");
        };
        self.expect(!ran.running, "the session still runs after `wait`");
        let snapshot = &ran.snapshot;
        self.expect(
            snapshot.running.is_none(),
            "the snapshot shows a running inference after `wait`",
        );
        if snapshot.turn_count != turns {
            let text = format!("{} turns instead of {turns}", snapshot.turn_count);
            self.problem(text);
        }
        self.expect(
            snapshot.turn.as_ref() == Some(turn),
            "the history's latest turn is not the outcome's",
        );
    }

    /// Checks that the next prompt runs, whatever happened to the first one.
    fn next_run(&mut self) {
        let next = &self.seen.next;
        if let Err(error) = &next.started {
            let text = format!("the next prompt was not accepted: {error}");
            return self.problem(text);
        }
        // An answer adds no turn.
        let before = self.seen.setup.history.len();
        let turns = before.max(usize::from(self.seen.first.started.is_ok()));
        self.session(next, turns + 1);
        let Some((status, turn)) = next.outcome() else {
            return;
        };
        if *status != RunStatus::Finished {
            let text = format!("the next run did not finish: {status:?}");
            self.problem(text);
        }
        let said = turn.assistant_text();
        if let Some(text) = &self.seen.setup.next_text
            && *text != said
        {
            let text = format!("the next run said `{said}` instead of `{text}`");
            self.problem(text);
        }
        if let Some((_, first)) = self.seen.first.outcome() {
            // A middleware may insert instructions at the beginning.
            let said = |turn: &Turn| {
                let blocks = turn.blocks.iter();
                let said = blocks.filter(|block| block.kind() != BlockKind::System);
                said.cloned().collect::<Vec<_>>()
            };
            let kept = said(turn).starts_with(&said(first));
            self.expect(kept, "the next turn does not begin with the first one");
        }
    }

    fn requests(&mut self) {
        let refused = self.seen.world.seen().refusals.clone();
        for refusal in refused.iter().chain(&self.seen.refusals) {
            self.problem(format!("a provider would refuse: {refusal}"));
        }
    }

    /// Checks that the turn was stored once, in its final state.
    fn stored(&mut self) {
        let seen = self.seen.world.seen();
        let first: Vec<_> = seen.persisted.iter().filter(|turn| turn.first).collect();
        let expected = usize::from(self.seen.first.started.is_ok());
        let shut_down = matches!(self.seen.world.cut(), Cut::Shutdown(_));
        let mut problem = None;
        if first.len() != expected && !shut_down {
            problem = Some(format!("the turn was stored {} times", first.len()));
        }
        if let (Some(stored), Some((status, turn))) = (first.first(), self.seen.first.outcome())
            && !shut_down
            && (stored.turn != *turn || stored.status != *status)
        {
            problem = Some("the turn or status that was stored is not the outcome's".to_owned());
        }
        drop(seen);
        if let Some(problem) = problem {
            self.problem(problem);
        }
    }

    /// Checks that a cancelled run has that status, unless it was practically over.
    fn status(&mut self, status: &RunStatus, turn: &Turn) {
        let as_whole =
            self.whole.first.outcome().is_some_and(|(whole, all)| {
                status == whole && turn.blocks.len() == all.blocks.len()
            });
        // For a fault, its own check determines how the run must end.
        if as_whole || self.seen.world.cut().seam().is_some() {
            return;
        }
        let cut = self.seen.world.seen().cancelled.is_some();
        let expected = match self.seen.world.cut() {
            Cut::Shutdown(_) => matches!(status, RunStatus::Failed { .. }),
            _ => *status == RunStatus::Cancelled,
        };
        if !cut || !expected {
            let text = format!("the run ended as {status:?}; it was cut: {cut}");
            self.problem(text);
        }
    }

    fn in_time(&mut self) {
        let (cancelled, storing) = {
            let seen = self.seen.world.seen();
            (seen.cancelled, seen.storing)
        };
        let Some(cancelled) = cancelled.filter(|_| self.seen.world.cut().is_cancel()) else {
            return;
        };
        let took = self.seen.first.waited.duration_since(cancelled);
        if took > CANCEL_LIMIT + storing {
            let text = format!("`wait` took {took:?} after the cancel, {storing:?} of it to store");
            self.problem(text);
        }
    }

    /// Checks that a run that did not start leaves no trace.
    fn not_started(&mut self) {
        let first = &self.seen.first;
        let before = self.seen.setup.history.len();
        if first.started.is_err() && (first.snapshot.turn_count != before || first.running) {
            self.problem("a run that did not begin left a trace");
        }
    }
}

impl Ran {
    /// Returns the status and the turn of the run.
    pub(super) fn outcome(&self) -> Option<(&RunStatus, &Turn)> {
        let outcome = self.outcome.as_deref()?;
        Some((&outcome.status, &outcome.turn))
    }
}
