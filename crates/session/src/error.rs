//! [`SessionError`] and [`RunError`]: errors of sessions and runs.

use std::{error::Error, fmt, sync::Arc};

use geppetto_engine::{EngineError, ErrorKind, PendingCall, RunStatus, WaitingFor};
use geppetto_turns::Turn;

use crate::{PauseReason, RunOutcome};

/// Error of an operation on a session, which is unchanged.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// An inference is running, and the session refuses another one in the meantime.
    #[error("an inference is running in session `{session_id}`; wait for it or cancel it first")]
    Busy {
        /// Id of the session.
        session_id: String,
    },
    /// The queue of prompts is full.
    #[error("the queue of session `{session_id}` is full: {max} prompts wait already")]
    QueueFull {
        /// Id of the session.
        session_id: String,
        /// Maximum number of queued prompts.
        max: usize,
    },
    /// The queue is paused, and the session does not queue prompts.
    #[error(
        "session `{session_id}` is paused and starts no prompt ({reason}); call `resume_queue` first"
    )]
    QueuePaused {
        /// Id of the session.
        session_id: String,
        /// Reason for the pause.
        reason: PauseReason,
    },
    /// The prompt was submitted from within the running inference, by a tool or a middleware, to
    /// its own session, which queues prompts: waiting for that run would be a deadlock.
    #[error(
        "the prompt was submitted from inside of the running inference of session `{session_id}`, \
         which it would have to wait for; submit it from a task of its own (tokio::spawn), or use \
         another session"
    )]
    InsideOwnRun {
        /// Id of the session.
        session_id: String,
    },
    /// There is no input: no turn, or a turn without blocks.
    #[error("session `{session_id}` has nothing to run on; append a prompt first")]
    Empty {
        /// Id of the session.
        session_id: String,
    },
    /// All prompts are blank.
    #[error("the prompt is empty; it needs some text or an image")]
    EmptyPrompt,
    /// There is no turn with this index.
    #[error("there is no turn {index}; the session has {count}")]
    NoSuchTurn {
        /// Requested index.
        index: usize,
        /// Number of turns.
        count: usize,
    },
    /// A decision refers to a tool call that is not waiting for one.
    #[error("no tool call `{call_id}` waits for a decision in session `{session_id}`")]
    NotWaiting {
        /// Id of the session.
        session_id: String,
        /// Id of the call.
        call_id: String,
    },
    /// An answer without decisions, and no tool call is waiting for one.
    #[error("no tool call waits for a decision in session `{session_id}`")]
    NothingWaits {
        /// Id of the session.
        session_id: String,
    },
    /// A decision refers to a tool call that is already answered.
    #[error(
        "the tool call `{call_id}` of session `{session_id}` has its answer already; a call is \
         answered once"
    )]
    AlreadyAnswered {
        /// Id of the session.
        session_id: String,
        /// Id of the call.
        call_id: String,
    },
    /// Two decisions refer to the same tool call.
    #[error("there are two decisions about the tool call `{call_id}`; give one")]
    DecidedTwice {
        /// Id of the call.
        call_id: String,
    },
    /// The engine builder failed to build a runner.
    #[error("the run could not be prepared: {0}")]
    Build(#[source] Arc<EngineError>),
    /// The journal did not record the start of the run, so the prompt is not accepted.
    #[error("the prompt was not recorded, and is not accepted: {0}")]
    NotRecorded(#[source] Arc<EngineError>),
    /// The run was cancelled before it started.
    #[error("the run was cancelled before it started")]
    Cancelled,
    /// The run's task was dropped before the run started, for example because its runtime shut
    /// down.
    #[error("the run's task was dropped before it started, as when its runtime shuts down")]
    Dropped,
    /// The caller is outside of a tokio runtime, and the session has no runtime of its own.
    #[error(
        "no tokio runtime is running here; start inferences from inside of one, or give the \
         session a handle (`SessionBuilder::runtime`)"
    )]
    NoRuntime,
}

impl SessionError {
    /// Converts the error into the outcome of a run that did not start.
    pub(crate) fn to_engine_error(&self) -> Arc<EngineError> {
        match self {
            Self::Build(error) | Self::NotRecorded(error) => Arc::clone(error),
            Self::Cancelled => Arc::new(EngineError::cancelled()),
            other => Arc::new(EngineError::new(ErrorKind::Other, other.to_string())),
        }
    }
}

/// Error of [`ExecutionHandle::wait_blocking`](crate::ExecutionHandle::wait_blocking).
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The run did not complete.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The thread belongs to a tokio runtime, whose tasks must not be blocked.
    #[error(
        "`wait_blocking` was called on a thread of a tokio runtime, which it would block; use \
         `wait().await`, or `Handle::block_on(run.wait())` inside of `spawn_blocking`"
    )]
    InsideRuntime,
}

/// Error of a run that did not complete; contains the turn in its current state.
#[derive(Clone)]
pub struct RunError {
    outcome: Arc<RunOutcome>,
}

impl RunError {
    pub(crate) fn new(outcome: Arc<RunOutcome>) -> Self {
        Self { outcome }
    }

    /// Returns the status with which the run ended.
    #[must_use]
    pub fn status(&self) -> &RunStatus {
        &self.outcome.status
    }

    /// Returns the turn in its current state: the prompt and the output so far, marked where it is
    /// incomplete.
    #[must_use]
    pub fn turn(&self) -> &Turn {
        &self.outcome.turn
    }

    /// Returns `true` if the run was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.outcome.status == RunStatus::Cancelled
    }

    /// Returns the condition that the run waits for, if any: it did not fail, and a later run on
    /// the turn continues it.
    #[must_use]
    pub fn waiting_for(&self) -> Option<&WaitingFor> {
        match &self.outcome.status {
            RunStatus::Waiting(what) => Some(what),
            _ => None,
        }
    }

    /// Returns `true` if the run waits for a person: see [`waiting_for`](Self::waiting_for).
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        self.waiting_for().is_some()
    }

    /// Returns the tool calls that wait for a person; see [`RunOutcome::waits`].
    #[must_use]
    pub fn waits(&self) -> Vec<PendingCall> {
        self.outcome.waits()
    }

    /// Returns the engine's error, if the run failed or was cancelled.
    #[must_use]
    pub fn engine_error(&self) -> Option<&EngineError> {
        self.outcome.error.as_deref()
    }

    /// Returns the full outcome of the run.
    #[must_use]
    pub fn outcome(&self) -> &RunOutcome {
        &self.outcome
    }
}

impl fmt::Display for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome.status {
            RunStatus::Finished => f.write_str("the run finished")?,
            RunStatus::Refused => self.outcome.write_refusal(f)?,
            RunStatus::Cancelled => match &self.outcome.error {
                Some(error) => write!(f, "{error}")?,
                None => f.write_str("the run was cancelled")?,
            },
            RunStatus::LimitReached(limit) => write!(f, "{limit}")?,
            RunStatus::Waiting(what) => write!(f, "the run is {what}")?,
            RunStatus::Failed { message, .. } => f.write_str(message)?,
            other => write!(f, "{other:?}")?,
        }
        match &self.outcome.persist_error {
            Some(error) => write!(f, "; the turn was not stored: {error}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for RunError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunError")
            .field("status", &self.outcome.status)
            .field("error", &self.outcome.error)
            .field("persist_error", &self.outcome.persist_error)
            .finish_non_exhaustive()
    }
}

impl Error for RunError {
    /// Returns the source of the engine's error. [`Display`](fmt::Display) already includes the
    /// engine's error itself, so a report of the chain would print it twice; see
    /// [`engine_error`](RunError::engine_error).
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.outcome.error.as_deref()?.source()
    }
}
