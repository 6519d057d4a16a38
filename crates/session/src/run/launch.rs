//! How a run starts.

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, InferenceRunner, RunContext, RunGuard, isolate};
use geppetto_turns::{Block, Turn};
use tracing::Instrument;

use super::{
    Run,
    drive::drive,
    finisher::{Finisher, Release},
};
use crate::{Session, SessionError, history::last_prompt, sync::spawn};

/// What a run begins with.
#[derive(Debug)]
pub(crate) enum Input {
    /// A new turn: the latest one and this prompt.
    Prompt(Vec<Block>),
    /// The latest turn, unchanged.
    Latest,
}

/// Starts `run`, which holds the session's active place; `release` frees the place when it is
/// over. On an error the history is as it was, and the place is the caller's to free.
pub(crate) fn launch(
    session: &Session,
    run: &Arc<Run>,
    input: Input,
    release: Release,
) -> Result<(), SessionError> {
    // What is left to panic in there is the source of ids, before it has changed anything.
    let (ctx, runner, turn) = isolate::call(|| prepare(session, run, input))
        .unwrap_or_else(|message| Err(panicked("id source", &message)))?;
    let pin = session.stream().subscribe();
    run.started(session.stream().last_seq());
    let guard = RunGuard::start(&ctx, last_prompt(&turn));
    let finisher = Finisher {
        session: session.clone(),
        run: Arc::clone(run),
        turn,
        ctx,
        runner,
        known: None,
        guard: Some(guard),
        release,
        _pin: pin,
    };
    spawn(&run.runtime, drive(finisher).instrument(run.span.clone()));
    Ok(())
}

type Prepared = (RunContext, Arc<dyn InferenceRunner>, Turn);

fn prepare(session: &Session, run: &Arc<Run>, input: Input) -> Result<Prepared, SessionError> {
    let inner = &session.inner;
    let mut base = RunContext::for_stream(inner.stream.clone(), Arc::clone(&inner.ids));
    if let Some(parent) = &inner.parent {
        base = base.with_parent(parent);
    }
    let base = base
        .with_cancellation(run.token.clone())
        .with_lineage(run.lineage.iter().cloned());
    let build = || {
        let ctx = inner.builder.prepare(base.with_run(&inner.id, &run.id, ""));
        let runner = inner.builder.build(&ctx, &inner.id)?;
        Ok((ctx, runner))
    };
    let built = isolate::call(build).map_err(|message| panicked("engine builder", &message))?;
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
