//! [`Run`]: state shared by the session, a run's task and its handles.

use std::sync::{Arc, OnceLock, atomic::Ordering};

use geppetto_engine::{EngineError, RunContext};
use geppetto_turns::Turn;
use tokio::{runtime::Handle, sync::watch};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::{
    RunOutcome, SessionError,
    sync::{self, AtomicU8, AtomicU64},
};

mod drive;
mod finisher;
mod journals;
mod launch;
mod prepare;

pub use drive::{ABANDON_AFTER, PERSIST_TIMEOUT};
pub(crate) use launch::{Pending, launch};

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) token: CancellationToken,
    /// Sequence number of the last event before the run's first.
    pub(crate) first_seq: AtomicU64,
    phase: AtomicU8,
    progress: watch::Sender<Progress>,
    /// Turn on which the run started.
    input: OnceLock<Turn>,
    /// Error that prevented the run from starting.
    not_started: OnceLock<SessionError>,
    /// Run that the prompt is part of, if it is not that of this run.
    joined: OnceLock<Arc<Run>>,
    /// Set if the submit was dropped.
    withdrawn: OnceLock<()>,
    /// Runtime and span in which the run was submitted.
    pub(crate) runtime: Handle,
    span: Span,
    /// Ids of the runs from which it was submitted, and its own.
    lineage: Vec<String>,
}

/// Progress of a run, for waiting tasks.
#[derive(Debug, Clone)]
enum Progress {
    Waiting,
    Begun,
    /// The prompt is part of another run.
    Joined,
    Finished(Arc<RunOutcome>),
}

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const ENDING: u8 = 2;

impl Run {
    /// Creates a run submitted by the calling task. `parent` is its parent context.
    pub(crate) fn new(
        id: String,
        last_seq: u64,
        token: CancellationToken,
        parent: Option<&RunContext>,
        runtime: Handle,
    ) -> Self {
        let mut lineage = submitters(parent);
        lineage.push(id.clone());
        Self {
            id,
            token,
            first_seq: AtomicU64::new(last_seq),
            phase: AtomicU8::new(WAITING),
            progress: watch::Sender::new(Progress::Waiting),
            input: OnceLock::new(),
            not_started: OnceLock::new(),
            joined: OnceLock::new(),
            withdrawn: OnceLock::new(),
            runtime,
            span: Span::current(),
            lineage,
        }
    }

    /// Marks the run as started: its events follow.
    fn started(&self, last_seq: u64, input: &Turn) {
        // A run starts once.
        let _ = self.input.set(input.clone());
        self.first_seq.store(last_seq, Ordering::Release);
        self.phase.store(RUNNING, Ordering::Release);
    }

    /// Notifies waiting tasks of the start.
    fn begun(&self) {
        self.progress.send_replace(Progress::Begun);
    }

    /// Marks the run as ending: its turn is in the history, and only the terminal event follows.
    fn ending(&self) {
        self.phase.store(ENDING, Ordering::Release);
    }

    /// Ends the run before it started.
    pub(crate) fn not_started(&self, latest: Option<Turn>, error: SessionError) {
        let engine_error = error.to_engine_error();
        let _ = self.not_started.set(error);
        self.finished(RunOutcome::never_ran(
            latest.unwrap_or_default(),
            engine_error,
        ));
    }

    /// Makes the prompt part of a run in progress. `last_seq` is the number of the last event before
    /// the one that says so.
    pub(crate) fn joined(&self, run: &Arc<Run>, last_seq: u64) {
        self.first_seq.store(last_seq, Ordering::Release);
        // A prompt joins once.
        let _ = self.joined.set(Arc::clone(run));
        self.progress.send_replace(Progress::Joined);
    }

    /// Cancels the run, but not one that its prompt joins.
    pub(crate) fn withdraw(&self) {
        let _ = self.withdrawn.set(());
        self.token.cancel();
    }

    pub(crate) fn is_withdrawn(&self) -> bool {
        self.withdrawn.get().is_some()
    }

    /// Returns the run that the prompt is part of: this one, or the one that it joined.
    pub(crate) fn actual(&self) -> &Run {
        self.joined.get().map_or(self, |run| run)
    }

    /// Returns the turn on which the run started, if it has.
    pub(crate) fn input(&self) -> Option<&Turn> {
        self.actual().input.get()
    }

    pub(crate) fn has_started(&self) -> bool {
        self.phase.load(Ordering::Acquire) >= RUNNING
    }

    pub(crate) fn is_ending(&self) -> bool {
        self.phase.load(Ordering::Acquire) == ENDING
    }

    pub(crate) fn finished(&self, outcome: RunOutcome) {
        self.progress
            .send_replace(Progress::Finished(Arc::new(outcome)));
    }

    pub(crate) fn is_finished(&self) -> bool {
        matches!(&*self.actual().progress.borrow(), Progress::Finished(_))
    }

    pub(crate) async fn wait(&self) -> Arc<RunOutcome> {
        let mut own = self;
        let mut progress = self.progress.subscribe();
        loop {
            match &*progress.borrow_and_update() {
                Progress::Finished(outcome) => return Arc::clone(outcome),
                Progress::Joined => own = self.actual(),
                Progress::Waiting | Progress::Begun => {}
            }
            if !std::ptr::eq(own, self) {
                return Box::pin(own.wait()).await;
            }
            // The sender lives as long as `self`, so this cannot end without an outcome.
            let _ = progress.changed().await;
        }
    }

    /// Waits until the run has started.
    ///
    /// # Errors
    ///
    /// The error that prevented it from starting.
    pub(crate) async fn wait_begun(&self) -> Result<(), SessionError> {
        let mut progress = self.progress.subscribe();
        while matches!(&*progress.borrow_and_update(), Progress::Waiting) {
            let _ = progress.changed().await;
        }
        match self.not_started.get() {
            Some(error) => Err(error.clone()),
            None => Ok(()),
        }
    }

    /// Returns a future that ends when the run begins, cannot begin, or is dropped: it does not keep
    /// the run.
    pub(crate) fn leaves_queue(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut progress = self.progress.subscribe();
        async move {
            let left = progress.wait_for(|own| !matches!(own, Progress::Waiting));
            let _ = left.await;
        }
    }
}

/// Returns the ids of the runs that contain the calling code.
pub(crate) fn submitters(parent: Option<&RunContext>) -> Vec<String> {
    let current = sync::current();
    let inside = current.as_ref().or(parent);
    inside.map_or_else(Vec::new, |ctx| ctx.lineage().to_vec())
}

/// Returns the error of a run that a panic prevented from starting.
pub(crate) fn panicked(who: &str, message: &str) -> SessionError {
    let message = format!("the {who} panicked: {message}");
    let error = EngineError::new(geppetto_engine::ErrorKind::Panicked, message);
    SessionError::Build(Arc::new(error))
}
