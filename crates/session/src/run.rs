//! [`Run`]: what the session, a run's task and its handles share.

use std::sync::{Arc, atomic::Ordering};

use geppetto_engine::RunContext;
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

pub use drive::{ABANDON_AFTER, PERSIST_TIMEOUT};
pub(crate) use launch::{Input, launch, panicked};

#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) token: CancellationToken,
    /// The sequence number of the last event before the run's first.
    pub(crate) first_seq: AtomicU64,
    phase: AtomicU8,
    outcome: watch::Sender<Option<Arc<RunOutcome>>>,
    /// Where and in which span the run was submitted.
    runtime: Handle,
    span: Span,
    /// The ids of the runs that it was submitted from, and its own.
    lineage: Vec<String>,
}

const WAITING: u8 = 0;
const RUNNING: u8 = 1;
const ENDING: u8 = 2;

impl Run {
    /// A run that the calling task submits. `parent` is the context that it works for.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoRuntime`].
    pub(crate) fn new(
        id: String,
        last_seq: u64,
        parent: Option<&RunContext>,
    ) -> Result<Self, SessionError> {
        let runtime = Handle::try_current().map_err(|_| SessionError::NoRuntime)?;
        let token = parent.map_or_else(CancellationToken::new, |parent| {
            parent.cancellation().child_token()
        });
        let mut lineage = submitters(parent);
        lineage.push(id.clone());
        Ok(Self {
            id,
            token,
            first_seq: AtomicU64::new(last_seq),
            phase: AtomicU8::new(WAITING),
            outcome: watch::Sender::new(None),
            runtime,
            span: Span::current(),
            lineage,
        })
    }

    /// The run publishes its events from here on.
    fn started(&self, last_seq: u64) {
        self.first_seq.store(last_seq, Ordering::Release);
        self.phase.store(RUNNING, Ordering::Release);
    }

    /// The turn is in the history; only the terminal event is still to come.
    fn ending(&self) {
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

    pub(crate) fn is_finished(&self) -> bool {
        self.outcome.borrow().is_some()
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

/// The ids of the runs that the calling code is inside of.
pub(crate) fn submitters(parent: Option<&RunContext>) -> Vec<String> {
    let current = RunContext::current();
    let inside = current.as_ref().or(parent);
    inside.map_or_else(Vec::new, |ctx| ctx.lineage().to_vec())
}
