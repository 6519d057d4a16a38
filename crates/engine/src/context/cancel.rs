//! How a run is cancelled, and why.

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::{RunContext, lock};
use crate::EngineError;

impl RunContext {
    /// A context that is cancelled with this one, and can be cancelled alone.
    #[must_use]
    pub fn child(&self) -> Self {
        self.clone()
            .with_cancellation(self.cancellation.child_token())
    }

    /// The cancellation token.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Cancels this context and its children.
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }

    /// Cancels this context and its children with a reason, which appears in the error of the run,
    /// in its terminal event and in the answers of the tool calls that it ends. The first reason
    /// wins.
    pub fn cancel_because(&self, reason: impl Into<String>) {
        lock(&self.shared.cancel_reason).get_or_insert_with(|| reason.into());
        self.cancel();
    }

    /// Replaces the reason that was given to [`cancel_because`](Self::cancel_because) on this run, if
    /// there is one. For implementations of runners, which keep secrets out of it.
    pub fn map_cancel_reason(&self, map: impl FnOnce(&str) -> String) {
        if let Some(reason) = &mut *lock(&self.shared.cancel_reason) {
            *reason = map(reason);
        }
    }

    /// The reason given to [`cancel_because`](Self::cancel_because), on this run or one that it
    /// works for.
    #[must_use]
    pub fn cancel_reason(&self) -> Option<String> {
        let mut works_for = std::iter::successors(Some(self), |own| own.parent());
        works_for.find_map(|own| lock(&own.shared.cancel_reason).clone())
    }

    /// Returns `true` if the run was cancelled.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.cancellation.is_cancelled()
    }

    /// Waits until the run is cancelled.
    pub fn cancelled(&self) -> WaitForCancellationFuture<'_> {
        self.cancellation.cancelled()
    }

    /// The error of this run when it was cancelled, with the reason where one was given.
    #[must_use]
    pub fn cancelled_error(&self) -> EngineError {
        match self.cancel_reason() {
            Some(reason) => EngineError::cancelled_because(&reason),
            None => EngineError::cancelled(),
        }
    }

    /// An error if the run was cancelled.
    ///
    /// # Errors
    ///
    /// Of kind [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn check_cancelled(&self) -> Result<(), EngineError> {
        if self.is_cancelled() {
            return Err(self.cancelled_error());
        }
        Ok(())
    }
}
