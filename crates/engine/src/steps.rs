//! Steps common to all runners: journal barriers, snapshots, and conditions for stopping.
//!
//! For implementations of [`InferenceRunner`](crate::InferenceRunner).

use std::{future::Future, pin::pin, time::Duration};

use geppetto_events::{
    EventKind,
    kind::{InputJoined, InputMessage},
};
use geppetto_turns::Turn;
use tokio::time::{Instant, sleep};

use crate::{
    EngineError, ErrorKind, InputFate, JoiningInput, OnWake, Phase, RunContext, RunReport,
    RunStatus, isolate,
};

/// Grace period of tools and provider calls after a cancellation, after which they are abandoned:
/// 80 ms.
///
/// A session guarantees its terminal event within 100 ms of a cancellation, regardless of tools and
/// providers. The remaining 20 ms are for the steps that follow: answers, events, hooks.
pub const TOOL_CANCEL_GRACE: Duration = Duration::from_millis(80);

/// Awaits the journal's barrier at the start of a run. Does nothing if the session has already
/// awaited it ([`RunContext::with_start_recorded`]).
///
/// # Errors
///
/// The error of the journal; see [`isolate::journaled`].
pub async fn start(ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
    match ctx.journal() {
        Some(journal) if !ctx.is_start_recorded() => {
            isolate::journaled(journal.run_started(ctx, turn)).await
        }
        _ => Ok(()),
    }
}

/// Adds the messages that join the run ([`InputSource`](crate::InputSource)) to `turn`, after the
/// journal's barrier, and publishes them. Runners call this where the conversation may go on with a
/// user's message: before a provider call, when all tool calls are answered and no reply is paused.
///
/// # Errors
///
/// The error of the journal; see [`isolate::journaled`]. `turn` is unchanged.
pub async fn join_input(ctx: &RunContext, turn: &mut Turn) -> Result<(), EngineError> {
    let input = ctx.take_input();
    if input.is_empty() {
        return Ok(());
    }
    let from = turn.blocks.len();
    // Dropped at the barrier, this leaves the turn as it was.
    let mut joined = turn.clone();
    for block in input.iter().flat_map(JoiningInput::blocks) {
        joined.push(block.clone());
    }
    joined.assign_block_ids(from, || ctx.next_id());
    if let Some(journal) = ctx.journal() {
        let recorded = journal.input_joins(ctx, &joined, &input);
        if let Err(error) = isolate::journaled(recorded).await {
            for own in input {
                own.end(InputFate::Refused(&error));
            }
            return Err(error);
        }
    }
    *turn = joined;
    let added = turn.blocks.range(from..turn.blocks.len());
    let messages = added.filter_map(|block| InputMessage::of_block(block));
    let event = EventKind::InputJoined(InputJoined::new(messages));
    for own in input {
        own.end(InputFate::Joined);
    }
    ctx.publish(event);
    Ok(())
}

/// Awaits the journal's barrier for a run whose start was recorded and whose prompt is not accepted.
///
/// # Errors
///
/// The error of the journal; see [`isolate::journaled`].
pub async fn withdraw(ctx: &RunContext, turn: &Turn) -> Result<(), EngineError> {
    match ctx.journal() {
        Some(journal) => isolate::journaled(journal.run_withdrawn(ctx, turn)).await,
        None => Ok(()),
    }
}

/// Takes the final snapshot and awaits the journal's barrier at the end of a run. Returns the
/// outcome, or, if that is successful, the first failure of these.
///
/// The journal is not called after an error of kind [`Fenced`](ErrorKind::Fenced): the session is
/// owned by another process, which writes its journal.
///
/// # Errors
///
/// The error of the outcome, of the hook or of the journal.
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
    // The first failure is the reason for the end of the run.
    outcome.and_then(|report| told.map(|()| report))
}

/// Calls the context's snapshot hook with the turn.
///
/// # Errors
///
/// An error of kind [`Panicked`](ErrorKind::Panicked) if the hook panicked.
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

/// Returns the error of a provider call that the run's deadline ended.
pub(crate) fn time_is_up() -> EngineError {
    EngineError::new(ErrorKind::Timeout, "the run's time is up").with_retryable(false)
}

/// Returns `true` if a provider call failed because the run's deadline passed.
#[must_use]
pub fn is_time_up(ctx: &RunContext, error: &EngineError) -> bool {
    error.kind() == ErrorKind::Timeout && deadline_passed(ctx)
}

/// Awaits `work`. If the run must stop, cancels `ctx`, which notifies the work, and drops the work
/// [`TOOL_CANCEL_GRACE`] later; returns `None` in that case.
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
