//! [`HostedRun`]: a run of a session.

use std::fmt;

use geppetto_session::{ExecutionHandle, RunError};
use geppetto_store::{RunEnd, RunPhase, RunRecord};
use geppetto_turns::Turn;

/// A run that a submit started or found.
///
/// Dropping it does not stop the run.
#[must_use = "the run continues on its own, but its outcome is only known by waiting for it"]
pub struct HostedRun {
    id: String,
    session: String,
    repeated: bool,
    of: Of,
}

enum Of {
    Handle(ExecutionHandle),
    Ended(Box<Ended>),
}

/// A run that ended before the request was repeated.
struct Ended {
    /// Its record and its turn, if they are known.
    record: Option<RunRecord>,
    turn: Option<Turn>,
}

impl HostedRun {
    pub(crate) fn started(handle: ExecutionHandle) -> Self {
        Self {
            id: handle.joined().unwrap_or(handle.id()).to_owned(),
            session: handle.session().id().to_owned(),
            repeated: false,
            of: Of::Handle(handle),
        }
    }

    pub(crate) fn ended(
        session: &str,
        id: &str,
        record: Option<RunRecord>,
        turn: Option<Turn>,
    ) -> Self {
        Self {
            id: id.to_owned(),
            session: session.to_owned(),
            repeated: true,
            of: Of::Ended(Box::new(Ended { record, turn })),
        }
    }

    pub(crate) fn repeated(mut self) -> Self {
        self.repeated = true;
        self
    }

    /// Returns the run's id. If the request was repeated after its run was cut off, this is the id of
    /// the run that continues it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns the id of the session.
    #[must_use]
    pub fn session_id(&self) -> &str {
        &self.session
    }

    /// Returns `true` if an earlier request with the same idempotency key started the run.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.repeated
    }

    /// Returns the handle of the run; `None` if it ended before the request was repeated.
    #[must_use]
    pub fn handle(&self) -> Option<&ExecutionHandle> {
        match &self.of {
            Of::Handle(handle) => Some(handle),
            Of::Ended(_) => None,
        }
    }

    /// Cancels the run, or removes it from the queue. Has no effect if it is over.
    pub fn cancel(&self) {
        if let Of::Handle(handle) = &self.of {
            handle.cancel();
        }
    }

    /// Waits until the run is over and its turn is stored.
    ///
    /// For a run that ended before the request was repeated, the turn is returned whatever its
    /// outcome was, which [`end`](Self::end) has.
    ///
    /// # Errors
    ///
    /// If the run was cancelled, failed, reached a limit or waits, or its turn was not stored; the
    /// error contains the turn in its current state.
    pub async fn wait(&self) -> Result<Turn, RunError> {
        match &self.of {
            Of::Handle(handle) => handle.wait().await,
            Of::Ended(ended) => Ok(ended.turn.clone().unwrap_or_default()),
        }
    }

    /// Returns the end of a run that ended before the request was repeated, if it is still known:
    /// the store has that of the last run of a session.
    #[must_use]
    pub fn end(&self) -> Option<&RunEnd> {
        let Of::Ended(ended) = &self.of else {
            return None;
        };
        match &ended.record.as_ref()?.phase {
            RunPhase::Ended(end) => Some(end),
            _ => None,
        }
    }
}

impl fmt::Debug for HostedRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HostedRun")
            .field("id", &self.id)
            .field("session", &self.session)
            .field("repeated", &self.repeated)
            .finish_non_exhaustive()
    }
}
