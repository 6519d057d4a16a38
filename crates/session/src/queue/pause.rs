//! [`PauseAfter`] and [`PauseReason`]: pauses of a session's queue.

use std::fmt;

use geppetto_engine::{EngineError, ErrorKind, Limit, RunReport, RunStatus, RunStop};

/// Kinds of runs after which a session pauses its queue
/// ([`SessionBuilder::pause_queue_after`](crate::SessionBuilder::pause_queue_after)).
///
/// Applies to sessions with [`BusyPolicy::Queue`](crate::BusyPolicy::Queue), and in others to prompts that were to join the run
/// ([`Prompt::join_running`](crate::Prompt::join_running)); and only if prompts are queued when the
/// run ends: if none are, the next prompt starts as usual.
///
/// Independently of this setting, the queue is paused after a run that waits, for example for a
/// person's answer ([`RunStatus::Waiting`]): a prompt submitted before the question would end the
/// wait. The queue resumes once the run was continued and no longer waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum PauseAfter {
    /// Never: the next queued prompt starts, however the previous run ended. The default.
    #[default]
    Never,
    /// After a failure that would repeat for the next prompt: missing or wrong credentials, missing
    /// permission, an unknown model, an invalid configuration, an exhausted quota or session limit,
    /// a history that the provider refuses or that exceeds the model's context, or a session owned
    /// by another process.
    LastingFailure,
    /// After any failure, and at a limit of the session.
    Failure,
    /// After any failure, at a limit of the session, and after a cancelled run.
    FailureOrCancel,
}

impl PauseAfter {
    /// Returns the reason for pausing the queue after a run that ended like this; `None` if it is
    /// not paused.
    pub(crate) fn reason(self, ended: Result<&RunReport, &EngineError>) -> Option<PauseReason> {
        if let Ok(report) = ended
            && let RunStop::Waiting(what) = &report.stop
        {
            return Some(PauseReason::RunEnded(RunStatus::Waiting(what.clone())));
        }
        if self == Self::Never {
            return None;
        }
        let status = match ended {
            Ok(report) => match &report.stop {
                RunStop::LimitReached(
                    limit @ (Limit::SessionTokens(_) | Limit::SessionProviderCalls(_)),
                ) => RunStatus::LimitReached(limit.clone()),
                _ => return None,
            },
            Err(error) => {
                let applies = if error.is_cancelled() {
                    self == Self::FailureOrCancel
                } else {
                    self != Self::LastingFailure || is_lasting(error)
                };
                if !applies {
                    return None;
                }
                RunStatus::from(error)
            }
        };
        Some(PauseReason::RunEnded(status))
    }
}

/// Returns `true` if the next prompt of the session would fail in the same way.
fn is_lasting(error: &EngineError) -> bool {
    let is_lasting_kind = matches!(
        error.kind(),
        ErrorKind::Authentication
            | ErrorKind::PermissionDenied
            | ErrorKind::NotFound
            | ErrorKind::InvalidRequest
            | ErrorKind::ContextTooLong
            | ErrorKind::ContentFiltered
            | ErrorKind::Configuration
            | ErrorKind::Fenced
    );
    is_lasting_kind || error.is_quota_exhausted()
}

/// Reason for the pause of a session's queue.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum PauseReason {
    /// The application requested it: [`Session::pause_queue`](crate::Session::pause_queue) or
    /// [`Session::cancel_active_and_pause_queue`](crate::Session::cancel_active_and_pause_queue).
    Requested,
    /// A run ended with a status that pauses the queue ([`PauseAfter`]).
    RunEnded(RunStatus),
}

impl PauseReason {
    /// Returns `true` if the queue is paused because a run waits.
    pub(crate) fn is_wait(&self) -> bool {
        matches!(self, Self::RunEnded(RunStatus::Waiting(_)))
    }
}

impl fmt::Display for PauseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Requested => f.write_str("paused by the application"),
            Self::RunEnded(RunStatus::Cancelled) => f.write_str("the last run was cancelled"),
            Self::RunEnded(RunStatus::LimitReached(limit)) => write!(f, "{limit}"),
            Self::RunEnded(RunStatus::Failed { message, .. }) => {
                write!(f, "the last run failed: {message}")
            }
            Self::RunEnded(RunStatus::Waiting(what)) => write!(f, "the last run is {what}"),
            Self::RunEnded(_) => f.write_str("the last run did not complete"),
        }
    }
}
