//! [`SessionError`] and [`RunError`].

use std::{error::Error, fmt, sync::Arc};

use geppetto_engine::{EngineError, RunStatus};
use geppetto_turns::Turn;

use crate::RunOutcome;

/// A session could not do what it was asked; it is as it was before.
#[derive(Debug, thiserror::Error)]
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
    /// The engine builder could not make a runner.
    #[error("the run could not be prepared: {0}")]
    Build(#[source] EngineError),
    /// The caller is not inside of a tokio runtime, where the run would live.
    #[error("no tokio runtime is running here; start inferences from inside of one")]
    NoRuntime,
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
