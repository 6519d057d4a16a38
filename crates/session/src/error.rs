//! [`SessionError`] and [`RunError`].

use std::{error::Error, fmt, sync::Arc};

use geppetto_engine::{EngineError, ErrorKind, PendingCall, RunStatus, WaitingFor};
use geppetto_turns::Turn;

use crate::{PauseReason, RunOutcome};

/// A session could not do what it was asked; it is as it was before.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// An inference is running, and the session refuses another one meanwhile.
    #[error("an inference is running in session `{session_id}`; wait for it or cancel it first")]
    Busy {
        /// The session.
        session_id: String,
    },
    /// The queue of prompts is full.
    #[error("the queue of session `{session_id}` is full: {max} prompts wait already")]
    QueueFull {
        /// The session.
        session_id: String,
        /// How many prompts may wait.
        max: usize,
    },
    /// The queue is paused, and the session lets no prompt wait.
    #[error(
        "session `{session_id}` is paused and starts no prompt ({reason}); call `resume_queue` first"
    )]
    QueuePaused {
        /// The session.
        session_id: String,
        /// Why it is paused.
        reason: PauseReason,
    },
    /// The prompt was submitted from inside of the running inference, by a tool or a middleware, to
    /// its own session, which queues: waiting for that run would be a deadlock.
    #[error(
        "the prompt was submitted from inside of the running inference of session `{session_id}`, \
         which it would have to wait for; submit it from a task of its own (tokio::spawn), or use \
         another session"
    )]
    InsideOwnRun {
        /// The session.
        session_id: String,
    },
    /// There is nothing to run on: no turn, or one without blocks.
    #[error("session `{session_id}` has nothing to run on; append a prompt first")]
    Empty {
        /// The session.
        session_id: String,
    },
    /// All prompts are blank.
    #[error("the prompt is empty; it needs some text or an image")]
    EmptyPrompt,
    /// There is no turn with that index.
    #[error("there is no turn {index}; the session has {count}")]
    NoSuchTurn {
        /// What was asked for.
        index: usize,
        /// How many turns there are.
        count: usize,
    },
    /// A decision is about a tool call that does not wait for one.
    #[error("no tool call `{call_id}` waits for a decision in session `{session_id}`")]
    NotWaiting {
        /// The session.
        session_id: String,
        /// The call that was decided about.
        call_id: String,
    },
    /// A decision is about a tool call that has its answer.
    #[error(
        "the tool call `{call_id}` of session `{session_id}` has its answer already; a call is \
         answered once"
    )]
    AlreadyAnswered {
        /// The session.
        session_id: String,
        /// The call that was decided about.
        call_id: String,
    },
    /// There are two decisions about one tool call.
    #[error("there are two decisions about the tool call `{call_id}`; give one")]
    DecidedTwice {
        /// The call that was decided about.
        call_id: String,
    },
    /// The engine builder could not make a runner.
    #[error("the run could not be prepared: {0}")]
    Build(#[source] Arc<EngineError>),
    /// The journal did not record the start of the run, so the prompt is not accepted.
    #[error("the prompt was not recorded, and is not accepted: {0}")]
    NotRecorded(#[source] Arc<EngineError>),
    /// The run was cancelled before it started.
    #[error("the run was cancelled before it started")]
    Cancelled,
    /// The run's task was dropped before the run started, as when its runtime shuts down.
    #[error("the run's task was dropped before it started, as when its runtime shuts down")]
    Dropped,
    /// The caller is not inside of a tokio runtime, where the run would live, and the session has
    /// none.
    #[error(
        "no tokio runtime is running here; start inferences from inside of one, or give the \
         session a handle (`SessionBuilder::runtime`)"
    )]
    NoRuntime,
}

impl SessionError {
    /// The error as the outcome of a run that did not start.
    pub(crate) fn to_engine_error(&self) -> Arc<EngineError> {
        match self {
            Self::Build(error) | Self::NotRecorded(error) => Arc::clone(error),
            Self::Cancelled => Arc::new(EngineError::cancelled()),
            other => Arc::new(EngineError::new(ErrorKind::Other, other.to_string())),
        }
    }
}

/// Why [`ExecutionHandle::wait_blocking`](crate::ExecutionHandle::wait_blocking) gives no turn.
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

/// The error of a run that did not complete; contains the turn in its current state.
#[derive(Clone)]
pub struct RunError {
    outcome: Arc<RunOutcome>,
}

impl RunError {
    pub(crate) fn new(outcome: Arc<RunOutcome>) -> Self {
        Self { outcome }
    }

    /// How the run ended.
    #[must_use]
    pub fn status(&self) -> &RunStatus {
        &self.outcome.status
    }

    /// The turn in its current state: the prompt and the output so far, marked where it is
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

    /// What the run waits for, if it does: it did not fail, and a later run on the turn continues
    /// it.
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

    /// The tool calls that wait for a person; see [`RunOutcome::waits`].
    #[must_use]
    pub fn waits(&self) -> Vec<PendingCall> {
        self.outcome.waits()
    }

    /// The engine's error, where the run failed or was cancelled.
    #[must_use]
    pub fn engine_error(&self) -> Option<&EngineError> {
        self.outcome.error.as_deref()
    }

    /// Everything known about the end of the run.
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
    /// The cause of the engine's error. [`Display`](fmt::Display) already contains the engine's
    /// error itself, so a report of the whole chain would show it twice; see
    /// [`engine_error`](RunError::engine_error).
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.outcome.error.as_deref()?.source()
    }
}
