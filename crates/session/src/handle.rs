//! [`ExecutionHandle`]: a run that was started.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
};

use geppetto_engine::{EngineError, RunReport, RunStatus};
use geppetto_events::{Event, Received, SlowReaderPolicy, Subscription};
use geppetto_turns::Turn;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::{
    RunError, Session,
    sync::{AtomicU8, AtomicU64},
};

/// A run that was started, or that waits in the queue.
///
/// Cheap to clone. Dropping it does not stop the run.
#[derive(Clone)]
#[must_use = "the run goes on by itself, but its outcome is only seen by waiting for it"]
pub struct ExecutionHandle {
    session: Session,
    run: Arc<Run>,
}

impl ExecutionHandle {
    pub(crate) fn new(session: Session, run: Arc<Run>) -> Self {
        Self { session, run }
    }

    /// The run's id: its inference id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.run.id
    }

    /// The session that the run belongs to.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Cancels the run, or takes it out of the queue. Cancelling twice, or after the end, changes
    /// nothing.
    pub fn cancel(&self) {
        self.run.token.cancel();
        self.session.remove_queued(&self.run.id);
    }

    /// Whether the run is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.run.outcome.borrow().is_some()
    }

    /// Waits until the run is over. Any number of tasks may wait.
    ///
    /// Afterwards [`Session::is_running`] is false and the next submit succeeds, as far as this
    /// run is concerned.
    ///
    /// # Errors
    ///
    /// When the run was cancelled, failed or reached a limit, or its turn could not be stored;
    /// the error has the turn as it stands.
    pub async fn wait(&self) -> Result<Turn, RunError> {
        let outcome = self.outcome().await;
        if outcome.status == RunStatus::Finished && outcome.persist_error.is_none() {
            return Ok(outcome.turn.clone());
        }
        Err(RunError::new(outcome))
    }

    /// Waits until the run is over, and says everything that is known about its end.
    pub async fn outcome(&self) -> Arc<RunOutcome> {
        self.run.wait().await
    }

    /// The run's events from its first to its last, with neighbouring deltas merged for a reader
    /// that is slow.
    pub fn events(&self) -> RunEvents {
        let first = self.run.first_seq.load(Ordering::Acquire);
        RunEvents {
            subscription: self
                .session
                .stream()
                .resume_after(first, SlowReaderPolicy::Coalesce),
            run: Arc::clone(&self.run),
            ended: false,
        }
    }
}

impl fmt::Debug for ExecutionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionHandle")
            .field("id", &self.run.id)
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// Everything known about the end of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunOutcome {
    /// How it ended.
    pub status: RunStatus,
    /// The turn as it stands.
    pub turn: Turn,
    /// What it took, where it came to its end or a limit.
    pub report: Option<RunReport>,
    /// The engine's error, where it failed or was cancelled.
    pub error: Option<Arc<EngineError>>,
    /// What went wrong when the turn was stored.
    pub persist_error: Option<String>,
}

/// Reads the events of one run, and ends after its terminal event.
#[derive(Debug)]
pub struct RunEvents {
    subscription: Subscription,
    run: Arc<Run>,
    ended: bool,
}

impl RunEvents {
    /// The next event; waits for it. `None` after the run's last.
    ///
    /// A run that is taken out of the queue has no events. Of a run that is long over there may be
    /// none left: what the stream retains is bounded.
    pub async fn next(&mut self) -> Option<Event> {
        while !self.ended {
            let event = tokio::select! {
                biased;
                event = self.subscription.next_event() => event?,
                // Whatever the run said is on the stream by now. Its last word may be missing: it
                // never started, or it is not retained any more.
                _ = self.run.wait() => match self.try_next() {
                    Some(event) => event,
                    None => {
                        self.ended = true;
                        return None;
                    }
                },
            };
            if event.correlation.run_id.as_deref() == Some(&self.run.id) {
                self.ended = event.is_terminal();
                return Some(event);
            }
        }
        None
    }

    /// The next event of the stream, if there is one already.
    fn try_next(&mut self) -> Option<Event> {
        loop {
            if let Received::Event(event) = self.subscription.try_next()? {
                return Some(event);
            }
        }
    }
}

/// What the session and the handles of a run share.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) token: CancellationToken,
    /// The number of the last event before the run's first.
    pub(crate) first_seq: AtomicU64,
    phase: AtomicU8,
    outcome: watch::Sender<Option<Arc<RunOutcome>>>,
}

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const ENDING: u8 = 2;

impl Run {
    pub(crate) fn new(id: String, last_seq: u64) -> Self {
        Self {
            id,
            token: CancellationToken::new(),
            first_seq: AtomicU64::new(last_seq),
            phase: AtomicU8::new(WAITING),
            outcome: watch::Sender::new(None),
        }
    }

    /// The run publishes its events from here on.
    pub(crate) fn started(&self, last_seq: u64) {
        self.first_seq.store(last_seq, Ordering::Release);
        self.phase.store(RUNNING, Ordering::Release);
    }

    /// The turn is in the history; only the terminal event is still to come.
    pub(crate) fn ending(&self) {
        self.phase.store(ENDING, Ordering::Release);
    }

    pub(crate) fn has_started(&self) -> bool {
        self.phase.load(Ordering::Acquire) >= RUNNING
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.phase.load(Ordering::Acquire) == ENDING
    }

    pub(crate) fn finished(&self, outcome: RunOutcome) {
        self.outcome.send_replace(Some(Arc::new(outcome)));
    }

    pub(crate) async fn wait(&self) -> Arc<RunOutcome> {
        let mut outcome = self.outcome.subscribe();
        loop {
            if let Some(outcome) = &*outcome.borrow_and_update() {
                return Arc::clone(outcome);
            }
            // The sender lives as long as `self`, so this cannot end without an outcome.
            let _ = outcome.changed().await;
        }
    }
}
