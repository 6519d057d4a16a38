//! Execution of a run until its end.

use std::{
    future::Future,
    sync::{Arc, OnceLock},
    time::Duration,
};

use geppetto_engine::{
    EngineError, ErrorKind, InferenceRunner, Recorder, RunContext, RunReport, RunStatus,
    StoreError,
    isolate::{self, Isolated},
};
use geppetto_turns::Turn;
use tokio::time::{self, Instant};

use super::finisher::{FENCED, Finisher};

/// Delay after a cancellation until an unresponsive run is abandoned: 95 ms, so that its terminal
/// event is published within 100 ms. Tools have their own, shorter grace period before that.
pub const ABANDON_AFTER: Duration = Duration::from_millis(95);

/// Delay after a cancellation until its run no longer waits for the recorder: 99 ms.
const RECORD_AFTER_CANCEL: Duration = Duration::from_millis(99);

/// Time limit for storing a turn, after which storing counts as failed: 30 s.
pub const PERSIST_TIMEOUT: Duration = Duration::from_secs(30);

pub(super) async fn drive(mut finisher: Box<Finisher>) {
    let ctx = finisher.ctx.clone();
    let runner = finisher.runner.clone();
    let cancelled_at = OnceLock::new();
    let outcome = supervise(&mut finisher.turn, &ctx, &*runner, &cancelled_at).await;
    let outcome = match (outcome, ctx.take_id_source_panic()) {
        (Ok(_), Some(message)) => Err(isolate::panicked("the id source", &message)),
        (Err(error), _) if is_end_of_cancelled(&error, &ctx) => {
            Err(ctx.cancelled_error().with_source(error))
        }
        (outcome, _) => outcome,
    };
    let status = RunStatus::from(&outcome);
    finisher.stamp(outcome.as_ref());
    let is_fenced = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Fenced);
    finisher.known = Some(outcome);
    if is_fenced {
        finisher.end(Some(FENCED.to_owned()));
        return;
    }
    let recorder = finisher.session.inner.recorder.clone();
    let stored = match persist(&finisher.turn, &ctx, &*runner, &status).await {
        NotStored::No => record(&finisher.turn, recorder, &status, cancelled_at.get()).await,
        failed => failed,
    };
    let persist_error = match stored {
        NotStored::No => None,
        NotStored::Because(message) => Some(message),
        NotStored::Fenced(message) => {
            let error = EngineError::new(ErrorKind::Fenced, message);
            finisher.stamp(Err(&error));
            finisher.known = Some(Err(error));
            Some(FENCED.to_owned())
        }
    };
    finisher.end(persist_error);
}

/// Outcome of storing a turn.
enum NotStored {
    No,
    Because(String),
    /// Another process owns the session, which determines the outcome of the run.
    Fenced(String),
}

/// Returns `true` if an error is the result of a cancellation: engines and tools report an aborted
/// request in different ways.
fn is_end_of_cancelled(error: &EngineError, ctx: &RunContext) -> bool {
    ctx.is_cancelled() && !error.is_cancelled() && error.kind() != ErrorKind::Panicked
}

/// Runs to the end, or until the grace period of a cancelled run is over.
async fn supervise(
    turn: &mut Turn,
    ctx: &RunContext,
    runner: &dyn InferenceRunner,
    cancelled_at: &OnceLock<Instant>,
) -> Result<RunReport, EngineError> {
    let abandoned = async {
        ctx.cancelled().await;
        let at = *cancelled_at.get_or_init(Instant::now);
        time::sleep_until(at + ABANDON_AFTER).await;
    };
    // Created inside the isolation, because a runner may panic before it returns a future.
    let run = ctx.scope(async { runner.run(ctx, turn).await });
    tokio::select! {
        biased;
        outcome = Isolated::new(run) => outcome.unwrap_or_else(|message| {
            let message = format!("the run panicked: {message}");
            Err(EngineError::new(ErrorKind::Panicked, message))
        }),
        () = abandoned => Err(ctx.cancelled_error()),
    }
}

/// Stores the turn. A cancellation does not interrupt it.
async fn persist(
    turn: &Turn,
    ctx: &RunContext,
    runner: &dyn InferenceRunner,
    status: &RunStatus,
) -> NotStored {
    let stored = async { runner.persist(ctx, turn, status).await };
    not_stored(PERSIST_TIMEOUT, took_too_long, stored).await
}

/// Records the turn. A cancelled run does not wait for a slow recorder, which stores the turn later.
async fn record(
    turn: &Turn,
    recorder: Option<Arc<dyn Recorder>>,
    status: &RunStatus,
    cancelled_at: Option<&Instant>,
) -> NotStored {
    let Some(recorder) = recorder else {
        return NotStored::No;
    };
    let mut limit = PERSIST_TIMEOUT;
    if *status == RunStatus::Cancelled {
        let since = cancelled_at.map_or(Duration::ZERO, Instant::elapsed);
        limit = RECORD_AFTER_CANCEL.saturating_sub(since);
    }
    let late = || match limit {
        PERSIST_TIMEOUT => took_too_long(),
        _ => format!(
            "no confirmation within {RECORD_AFTER_CANCEL:?} of the cancellation; the store is still writing"
        ),
    };
    let stored = async { recorder.persist(turn, status).await };
    not_stored(limit, late, stored).await
}

fn took_too_long() -> String {
    format!("the persister took longer than {PERSIST_TIMEOUT:?}")
}

async fn not_stored(
    limit: Duration,
    late: impl FnOnce() -> String + Send,
    stored: impl Future<Output = Result<(), StoreError>> + Send,
) -> NotStored {
    match time::timeout(limit, Isolated::new(stored)).await {
        Ok(Ok(Ok(()))) => NotStored::No,
        Ok(Ok(Err(error))) if error.is_fenced() => NotStored::Fenced(error.to_string()),
        Ok(Ok(Err(error))) => NotStored::Because(error.to_string()),
        Ok(Err(panic)) => NotStored::Because(format!("the persister panicked: {panic}")),
        Err(_) => NotStored::Because(late()),
    }
}
