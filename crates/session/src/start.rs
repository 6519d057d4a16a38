//! How a run starts and is driven to its end.

use std::{sync::Arc, time::Duration};

use geppetto_engine::{
    EngineError, ErrorKind, InferenceRunner, RunContext, RunGuard, RunReport, RunStatus, isolate,
};
use geppetto_turns::{Block, Turn};
use tokio::{runtime::Handle, time};

use crate::{
    Session, SessionError,
    finisher::Finisher,
    guarded::{guarded, guarded_call},
    handle::Run,
    history::last_prompt,
    sync::spawn,
};

/// How long after a cancel a run is abandoned that does not end by itself: 95 ms, so that its
/// terminal event is out within 100 ms. Tools have a shorter grace of their own before.
pub const ABANDON_AFTER: Duration = Duration::from_millis(95);

/// How long storing a turn may take before that counts as failed: 30 s.
pub const PERSIST_TIMEOUT: Duration = Duration::from_secs(30);

pub(crate) enum Input {
    /// A new turn: the latest one and this prompt.
    Prompt(Vec<Block>),
    /// The latest turn as it is.
    Latest,
}

/// Starts `run`, which holds the session's active place. On an error the history is as it was, and
/// the place is the caller's to free.
pub(crate) fn launch(session: &Session, run: &Arc<Run>, input: Input) -> Result<(), SessionError> {
    let runtime = Handle::try_current().map_err(|_| SessionError::NoRuntime)?;
    // What is left to panic in there is the source of ids, before it has changed anything.
    let (ctx, runner, turn) = guarded_call(|| prepare(session, run, input))
        .unwrap_or_else(|message| Err(panicked("id source", &message)))?;
    let pin = session.stream().subscribe();
    run.started(session.stream().last_seq());
    let guard = RunGuard::start(&ctx, last_prompt(&turn));
    let finisher = Finisher::new(session.clone(), Arc::clone(run), turn, guard, pin);
    spawn(&runtime, drive(finisher, ctx, runner));
    Ok(())
}

type Prepared = (RunContext, Arc<dyn InferenceRunner>, Turn);

fn prepare(session: &Session, run: &Arc<Run>, input: Input) -> Result<Prepared, SessionError> {
    let inner = &session.inner;
    let base = RunContext::for_stream(inner.stream.clone(), Arc::clone(&inner.ids))
        .with_cancellation(run.token.clone());
    let build = || {
        let ctx = inner.builder.prepare(base.with_run(&inner.id, &run.id, ""));
        let runner = inner.builder.build(&ctx, &inner.id)?;
        Ok((ctx, runner))
    };
    let built = guarded_call(build).map_err(|message| panicked("engine builder", &message))?;
    let (ctx, runner) = built.map_err(SessionError::Build)?;

    let mut state = session.lock();
    let empty = || SessionError::Empty {
        session_id: inner.id.clone(),
    };
    match input {
        Input::Prompt(prompt) => state.history.append_prompt(prompt, &inner.id, &*inner.ids),
        Input::Latest if state.history.latest().is_none_or(Turn::is_empty) => return Err(empty()),
        Input::Latest => {}
    }
    let turn = state.history.begin(&inner.id, &run.id).ok_or_else(empty)?;
    let ctx = ctx.with_run(&inner.id, &run.id, &turn.id);
    Ok((ctx, runner, turn))
}

/// The error of a run that a panic kept from starting.
pub(crate) fn panicked(who: &str, message: &str) -> SessionError {
    let message = format!("the {who} panicked: {message}");
    SessionError::Build(EngineError::new(ErrorKind::Panicked, message))
}

/// Frees the session's active place, if `run` holds it, and starts what waits in the queue.
///
/// One caller at a time does the starting, in a loop: a prompt that cannot start, or whose run is
/// over at once because its runtime is shutting down, must not make the next one start from
/// inside of its own end, or a long queue would need a stack as long.
pub(crate) fn release(session: &Session, run: &Arc<Run>) {
    let mut next = {
        let mut state = session.lock();
        if !state.is_active(run) {
            return;
        }
        state.active = None;
        if state.handing_over {
            return;
        }
        state.hand_over()
    };
    while let Some(mut waiting) = next {
        let prompt = std::mem::take(&mut waiting.prompt);
        let run = Arc::clone(&waiting.run);
        let failed = launch(session, &run, Input::Prompt(prompt)).err();
        let mut state = session.lock();
        if failed.is_some() && state.is_active(&run) {
            state.active = None;
        }
        next = state.hand_over();
        let latest = state.history.latest().cloned();
        drop(state);
        if let Some(error) = failed {
            let error = EngineError::new(ErrorKind::Other, error.to_string());
            waiting.never_runs(latest.unwrap_or_default(), error);
        }
    }
}

async fn drive(mut finisher: Finisher, ctx: RunContext, runner: Arc<dyn InferenceRunner>) {
    let outcome = supervise(&mut finisher.turn, &ctx, &*runner).await;
    let outcome = match (outcome, ctx.take_id_source_panic()) {
        (Ok(_), Some(message)) => Err(isolate::panicked("the id source", &message)),
        (outcome, _) => outcome,
    };
    let status = RunStatus::from(&outcome);
    let persist_error = persist(&finisher.turn, &ctx, &*runner, &status).await;
    finisher.end(outcome, persist_error);
}

/// Runs to the end, or until a cancelled run has had its grace.
async fn supervise(
    turn: &mut Turn,
    ctx: &RunContext,
    runner: &dyn InferenceRunner,
) -> Result<RunReport, EngineError> {
    let abandoned = async {
        ctx.cancelled().await;
        time::sleep(ABANDON_AFTER).await;
    };
    tokio::select! {
        biased;
        // Made inside of the guard: a runner may panic before it gives a future.
        outcome = guarded(async { runner.run(ctx, turn).await }) => outcome.unwrap_or_else(|message| {
            let message = format!("the run panicked: {message}");
            Err(EngineError::new(ErrorKind::Panicked, message))
        }),
        () = abandoned => Err(EngineError::cancelled()),
    }
}

/// Stores the turn; says what went wrong. A cancel does not touch it.
async fn persist(
    turn: &Turn,
    ctx: &RunContext,
    runner: &dyn InferenceRunner,
    status: &RunStatus,
) -> Option<String> {
    let stored = guarded(async { runner.persist(ctx, turn, status).await });
    let stored = time::timeout(PERSIST_TIMEOUT, stored).await;
    match stored {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(error.to_string()),
        Ok(Err(panic)) => Some(format!("the persister panicked: {panic}")),
        Err(_) => Some(format!(
            "the persister took longer than {PERSIST_TIMEOUT:?}"
        )),
    }
}
