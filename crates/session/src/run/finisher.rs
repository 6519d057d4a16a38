//! [`Finisher`]: ensures that a started run is finished on every outcome.

use std::sync::Arc;

use geppetto_engine::{
    EngineError, ErrorKind, InferenceRunner, RunContext, RunGuard, RunReport, RunStatus, RunStop,
    SessionTotals, isolate, keys, run_end,
};
use geppetto_events::Subscription;
use geppetto_turns::{Turn, keys::turn_meta};

use super::Run;
use crate::{PauseReason, RunOutcome, Session};

/// Reason why the turn of a fenced run is not stored.
pub(super) const FENCED: &str = "not stored: another process owns the session";

/// Releases the session's active slot, and pauses the queue if there is a reason.
pub(crate) type Release = fn(&Session, Option<PauseReason>);

/// Owns a run's turn while it runs. At the end it puts the turn into the history, publishes the
/// terminal event, releases the session and notifies waiting tasks: once, in this order, even if
/// the run's task is dropped by its runtime.
pub(super) struct Finisher {
    pub(super) session: Session,
    pub(super) run: Arc<Run>,
    pub(super) turn: Turn,
    pub(super) ctx: RunContext,
    pub(super) runner: Arc<dyn InferenceRunner>,
    /// Totals of the session's earlier runs.
    pub(super) earlier: SessionTotals,
    /// Result of the run, while its turn is being stored.
    pub(super) known: Option<Result<RunReport, EngineError>>,
    pub(super) guard: Option<RunGuard>,
    pub(super) release: Release,
    /// Keeps the run's events in the log, for snapshots.
    pub(super) _pin: Subscription,
}

impl Finisher {
    /// Writes the end and the totals of the run, the totals of the session, and the condition that
    /// the run waits for, to the turn.
    pub(super) fn stamp(&mut self, outcome: Result<&RunReport, &EngineError>) {
        let end = run_end(&self.ctx, outcome);
        let metadata = &mut self.turn.metadata;
        if let Ok(RunReport {
            stop: RunStop::Waiting(what),
            ..
        }) = outcome
        {
            // A value of the key's type can always be serialized.
            let _ = metadata.set(&keys::WAITING_FOR, &**what);
        }
        let _ = metadata.set(&turn_meta::RUN_END, &end);
        // Numbers can always be serialized.
        let _ = metadata.set(&keys::RUN_TOTALS, &self.ctx.totals());
        let session = self.ctx.session_totals(&self.earlier);
        let _ = metadata.set(&keys::SESSION_TOTALS, &session);
    }

    pub(super) fn end(mut self, persist_error: Option<String>) {
        self.finish(persist_error);
    }

    fn finish(&mut self, persist_error: Option<String>) {
        let (Some(guard), Some(ended)) = (self.guard.take(), self.known.take()) else {
            return;
        };
        {
            let totals = self.ctx.session_totals(&self.earlier);
            let mut state = self.session.lock();
            state.history.commit(self.turn.clone(), totals);
            self.run.ending();
        }
        guard.end(ended.as_ref(), persist_error.clone());
        let inner = &self.session.inner;
        let pause = inner.pause_after.reason(ended.as_ref());
        let turn = std::mem::take(&mut self.turn);
        let outcome = RunOutcome::new(turn, ended, &self.ctx, persist_error);
        (self.release)(&self.session, pause);
        self.run.finished(outcome);
    }

    /// Stores the turn synchronously, when nothing can be awaited any more. Returns an error
    /// message on failure.
    fn persist_now(&self, status: &RunStatus) -> Option<String> {
        let stored = || {
            let stored = self.runner.persist_now(&self.ctx, &self.turn, status);
            let recorder = self.session.inner.recorder.as_ref();
            let recorded = recorder.map_or(Ok(()), |own| own.persist_now(&self.turn, status));
            stored.and(recorded)
        };
        match isolate::call(stored) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(error.to_string()),
            Err(panic) => Some(format!("the persister panicked: {panic}")),
        }
    }
}

impl Drop for Finisher {
    fn drop(&mut self) {
        if self.guard.is_none() {
            return;
        }
        if self.known.is_none() {
            let error = EngineError::new(
                ErrorKind::Shutdown,
                "the run's task was dropped, as when its runtime shuts down",
            );
            self.stamp(Err(&error));
            self.known = Some(Err(error));
        }
        let status = self.known.as_ref().map(RunStatus::from);
        let persist_error = status.and_then(|status| match status {
            RunStatus::Failed {
                kind: ErrorKind::Fenced,
                ..
            } => Some(FENCED.to_owned()),
            status => self.persist_now(&status),
        });
        self.finish(persist_error);
    }
}
