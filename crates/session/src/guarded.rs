//! Other people's code, whose panics are errors.

use std::{
    any::Any,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

/// Runs a future; a panic, while it is polled or dropped, is an error with the panic's message.
///
/// Sound to assert: what a panic may leave half changed is the turn, which is kept and valid
/// after every step that appends to it.
pub(crate) async fn guarded<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = DropGuarded(Some(Box::pin(future)));
    poll_fn(|cx| {
        let Some(own) = &mut future.0 else {
            return Poll::Pending;
        };
        match catch_unwind(AssertUnwindSafe(|| own.as_mut().poll(cx))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(output)) => Poll::Ready(Ok(output)),
            Err(panic) => Poll::Ready(Err(panic_message(&*panic))),
        }
    })
    .await
}

/// A future whose panics while it is dropped do not get out. A run that is abandoned drops it.
struct DropGuarded<F>(Option<Pin<Box<F>>>);

impl<F> Drop for DropGuarded<F> {
    fn drop(&mut self) {
        let future = self.0.take();
        let _ = catch_unwind(AssertUnwindSafe(|| drop(future)));
    }
}

/// Calls a function; a panic is an error with the panic's message.
pub(crate) fn guarded_call<T>(call: impl FnOnce() -> T) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|panic| panic_message(&*panic))
}

fn panic_message(panic: &(dyn Any + Send)) -> String {
    panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "a panic without a message".to_owned())
}
