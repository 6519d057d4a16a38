//! Checks of events: legal, complete, and the same for a slow reader.

use geppetto_events::{Event, EventKind, Grammar};

use super::Check;
use crate::simulate::consumer::Consumer;

impl Check<'_> {
    pub(super) fn events(&mut self) {
        let seen = self.seen;
        let mut grammar = Grammar::new();
        for event in &seen.events {
            if let Err(violation) = grammar.accept(event) {
                self.problem(format!("illegal event: {violation}"));
            }
        }
        if let Err(violation) = grammar.finish() {
            self.problem(format!("the events are not complete: {violation}"));
        }
        if let Ok(id) = &seen.first.started {
            self.terminal(id);
        }
        if let Some(read) = &seen.read {
            self.slow_reader(read);
        }
    }

    /// Checks that there is one terminal event, the last one, which matches the outcome.
    fn terminal(&mut self, run_id: &str) {
        let own: Vec<&Event> = self
            .seen
            .events
            .iter()
            .filter(|event| event.correlation.run_id.as_deref() == Some(run_id))
            .collect();
        let terminal = own.iter().filter(|event| event.is_terminal()).count();
        if terminal != 1 || !own.last().is_some_and(|event| event.is_terminal()) {
            self.problem(format!("{terminal} terminal events, or not the last"));
        }
        let Some((status, _)) = self.seen.first.outcome() else {
            return;
        };
        use geppetto_engine::RunStatus as S;
        let fits = own.last().is_some_and(|event| {
            matches!(
                (&event.kind, status),
                (EventKind::RunFinished(_), S::Finished)
                    | (
                        EventKind::RunStopped(_),
                        S::Cancelled | S::LimitReached(_) | S::Waiting(_)
                    )
                    | (EventKind::RunFailed(_), S::Failed { .. })
            )
        });
        self.expect(fits, "the terminal event does not fit the outcome");
    }

    /// Checks that a slow reader has the same state at the end.
    fn slow_reader(&mut self, read: &[Event]) {
        let all = Consumer::read(&self.seen.events);
        let late = Consumer::read(read);
        let same = all.parts().eq(late.parts());
        self.expect(same, "a slow reader has got another text");
        let last = |events: &[Event]| events.last().map(|event| event.seq);
        let complete = last(read) == last(&self.seen.events);
        self.expect(complete, "a slow reader has not got the last event");
    }
}
