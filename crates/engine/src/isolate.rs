//! Isolation of panics in foreign code.
//!
//! A run calls engines, middleware, hooks, tools and journals. A panic in one of them ends at most
//! its run, and the error names the component. For implementations of runners and engines.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use geppetto_events::isolate::catch;
use tokio::time::timeout;

use crate::{EngineError, ErrorKind, hooks::JOURNAL_TIMEOUT};

#[cfg(test)]
mod tests;

/// A future that catches the panics of another one, while it is polled or dropped.
pub struct Isolated<'a, T>(Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>);

impl<'a, T> Isolated<'a, T> {
    /// Isolates `future`.
    pub fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
        Self(Some(Box::pin(future)))
    }
}

impl<T> Future for Isolated<'_, T> {
    /// The output, or the message of the panic.
    type Output = Result<T, String>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let Some(future) = &mut self.0 else {
            return Poll::Ready(Err("it was polled after its end".to_owned()));
        };
        match catch(|| future.as_mut().poll(cx)) {
            Ok(polled) => polled.map(Ok),
            Err(message) => Poll::Ready(Err(message)),
        }
    }
}

impl<T> Drop for Isolated<'_, T> {
    fn drop(&mut self) {
        let future = self.0.take();
        let _ = catch(|| drop(future));
    }
}

/// Awaits foreign code, and converts a panic into an error that names the component, such as
/// `the journal panicked: disk full`.
///
/// # Errors
///
/// An error of kind [`Panicked`](ErrorKind::Panicked) if the future panicked.
pub async fn wait<T>(who: &str, future: impl Future<Output = T> + Send) -> Result<T, EngineError> {
    let outcome = Isolated::new(future).await;
    outcome.map_err(|message| panicked(who, &message))
}

/// Awaits a barrier of the run's journal, for at most [`JOURNAL_TIMEOUT`].
///
/// # Errors
///
/// The error of the journal; an error of kind [`Panicked`](ErrorKind::Panicked) if it panicked, or
/// of kind [`Timeout`](ErrorKind::Timeout), not retryable, if it did not return in time.
pub async fn journaled(
    told: impl Future<Output = Result<(), EngineError>> + Send,
) -> Result<(), EngineError> {
    match timeout(JOURNAL_TIMEOUT, wait("the journal", told)).await {
        Ok(told) => told?,
        Err(_elapsed) => Err(EngineError::new(
            ErrorKind::Timeout,
            format!("the journal took longer than {JOURNAL_TIMEOUT:?}"),
        )
        .with_retryable(false)),
    }
}

/// Calls `function`, and converts a panic into its message.
///
/// # Errors
///
/// The message, if the function panicked.
pub fn call<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    catch(function)
}

/// Returns the error of a run that a panic in `who` ended.
#[must_use]
pub fn panicked(who: &str, message: &str) -> EngineError {
    EngineError::new(ErrorKind::Panicked, format!("{who} panicked: {message}"))
}

impl<T> std::fmt::Debug for Isolated<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolated").finish_non_exhaustive()
    }
}
