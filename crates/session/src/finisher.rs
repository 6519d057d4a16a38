//! [`Finisher`]: a run that has begun comes to its end, whatever happens.

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunGuard, RunReport, RunStatus};
use geppetto_events::Subscription;
use geppetto_turns::Turn;

use crate::{RunOutcome, Session, handle::Run, start};

/// Owns a run's turn while it runs. Ending puts the turn into the history, publishes the terminal
/// event, frees the session and tells who waits: in this order, once, also when the run's task is
/// dropped by its runtime.
pub(crate) struct Finisher {
    pub(crate) session: Session,
    pub(crate) run: Arc<Run>,
    pub(crate) turn: Turn,
    guard: Option<RunGuard>,
    /// Keeps the log from dropping the run's events, which snapshots need.
    _pin: Subscription,
}

impl Finisher {
    pub(crate) fn new(
        session: Session,
        run: Arc<Run>,
        turn: Turn,
        guard: RunGuard,
        pin: Subscription,
    ) -> Self {
        Self {
            session,
            run,
            turn,
            guard: Some(guard),
            _pin: pin,
        }
    }

    pub(crate) fn end(
        mut self,
        outcome: Result<RunReport, EngineError>,
        persist_error: Option<String>,
    ) {
        self.finish(outcome, persist_error);
    }

    fn finish(&mut self, outcome: Result<RunReport, EngineError>, persist_error: Option<String>) {
        let Some(guard) = self.guard.take() else {
            return;
        };
        let status = RunStatus::from(&outcome);
        {
            let mut state = self.session.lock();
            state.history.commit(self.turn.clone());
            self.run.ending();
        }
        guard.end(outcome.as_ref(), persist_error.clone());
        let (report, error) = match outcome {
            Ok(report) => (Some(report), None),
            Err(error) => (None, Some(Arc::new(error))),
        };
        let outcome = RunOutcome {
            status,
            turn: std::mem::take(&mut self.turn),
            report,
            error,
            persist_error,
        };
        start::release(&self.session, &self.run);
        self.run.finished(outcome);
    }
}

impl Drop for Finisher {
    fn drop(&mut self) {
        let error = EngineError::new(
            ErrorKind::Other,
            "the run's task was dropped, as when its runtime shuts down",
        );
        self.finish(Err(error), None);
    }
}
