//! [`Run`]: what the session, a run's task and its handles share.

use std::sync::{Arc, OnceLock, atomic::Ordering};

use geppetto_engine::{EngineError, RunContext};
use geppetto_turns::Turn;
use tokio::{runtime::Handle, sync::watch};
use tokio_util::sync::CancellationToken;
use tracing::Span;

use crate::{
    RunOutcome, SessionError,
    sync::{AtomicU8, AtomicU64},
};

mod drive;
mod finisher;
mod launch;
mod prepare;

pub use drive::{ABANDON_AFTER, PERSIST_TIMEOUT};
pub(crate) use launch::{Pending, launch};

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) token: CancellationToken,
    /// The sequence number of the last event before the run's first.
    pub(crate) first_seq: AtomicU64,
    phase: AtomicU8,
    progress: watch::Sender<Progress>,
    /// The turn that the run began on.
    input: OnceLock<Turn>,
    /// Why it did not start.
    not_started: OnceLock<SessionError>,
    /// Where and in which span the run was submitted.
    pub(crate) runtime: Handle,
    span: Span,
    /// The ids of the runs that it was submitted from, and its own.
    lineage: Vec<String>,
}

/// How far a run is, for those who wait.
#[derive(Debug, Clone)]
enum Progress {
    Waiting,
    Begun,
    Finished(Arc<RunOutcome>),
}

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const ENDING: u8 = 2;

impl Run {
    /// A run that the calling task submits. `parent` is the context that it works for.
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
            runtime,
            span: Span::current(),
            lineage,
        }
    }

    /// The run publishes its events from here on.
    fn started(&self, last_seq: u64, input: &Turn) {
        // A run starts once.
        let _ = self.input.set(input.clone());
        self.first_seq.store(last_seq, Ordering::Release);
        self.phase.store(RUNNING, Ordering::Release);
    }

    /// Tells those who wait that the run has begun.
    fn begun(&self) {
        self.progress.send_replace(Progress::Begun);
    }

    /// The turn is in the history; only the terminal event is still to come.
    fn ending(&self) {
        self.phase.store(ENDING, Ordering::Release);
    }

    /// The run is over before it began.
    pub(crate) fn not_started(&self, latest: Option<Turn>, error: SessionError) {
        let engine_error = error.to_engine_error();
        let _ = self.not_started.set(error);
        self.finished(RunOutcome::never_ran(
            latest.unwrap_or_default(),
            engine_error,
        ));
    }

    /// The turn that the run began on, once it has.
    pub(crate) fn input(&self) -> Option<&Turn> {
        self.input.get()
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
        matches!(&*self.progress.borrow(), Progress::Finished(_))
    }

    pub(crate) async fn wait(&self) -> Arc<RunOutcome> {
        let mut progress = self.progress.subscribe();
        loop {
            if let Progress::Finished(outcome) = &*progress.borrow_and_update() {
                return Arc::clone(outcome);
            }
            // The sender lives as long as `self`, so this cannot end without an outcome.
            let _ = progress.changed().await;
        }
    }

    /// Waits until the run has begun.
    ///
    /// # Errors
    ///
    /// What kept it from starting.
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
}

/// The ids of the runs that the calling code is inside of.
pub(crate) fn submitters(parent: Option<&RunContext>) -> Vec<String> {
    let current = RunContext::current();
    let inside = current.as_ref().or(parent);
    inside.map_or_else(Vec::new, |ctx| ctx.lineage().to_vec())
}

/// The error of a run that a panic kept from starting.
pub(crate) fn panicked(who: &str, message: &str) -> SessionError {
    let message = format!("the {who} panicked: {message}");
    let error = EngineError::new(geppetto_engine::ErrorKind::Panicked, message);
    SessionError::Build(Arc::new(error))
}
