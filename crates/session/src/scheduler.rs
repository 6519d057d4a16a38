//! Which prompt runs, which waits, and which is refused.

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, isolate};

use crate::{
    BusyPolicy, ExecutionHandle, RunOutcome, Session, SessionError,
    queue::Waiting,
    run::{self, Input, Run, launch, submitters},
    session::State,
    sync::MutexGuard,
};

/// Starts `input`, or lets it wait, or refuses it.
///
/// Prompts run in the order in which they get here: only one that is neither queued nor replacing
/// waits in here, for a run whose terminal event may already have been published. Until then
/// nothing is changed, so that giving up leaves nothing behind.
pub(crate) async fn start(
    session: &Session,
    input: Input,
) -> Result<ExecutionHandle, SessionError> {
    loop {
        let ending = {
            let mut state = session.lock();
            if state.is_free() {
                let run = new_run(session)?;
                state.active = Some(Arc::clone(&run));
                drop(state);
                return start_now(session, run, input);
            }
            match (session.inner.policy, &input) {
                (BusyPolicy::Queue { max }, Input::Prompt(_)) => {
                    return enqueue(session, state, input, max);
                }
                (BusyPolicy::Replace, _) => return replace(session, state, input),
                _ => {}
            }
            match &state.active {
                Some(active) if active.is_ending() => Arc::clone(active),
                _ => return Err(session.busy()),
            }
        };
        ending.wait().await;
    }
}

fn start_now(
    session: &Session,
    run: Arc<Run>,
    input: Input,
) -> Result<ExecutionHandle, SessionError> {
    match launch(session, &run, input, release) {
        Ok(()) => Ok(ExecutionHandle::new(session.clone(), run)),
        Err(error) => {
            release(session);
            Err(error)
        }
    }
}

fn enqueue(
    session: &Session,
    mut state: MutexGuard<'_, State>,
    input: Input,
    max: usize,
) -> Result<ExecutionHandle, SessionError> {
    let active = state.active.as_ref().filter(|run| !run.is_ending());
    // The place of a run that is ending is as good as free.
    let room = max.saturating_add(usize::from(active.is_none()));
    if state.queue.len() >= room {
        return Err(SessionError::QueueFull {
            session_id: session.id().to_owned(),
            max,
        });
    }
    let inside_of = submitters(session.inner.parent.as_ref());
    if active.is_some_and(|run| inside_of.contains(&run.id)) {
        return Err(SessionError::InsideOwnRun {
            session_id: session.id().to_owned(),
        });
    }
    let run = new_run(session)?;
    state.queue.push(Waiting {
        run: Arc::clone(&run),
        input,
    });
    Ok(ExecutionHandle::new(session.clone(), run))
}

/// Cancels what runs, takes the place of what waits, and is next.
fn replace(
    session: &Session,
    mut state: MutexGuard<'_, State>,
    input: Input,
) -> Result<ExecutionHandle, SessionError> {
    let run = new_run(session)?;
    let replaced = state.queue.replace(Waiting {
        run: Arc::clone(&run),
        input,
    });
    let active = state.active.clone();
    let latest = state.history.latest().cloned().unwrap_or_default();
    drop(state);
    if let Some(active) = active {
        active.token.cancel();
    }
    for waiting in replaced {
        let error = EngineError::new(
            ErrorKind::Cancelled,
            "a newer prompt replaced this one before it ran",
        );
        waiting
            .run
            .finished(RunOutcome::never_ran(latest.clone(), error));
    }
    Ok(ExecutionHandle::new(session.clone(), run))
}

fn new_run(session: &Session) -> Result<Arc<Run>, SessionError> {
    let inner = &session.inner;
    let id = isolate::call(|| inner.ids.next_id())
        .map_err(|message| run::panicked("id source", &message))?;
    let run = Run::new(id, inner.stream.last_seq(), inner.parent.as_ref())?;
    Ok(Arc::new(run))
}

/// Frees the session's active place, whose run is over or could not start, and starts what waits
/// in the queue.
///
/// One caller at a time does the starting, in a loop: a prompt that cannot start, or whose run is
/// over at once because its runtime is shutting down, must not make the next one start from
/// inside of its own end, or a long queue would need a stack as long.
fn release(session: &Session) {
    let mut next = {
        let mut state = session.lock();
        state.active = None;
        if state.handing_over {
            return;
        }
        state.hand_over()
    };
    while let Some(Waiting { run, input }) = next {
        let failed = launch(session, &run, input, release).err();
        let mut state = session.lock();
        if failed.is_some() {
            state.active = None;
        }
        next = state.hand_over();
        let latest = state.history.latest().cloned();
        drop(state);
        if let Some(error) = failed {
            let error = EngineError::new(ErrorKind::Other, error.to_string());
            run.finished(RunOutcome::never_ran(latest.unwrap_or_default(), error));
        }
    }
}
