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

/// Starts `run`, which holds the session's active place already. On an error the place is free
/// again and the history is as it was.
pub(crate) fn launch(session: &Session, run: &Arc<Run>, input: Input) -> Result<(), SessionError> {
    let started = prepare(session, run, input).and_then(|(ctx, runner, turn)| {
        let runtime = Handle::try_current().map_err(|_| SessionError::NoRuntime)?;
        Ok((ctx, runner, turn, runtime))
    });
    match started {
        Err(error) => {
            release(session, run);
            Err(error)
        }
        Ok((ctx, runner, turn, runtime)) => {
            let stream = session.stream();
            let pin = stream.subscribe();
            run.started(stream.last_seq());
            let guard = RunGuard::start(&ctx, last_prompt(&turn));
            let finisher = Finisher::new(session.clone(), Arc::clone(run), turn, guard, pin);
            runtime.spawn(drive(finisher, ctx, runner));
            Ok(())
        }
    }
}

type Prepared = (RunContext, Arc<dyn InferenceRunner>, Turn);

fn prepare(session: &Session, run: &Arc<Run>, input: Input) -> Result<Prepared, SessionError> {
    if Handle::try_current().is_err() {
        return Err(SessionError::NoRuntime);
    }
    let inner = &session.inner;
    let base = RunContext::for_stream(inner.stream.clone(), Arc::new(inner.ids.clone()))
        .with_cancellation(run.token.clone());
    let build = || {
        let ctx = inner.builder.prepare(base.with_run(&inner.id, &run.id, ""));
        let runner = inner.builder.build(&ctx, &inner.id)?;
        Ok((ctx, runner))
    };
    let panicked = |message| {
        let message = format!("the engine builder panicked: {message}");
        EngineError::new(ErrorKind::Panicked, message)
    };
    let (ctx, runner) = guarded_call(build)
        .unwrap_or_else(|message| Err(panicked(message)))
        .map_err(SessionError::Build)?;

    let mut state = session.lock();
    let empty = || SessionError::Empty {
        session_id: inner.id.clone(),
    };
    match input {
        Input::Prompt(prompt) => state.history.append_prompt(prompt, &inner.id, &inner.ids),
        Input::Latest if state.history.latest().is_none_or(Turn::is_empty) => return Err(empty()),
        Input::Latest => {}
    }
    let turn = state.history.begin(&inner.id, &run.id).ok_or_else(empty)?;
    let ctx = ctx.with_run(&inner.id, &run.id, &turn.id);
    Ok((ctx, runner, turn))
}

/// Frees the session's active place, if `run` holds it, and starts what waits in the queue.
pub(crate) fn release(session: &Session, run: &Arc<Run>) {
    let next = {
        let mut state = session.lock();
        if !state
            .active
            .as_ref()
            .is_some_and(|active| Arc::ptr_eq(active, run))
        {
            return;
        }
        let next = state.queue.pop();
        state.active = next.as_ref().map(|waiting| Arc::clone(&waiting.run));
        next
    };
    let Some(mut waiting) = next else {
        return;
    };
    let prompt = std::mem::take(&mut waiting.prompt);
    let run = Arc::clone(&waiting.run);
    if let Err(error) = launch(session, &run, Input::Prompt(prompt)) {
        let latest = session.latest().unwrap_or_default();
        let error = EngineError::new(ErrorKind::Other, error.to_string());
        waiting.never_runs(latest, error);
    }
}

async fn drive(mut finisher: Finisher, ctx: RunContext, runner: Arc<dyn InferenceRunner>) {
    let outcome = supervise(&mut finisher.turn, &ctx, &*runner).await;
    // Taken also where the run failed anyway: it is this run's panic, not the next one's.
    let outcome = match (outcome, finisher.session.inner.ids.take_panic()) {
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
        outcome = guarded(runner.run(ctx, turn)) => outcome.unwrap_or_else(|message| {
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
    let stored = time::timeout(PERSIST_TIMEOUT, guarded(runner.persist(ctx, turn, status))).await;
    match stored {
        Ok(Ok(Ok(()))) => None,
        Ok(Ok(Err(error))) => Some(error.to_string()),
        Ok(Err(panic)) => Some(format!("the persister panicked: {panic}")),
        Err(_) => Some(format!(
            "the persister took longer than {PERSIST_TIMEOUT:?}"
        )),
    }
}
