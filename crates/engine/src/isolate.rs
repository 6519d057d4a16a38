//! Isolation of panics in foreign code.
//!
//! A run calls engines, middleware, hooks, tools, journals. A panic in one of them ends at most its
//! run, and the error names the component. For implementations of runners and engines.

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

/// A future whose panics, while it is polled or dropped, do not get out.
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

/// Waits for other people's code; a panic becomes the error that names them, such as
/// `the journal panicked: disk full`.
///
/// # Errors
///
/// Of kind [`Panicked`](ErrorKind::Panicked), when the future panicked.
pub async fn wait<T>(who: &str, future: impl Future<Output = T> + Send) -> Result<T, EngineError> {
    let outcome = Isolated::new(future).await;
    outcome.map_err(|message| panicked(who, &message))
}

/// Waits at a barrier of the run's journal, at most [`JOURNAL_TIMEOUT`].
///
/// # Errors
///
/// What the journal says; of kind [`Panicked`](ErrorKind::Panicked) when it panicked, and of kind
/// [`Timeout`](ErrorKind::Timeout), not retryable, when it did not come back in time.
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

/// Calls `function`; a panic becomes its message.
///
/// # Errors
///
/// The message, when the function panicked.
pub fn call<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    catch(function)
}

/// The error of a run that was ended by a panic in `who`.
#[must_use]
pub fn panicked(who: &str, message: &str) -> EngineError {
    EngineError::new(ErrorKind::Panicked, format!("{who} panicked: {message}"))
}

impl<T> std::fmt::Debug for Isolated<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Isolated").finish_non_exhaustive()
    }
}
