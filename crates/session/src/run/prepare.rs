//! Preparation of a run before its start.

use std::{collections::HashSet, sync::Arc};

use geppetto_engine::{
    BuiltRun, ConfigError, Decision, EngineBuilder, EngineError, ErrorKind, InferenceRunner,
    PendingCall, ReplacesTurn, RunContext, isolate, steps,
};
use geppetto_turns::Turn;

use super::{Run, journals::journaled, panicked};
use crate::{
    Session, SessionError,
    history::{Place, identify, stamp},
    options::{Edit, Options, Request},
    queue::Joins,
};

/// A run that is ready to start.
pub(super) struct Ready {
    pub(super) ctx: RunContext,
    pub(super) runner: Arc<dyn InferenceRunner>,
    pub(super) turn: Turn,
    pub(super) place: Place,
}

/// Builds a run that holds the session's active slot. Leaves the history unchanged; no other task
/// can change it in the meantime.
pub(super) async fn prepare(
    session: &Session,
    run: &Arc<Run>,
    request: Request,
) -> Result<Ready, SessionError> {
    let recorded = request
        .options
        .recorded
        .unwrap_or(session.inner.acknowledge_recorded);
    // Only the id source can still panic in there.
    let planned = isolate::call(|| plan(session, run, request))
        .unwrap_or_else(|message| Err(panicked("id source", &message)));
    let Planned {
        base,
        turn,
        place,
        builder,
    } = planned?;
    let BuiltRun {
        mut ctx, runner, ..
    } = build(&*builder, base, run).await?;
    if let Some(recorder) = &session.inner.recorder {
        ctx = journaled(ctx, Arc::clone(recorder));
    }
    if recorded {
        record(&ctx, &turn, run).await?;
        ctx = ctx.with_start_recorded();
    }
    Ok(Ready {
        ctx,
        runner,
        turn,
        place,
    })
}

struct Planned {
    base: RunContext,
    turn: Turn,
    place: Place,
    builder: Arc<dyn EngineBuilder>,
}

/// Returns the turn on which the run starts, and the context it is built with.
fn plan(session: &Session, run: &Arc<Run>, request: Request) -> Result<Planned, SessionError> {
    let inner = &session.inner;
    let Request { input, mut options } = request;
    let (turn, builder, limits, totals) = {
        let state = session.lock();
        let history = &state.history;
        (
            history.turn_for(input, &inner.id, &*inner.ids),
            Arc::clone(&state.builder),
            state.limits,
            history.totals().clone(),
        )
    };
    let empty = || SessionError::Empty {
        session_id: inner.id.clone(),
    };
    let Some((mut turn, place, earlier)) = turn else {
        return Err(empty());
    };
    if let Some(earlier) = earlier {
        options.settings = options.settings.or(&earlier);
    }
    if let Place::Replaces(replaced) = &place {
        options.extensions = options.extensions.with(ReplacesTurn::clone(replaced));
    }
    check(&options).map_err(|error| SessionError::Build(Arc::new(error.into())))?;
    check_decisions(options.decisions.as_deref(), &turn, &inner.id)?;
    edit(&mut turn, std::mem::take(&mut options.edits), session)?;
    if turn.is_empty() {
        return Err(empty());
    }
    stamp(&mut turn, &inner.id, &run.id, &options.settings);
    let builder = options.builder.take().unwrap_or(builder);
    let mut base = context(session, run, options).with_run(&inner.id, &run.id, &turn.id);
    if limits != geppetto_engine::Limits::default() {
        base = base.with_limits(limits, totals);
    }
    Ok(Planned {
        base,
        turn,
        place,
        builder,
    })
}

fn check(options: &Options) -> Result<(), ConfigError> {
    options.settings.validate()?;
    if options.time_limit.is_some_and(|limit| limit.is_zero()) {
        return Err(ConfigError::new(
            "time_limit",
            "is 0; allowed is more than that",
        ));
    }
    Ok(())
}

/// Checks that an answer has something to answer, that each decision refers to a waiting call, and
/// that there is one per call.
fn check_decisions(
    decisions: Option<&[(String, Decision)]>,
    turn: &Turn,
    session_id: &str,
) -> Result<(), SessionError> {
    let Some(decisions) = decisions else {
        return Ok(());
    };
    let waits = PendingCall::of(turn);
    if decisions.is_empty() && waits.is_empty() {
        let session_id = session_id.to_owned();
        return Err(SessionError::NothingWaits { session_id });
    }
    let waits: HashSet<&str> = waits.iter().map(|own| own.call_id.as_str()).collect();
    let mut decided = HashSet::new();
    for (id, _) in decisions {
        let (session_id, call_id) = (session_id.to_owned(), id.clone());
        if !decided.insert(id.as_str()) {
            return Err(SessionError::DecidedTwice { call_id });
        }
        if waits.contains(id.as_str()) {
            continue;
        }
        let answer = turn.tool_answer(id);
        return Err(match answer {
            Some(_) => SessionError::AlreadyAnswered {
                session_id,
                call_id,
            },
            None => SessionError::NotWaiting {
                session_id,
                call_id,
            },
        });
    }
    Ok(())
}

fn edit(turn: &mut Turn, edits: Vec<Edit>, session: &Session) -> Result<(), SessionError> {
    if edits.is_empty() {
        return Ok(());
    }
    let before = turn.blocks.clone();
    for edit in edits {
        isolate::call(|| edit(turn)).map_err(|message| panicked("edit of the turn", &message))?;
    }
    let from = turn.blocks.common_prefix(&before);
    identify(turn, from, session.id(), &*session.inner.ids);
    Ok(())
}

fn context(session: &Session, run: &Arc<Run>, options: Options) -> RunContext {
    let inner = &session.inner;
    let mut base = RunContext::for_stream(inner.stream.clone(), Arc::clone(&inner.ids));
    if let Some(parent) = options.parent.as_ref().or(inner.parent.as_ref()) {
        base = base.with_parent(parent);
    }
    base = base
        .with_cancellation(run.token.clone())
        .with_input(Arc::new(Joins::new(session, run)))
        .with_lineage(run.lineage.iter().cloned())
        .with_event_sinks(options.sinks)
        .with_default_extensions(&options.extensions)
        .with_run_settings(options.settings)
        .with_decisions(options.decisions.unwrap_or_default());
    if let Some(deadline) = options.deadline {
        base = base.with_deadline(deadline);
    }
    if let Some(limit) = options.time_limit {
        base = base.with_time_limit(limit);
    }
    base
}

async fn build(
    builder: &dyn EngineBuilder,
    base: RunContext,
    run: &Run,
) -> Result<BuiltRun, SessionError> {
    let ctx = base.clone();
    // Created inside the isolation, because a builder may panic before it returns a future.
    let built = isolate::Isolated::new(async { builder.build(base).await });
    tokio::select! {
        biased;
        built = built => match built {
            Ok(built) => built.map_err(|error| SessionError::Build(Arc::new(error))),
            Err(message) => Err(panicked("engine builder", &message)),
        },
        () = steps::stopped(&ctx) => Err(not_built(run)),
    }
}

/// Returns the reason why a stopped run was not built.
fn not_built(run: &Run) -> SessionError {
    if run.token.is_cancelled() {
        return SessionError::Cancelled;
    }
    let message = "the engine builder took longer than the run may take";
    let error = EngineError::new(ErrorKind::Timeout, message).with_retryable(false);
    SessionError::Build(Arc::new(error))
}

/// Awaits the journal's barrier. A cancellation in the meantime does not interrupt it, and is
/// reported to the journal.
async fn record(ctx: &RunContext, turn: &Turn, run: &Run) -> Result<(), SessionError> {
    let refused = |error| SessionError::NotRecorded(Arc::new(error));
    steps::start(ctx, turn).await.map_err(refused)?;
    if !run.token.is_cancelled() {
        return Ok(());
    }
    // The journal's result is ignored: the run does not start.
    let _ = steps::withdraw(ctx, turn).await;
    Err(SessionError::Cancelled)
}
