//! The steps that all runners have in common: journal barriers, snapshots, and when to stop.
//!
//! For implementations of [`InferenceRunner`](crate::InferenceRunner).

use std::{future::Future, pin::pin, time::Duration};

use geppetto_turns::Turn;
use tokio::time::{Instant, sleep};

use crate::{EngineError, ErrorKind, OnWake, Phase, RunContext, RunReport, RunStatus, isolate};

/// How long tools and provider calls have after a cancel before they are abandoned: 80 ms.
///
/// A session promises its terminal event within 100 ms of a cancel, whatever tools and providers
/// do. The remaining 20 ms are for what comes after them: answers, events, hooks.
pub const TOOL_CANCEL_GRACE: Duration = Duration::from_millis(80);

/// Awaits the journal's barrier at the start of a run. Does nothing if a session has awaited it
/// already ([`RunContext::with_start_recorded`]).
///
/// # Errors
///
/// What the journal says; see [`isolate::journaled`].
pub async fn start(ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
    match ctx.journal() {
        Some(journal) if !ctx.is_start_recorded() => {
            isolate::journaled(journal.run_started(ctx, turn)).await
        }
        _ => Ok(()),
    }
}

/// Shows the turn to the snapshot hook a last time and awaits the journal's barrier at the end of a
/// run. Returns the outcome, or the first failure of these if the outcome was none.
///
/// The journal is not called after an error of kind [`Fenced`](ErrorKind::Fenced): the session
/// belongs to another process, which writes its journal.
///
/// # Errors
///
/// That of the outcome, of the hook or of the journal.
pub async fn end(
    ctx: &RunContext,
    turn: &Turn,
    outcome: Result<RunReport, EngineError>,
) -> Result<RunReport, EngineError> {
    let shown = snapshot(ctx, turn, Phase::Final);
    let outcome = outcome.and_then(|report| shown.map(|()| report));
    let is_fenced = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Fenced);
    let Some(journal) = ctx.journal().filter(|_| !is_fenced) else {
        return outcome;
    };
    let status = RunStatus::from(&outcome);
    let told = isolate::journaled(journal.run_ended(ctx, turn, &status)).await;
    // The first failure is why the run ended.
    outcome.and_then(|report| told.map(|()| report))
}

/// Shows the turn to the context's snapshot hook.
///
/// # Errors
///
/// Of kind [`Panicked`](ErrorKind::Panicked) if the hook panicked.
pub fn snapshot(ctx: &RunContext, turn: &Turn, phase: Phase) -> Result<(), EngineError> {
    isolate::call(|| ctx.snapshot(turn, phase))
        .map_err(|message| isolate::panicked("the snapshot hook", &message))
}

/// Waits until the run must stop: it was cancelled, or its deadline passed.
pub async fn stopped(ctx: &RunContext) {
    if ctx.deadline().is_none() {
        return ctx.cancelled().await;
    }
    tokio::select! {
        biased;
        () = ctx.cancelled() => {}
        () = OnWake::new(Box::pin(ctx.deadline_passed())) => {}
    }
}

/// Returns `true` if the run must stop.
#[must_use]
pub fn is_stopped(ctx: &RunContext) -> bool {
    ctx.is_cancelled() || deadline_passed(ctx)
}

/// Returns `true` if the run's deadline has passed.
#[must_use]
pub fn deadline_passed(ctx: &RunContext) -> bool {
    ctx.deadline()
        .is_some_and(|deadline| deadline <= Instant::now())
}

/// The error of a provider call that the run's deadline ended.
pub(crate) fn time_is_up() -> EngineError {
    EngineError::new(ErrorKind::Timeout, "the run's time is up").with_retryable(false)
}

/// Returns `true` if a provider call failed because the run's deadline passed.
#[must_use]
pub fn is_time_up(ctx: &RunContext, error: &EngineError) -> bool {
    error.kind() == ErrorKind::Timeout && deadline_passed(ctx)
}

/// Runs `work` to its end. When the run must stop, cancels `ctx`, so that the work sees it, and
/// drops the work [`TOOL_CANCEL_GRACE`] later; there is no output then.
pub async fn with_grace<T>(ctx: &RunContext, work: impl Future<Output = T>) -> Option<T> {
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

/// Waits for `delay`. Returns `false` if the run had to stop before.
pub async fn pause(ctx: &RunContext, delay: Duration) -> bool {
    tokio::select! {
        biased;
        () = stopped(ctx) => false,
        () = sleep(delay) => true,
    }
}
