//! When a run has to stop, and how long what runs then has to say so.

use std::{future::Future, pin::pin, time::Duration};

use geppetto_engine::RunContext;
use tokio::time::{Instant, sleep, sleep_until};

/// How long tools and provider calls have after a cancel before they are abandoned.
///
/// A session promises its terminal event within 100 ms of a cancel, whatever tools and providers
/// do. The fifth that is left is for what comes after them: answers, events, hooks.
pub const TOOL_CANCEL_GRACE: Duration = Duration::from_millis(80);

/// Waits until the run has to stop: it was cancelled, or its deadline passed.
pub(crate) async fn stopped(ctx: &RunContext) {
    match ctx.deadline() {
        None => ctx.cancelled().await,
        Some(deadline) => {
            tokio::select! {
                biased;
                () = ctx.cancelled() => {}
                () = sleep_until(deadline) => {}
            }
        }
    }
}

/// Returns `true` if the run must stop.
pub(crate) fn is_stopped(ctx: &RunContext) -> bool {
    ctx.is_cancelled() || deadline_passed(ctx)
}

/// Returns `true` if the run's deadline has passed.
pub(crate) fn deadline_passed(ctx: &RunContext) -> bool {
    ctx.deadline()
        .is_some_and(|deadline| deadline <= Instant::now())
}

/// Runs `work` until it is done. When the run has to stop, `ctx` is cancelled, so that the work
/// sees it; [`TOOL_CANCEL_GRACE`] later it is dropped, and there is no output.
pub(crate) async fn with_grace<T>(ctx: &RunContext, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    tokio::select! {
        biased;
        output = work.as_mut() => return Some(output),
        () = stopped(ctx) => ctx.cancel(),
    }
    tokio::select! {
        biased;
        output = work => Some(output),
        () = sleep(TOOL_CANCEL_GRACE) => None,
    }
}

/// Waits for `delay`; `false` when the run had to stop before.
pub(crate) async fn pause(ctx: &RunContext, delay: Duration) -> bool {
    tokio::select! {
        biased;
        () = stopped(ctx) => false,
        () = sleep(delay) => true,
    }
}
