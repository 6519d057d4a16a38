//! Cancellation of a run, and its reason.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use tokio_util::sync::{CancellationToken, WaitForCancellationFuture};

use super::{RunContext, lock};
use crate::EngineError;

impl RunContext {
    /// Returns a context that is cancelled with this one and can be cancelled separately.
    #[must_use]
    pub fn child(&self) -> Self {
        self.clone()
            .with_cancellation(self.cancellation.child_token())
    }

    /// Returns the cancellation token.
    #[must_use]
    pub fn cancellation(&self) -> &CancellationToken {
        &self.cancellation
    }

    /// Cancels this context and its children.
    pub fn cancel(&self) {
        self.cancellation.cancel();
    }

    /// Cancels this context and its children with a reason, which appears in the error of the run,
    /// in its terminal event and in the answers of cancelled tool calls. If called several times,
    /// the first reason is kept.
    pub fn cancel_because(&self, reason: impl Into<String>) {
        lock(&self.shared.cancel_reason).get_or_insert_with(|| reason.into());
        self.cancel();
    }

    /// Replaces the reason passed to [`cancel_because`](Self::cancel_because) on this run, if there
    /// is one. For implementations of runners, which keep secrets out of it.
    pub fn map_cancel_reason(&self, map: impl FnOnce(&str) -> String) {
        if let Some(reason) = &mut *lock(&self.shared.cancel_reason) {
            *reason = map(reason);
        }
    }

    /// Returns the reason passed to [`cancel_because`](Self::cancel_because) on this run or a
    /// parent run.
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

    /// Waits until the run is cancelled. In a loop, create the future once and keep it: polling a
    /// registered future is nearly free.
    pub fn cancelled(&self) -> Cancelled<'_> {
        Cancelled {
            token: &self.cancellation,
            waiting: None,
        }
    }

    /// Returns the error of this run if it was cancelled, with the reason if there is one.
    #[must_use]
    pub fn cancelled_error(&self) -> EngineError {
        match self.cancel_reason() {
            Some(reason) => EngineError::cancelled_because(&reason),
            None => EngineError::cancelled(),
        }
    }

    /// Returns an error if the run was cancelled.
    ///
    /// # Errors
    ///
    /// An error of kind [`Cancelled`](crate::ErrorKind::Cancelled).
    pub fn check_cancelled(&self) -> Result<(), EngineError> {
        if self.is_cancelled() {
            return Err(self.cancelled_error());
        }
        Ok(())
    }
}

/// Future that completes when a run is cancelled ([`RunContext::cancelled`]).
#[must_use = "futures do nothing unless they are polled"]
pub struct Cancelled<'a> {
    token: &'a CancellationToken,
    /// Registration with the token, and the waker that it notifies.
    waiting: Option<(Pin<Box<WaitForCancellationFuture<'a>>>, Waker)>,
}

impl Future for Cancelled<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()> {
        let token = self.token;
        if token.is_cancelled() {
            return Poll::Ready(());
        }
        match &mut self.waiting {
            // The token wakes the task. Registering again at each poll would take a lock in
            // unrelated memory.
            Some((_, task)) if task.will_wake(cx.waker()) => Poll::Pending,
            Some((waiting, task)) => {
                task.clone_from(cx.waker());
                waiting.as_mut().poll(cx)
            }
            None => {
                let mut waiting = Box::pin(token.cancelled());
                let polled = waiting.as_mut().poll(cx);
                self.waiting = Some((waiting, cx.waker().clone()));
                polled
            }
        }
    }
}

impl fmt::Debug for Cancelled<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cancelled").finish_non_exhaustive()
    }
}
