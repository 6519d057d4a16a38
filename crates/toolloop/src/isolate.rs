//! [`Isolated`]: other people's code, whose panics stay where they are.

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::{Context, Poll},
};

use geppetto_engine::{EngineError, ErrorKind};

/// A future whose panics, while it is polled or dropped, do not get out.
pub(crate) struct Isolated<'a, T>(Option<Pin<Box<dyn Future<Output = T> + Send + 'a>>>);

impl<'a, T> Isolated<'a, T> {
    pub(crate) fn new(future: impl Future<Output = T> + Send + 'a) -> Self {
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
        let polled = catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(cx)));
        match polled {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(message(&*panic))),
        }
    }
}

impl<T> Drop for Isolated<'_, T> {
    fn drop(&mut self) {
        let future = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

/// Waits for other people's code; a panic becomes the error that names them.
pub(crate) async fn wait<T>(
    who: &str,
    future: impl Future<Output = T> + Send,
) -> Result<T, EngineError> {
    let outcome = Isolated::new(future).await;
    outcome.map_err(|message| panicked(who, &message))
}

/// Calls `function`; a panic becomes its message.
pub(crate) fn call<T>(function: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(function)).map_err(|panic| message(&*panic))
}

/// The error of a run that a panic of `who` ended.
pub(crate) fn panicked(who: &str, message: &str) -> EngineError {
    EngineError::new(ErrorKind::Panicked, format!("{who} panicked: {message}"))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}
