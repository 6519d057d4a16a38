//! [`Stop`]: external stops of a run, awaited along with every other wait.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::{Pin, pin},
    task::{Context, Poll},
};

use geppetto_engine::{Cancelled, EngineError, ErrorKind, OnWake, RunContext};

/// Future of the run's cancellation and its deadline.
pub(crate) struct Stop<'a> {
    cancelled: Cancelled<'a>,
    deadline: Option<OnWake<Pin<Box<dyn Future<Output = ()> + Send + 'a>>>>,
}

impl<'a> Stop<'a> {
    pub(crate) fn of(ctx: &'a RunContext) -> Self {
        Self {
            cancelled: ctx.cancelled(),
            deadline: ctx.deadline().map(|_| {
                let passed: Pin<Box<dyn Future<Output = ()> + Send + 'a>> =
                    Box::pin(ctx.deadline_passed());
                OnWake::new(passed)
            }),
        }
    }

    /// Awaits `future`, but at most until the run is stopped.
    ///
    /// # Errors
    ///
    /// If the run was cancelled, or its deadline passed, before `future` was ready.
    pub(crate) async fn race<F: Future>(&mut self, future: F) -> Result<F::Output, EngineError> {
        let mut future = pin!(future);
        poll_fn(|cx| match self.poll(cx) {
            Poll::Ready(error) => Poll::Ready(Err(error)),
            Poll::Pending => future.as_mut().poll(cx).map(Ok),
        })
        .await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<EngineError> {
        if Pin::new(&mut self.cancelled).poll(cx).is_ready() {
            return Poll::Ready(EngineError::cancelled());
        }
        match &mut self.deadline {
            Some(deadline) => Pin::new(deadline).poll(cx).map(|()| {
                EngineError::new(
                    ErrorKind::Timeout,
                    "the run's deadline passed before the reply was complete",
                )
                .with_retryable(false)
            }),
            None => Poll::Pending,
        }
    }
}

impl fmt::Debug for Stop<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Stop").finish_non_exhaustive()
    }
}
