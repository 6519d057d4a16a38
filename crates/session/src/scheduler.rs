//! Scheduling: starts, queues or refuses prompts.

use std::sync::Arc;

use geppetto_engine::{EngineError, ErrorKind, RunContext, isolate, keys};
use geppetto_turns::Turn;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::{
    BusyPolicy, ExecutionHandle, RunOutcome, Session, SessionError,
    options::{Input, Options, Request},
    queue::{PauseReason, Waiting},
    run::{self, Pending, Run, launch, submitters},
    session::State,
    sync::{self, MutexGuard},
};

/// Maximum number of prompts that wait to join a run, in a session that does not queue prompts.
const MAX_JOINING: usize = 100;

/// Decision about a request.
enum Decision {
    /// The run holds the session's active slot.
    Runs(Arc<Run>, Request),
    /// The run waits in the queue.
    Waits(Arc<Run>),
    /// The run waits in the queue. It was submitted from inside of the run that it joins, which must
    /// not wait for itself.
    WaitsInside(Arc<Run>),
    /// A run whose terminal event may already have been published is about to release the session.
    Ending(Arc<Run>, Request),
}

/// Starts, queues or refuses `request`.
///
/// Prompts run in the order in which they arrive here. Only a prompt that neither queues nor
/// replaces waits inside this function, for a run whose terminal event may already have been
/// published. Until then nothing is changed, so that dropping the future has no effect.
pub(crate) async fn submit(
    session: &Session,
    mut request: Request,
) -> Result<ExecutionHandle, SessionError> {
    let recorded = request.options.recorded;
    let recorded = recorded.unwrap_or(session.inner.acknowledge_recorded);
    let run = loop {
        match decide(session, request)? {
            Decision::Ending(ending, unchanged) => {
                ending.wait().await;
                request = unchanged;
            }
            Decision::Runs(run, request) => {
                // Within a runtime other than the run's own, it cannot be built here.
                if !recorded && Handle::try_current().is_ok() {
                    let place = Pending::new(session, &run, release, SessionError::Cancelled);
                    place.start(request).await?;
                    return Ok(ExecutionHandle::new(session.clone(), run));
                }
                launch(session, &run, request, release)?;
                break run;
            }
            Decision::Waits(run) if recorded => break run,
            Decision::Waits(run) | Decision::WaitsInside(run) => {
                return Ok(ExecutionHandle::new(session.clone(), run));
            }
        }
    };
    let handle = ExecutionHandle::new(session.clone(), Arc::clone(&run));
    let mut dropped = Withdraw(Some(&handle));
    let begun = run.wait_begun().await;
    dropped.0 = None;
    begun.map(|()| handle.clone())
}

/// Withdraws a prompt whose submit is dropped.
struct Withdraw<'a>(Option<&'a ExecutionHandle>);

impl Drop for Withdraw<'_> {
    fn drop(&mut self) {
        if let Some(handle) = self.0 {
            handle.withdraw();
        }
    }
}

/// Like [`submit`], without waiting.
pub(crate) fn try_submit(
    session: &Session,
    request: Request,
) -> Result<ExecutionHandle, SessionError> {
    let run = match decide(session, request)? {
        Decision::Runs(run, request) => {
            launch(session, &run, request, release)?;
            run
        }
        Decision::Waits(run) | Decision::WaitsInside(run) => run,
        Decision::Ending(_, request) => behind_the_end(session, request)?,
    };
    Ok(ExecutionHandle::new(session.clone(), run))
}

/// Lets a run wait for one that is about to release the session, in a session without a queue.
fn behind_the_end(session: &Session, request: Request) -> Result<Arc<Run>, SessionError> {
    let mut state = session.lock();
    let is_busy = state.active.as_ref().is_some_and(|run| !run.is_ending());
    if is_busy || !state.queue.is_empty() {
        return Err(session.busy());
    }
    if let Some(reason) = &state.paused {
        return Err(session.queue_is_paused(reason));
    }
    let run = new_run(session, &request.options)?;
    if state.active.is_none() {
        state.active = Some(Arc::clone(&run));
        drop(state);
        launch(session, &run, request, release)?;
    } else {
        leave_when_cancelled(session, &run, &request.options);
        state.queue.push(Waiting::new(&run, request));
    }
    Ok(run)
}

/// A refused request is dropped after the lock is released, because it contains foreign code.
fn decide(session: &Session, request: Request) -> Result<Decision, SessionError> {
    let mut state = session.lock();
    if state.is_free_for(&request.input) {
        let run = new_run(session, &request.options)?;
        state.active = Some(Arc::clone(&run));
        return Ok(Decision::Runs(run, request));
    }
    let is_running = state.active.as_ref().is_some_and(|run| !run.is_ending());
    match (session.inner.policy, &request.input) {
        (BusyPolicy::Queue { max }, Input::Prompt(_)) => {
            return enqueue(session, request, state, max);
        }
        _ if request.may_join() && (is_running || state.has_waiting()) => {
            return enqueue(session, request, state, MAX_JOINING);
        }
        (BusyPolicy::Replace, _) => return replace(session, request, state).map(Decision::Waits),
        _ => {}
    }
    match (&state.active, &state.paused) {
        (Some(active), _) if active.is_ending() => {
            Ok(Decision::Ending(Arc::clone(active), request))
        }
        (None, Some(reason)) => Err(session.queue_is_paused(reason)),
        _ => Err(session.busy()),
    }
}

fn enqueue(
    session: &Session,
    request: Request,
    mut state: MutexGuard<'_, State>,
    max: usize,
) -> Result<Decision, SessionError> {
    let active = state.active.as_ref().filter(|run| !run.is_ending());
    // The slot of an ending run is as good as free, unless nothing will claim it.
    let is_next = active.is_none() && state.paused.is_none();
    let room = max.saturating_add(usize::from(is_next));
    if state.queue.len() >= room {
        return Err(SessionError::QueueFull {
            session_id: session.id().to_owned(),
            max,
        });
    }
    let inside_of = submitters(parent(session, &request.options));
    let is_inside = active.is_some_and(|run| inside_of.contains(&run.id));
    if is_inside && !request.may_join() {
        return Err(SessionError::InsideOwnRun {
            session_id: session.id().to_owned(),
        });
    }
    let run = new_run(session, &request.options)?;
    leave_when_cancelled(session, &run, &request.options);
    state.queue.push(Waiting::new(&run, request));
    session.queue_changed(&state);
    Ok(match is_inside {
        true => Decision::WaitsInside(run),
        false => Decision::Waits(run),
    })
}

/// Cancels the running inference, replaces the waiting prompts, and waits as the next one.
fn replace(
    session: &Session,
    request: Request,
    mut state: MutexGuard<'_, State>,
) -> Result<Arc<Run>, SessionError> {
    let run = new_run(session, &request.options)?;
    leave_when_cancelled(session, &run, &request.options);
    let replaced = state.queue.replace(Waiting::new(&run, request));
    session.queue_changed(&state);
    let active = state.active.clone();
    let latest = state.history.latest().cloned();
    drop(state);
    if let Some(active) = active {
        active.token.cancel();
    }
    for waiting in replaced {
        was_replaced(&waiting.run, latest.clone());
    }
    Ok(run)
}

/// Ends a run that a newer prompt replaced.
pub(crate) fn was_replaced(run: &Run, latest: Option<Turn>) {
    let error = EngineError::new(
        ErrorKind::Cancelled,
        "a newer prompt replaced this one before it ran",
    );
    let latest = latest.unwrap_or_default();
    run.finished(RunOutcome::never_ran(latest, Arc::new(error)));
}

/// Removes a prompt from the queue when the token or the parent of its run is cancelled: what is
/// before it may take long, or not end at all.
fn leave_when_cancelled(session: &Session, run: &Arc<Run>, options: &Options) {
    if options.token.is_none() && parent(session, options).is_none() {
        return;
    }
    // A waiting prompt does not keep its session, and this task keeps neither.
    let (inner, id) = (Arc::downgrade(&session.inner), run.id.clone());
    let (token, left) = (run.token.clone(), run.leaves_queue());
    sync::spawn(&run.runtime, async move {
        tokio::select! {
            () = token.cancelled() => {}
            () = left => return,
        }
        if let Some(inner) = inner.upgrade() {
            Session { inner }.remove_queued(&id);
        }
    });
}

fn parent<'a>(session: &'a Session, options: &'a Options) -> Option<&'a RunContext> {
    options.parent.as_ref().or(session.inner.parent.as_ref())
}

fn new_run(session: &Session, options: &Options) -> Result<Arc<Run>, SessionError> {
    let inner = &session.inner;
    let runtime = match (Handle::try_current(), &inner.runtime) {
        (Ok(current), _) => current,
        (Err(_), Some(own)) => own.clone(),
        (Err(_), None) => return Err(SessionError::NoRuntime),
    };
    let id = isolate::call(|| inner.ids.next_id())
        .map_err(|message| run::panicked("id source", &message))?;
    let parent = parent(session, options);
    let of_parent = parent.map(RunContext::cancellation);
    let token = of_parent.or(options.token.as_ref());
    let token = token.map_or_else(CancellationToken::new, CancellationToken::child_token);
    let last_seq = inner.stream.last_seq();
    let run = Arc::new(Run::new(id, last_seq, token, parent, runtime));
    if let (Some(_), Some(given)) = (of_parent, &options.token) {
        // A token has one parent; a task watches the other.
        let (run, given) = (Arc::clone(&run), given.clone());
        let runtime = run.runtime.clone();
        sync::spawn(&runtime, async move {
            tokio::select! {
                () = given.cancelled() => run.token.cancel(),
                _ = run.wait() => {}
            }
        });
    }
    Ok(run)
}

/// Releases the session's active slot, whose run is over or could not start, and starts the next
/// queued prompt, unless `pause` has a reason against it.
fn release(session: &Session, pause: Option<PauseReason>) {
    let mut state = session.lock();
    state.active = None;
    let waits = |state: &State| {
        let latest = state.history.latest();
        latest.is_some_and(|latest| latest.metadata.contains(&keys::WAITING_FOR))
    };
    if state.paused.as_ref().is_some_and(PauseReason::is_wait) && !waits(&state) {
        session.unpause(&mut state);
    }
    session.end_empty_pause(&mut state);
    let queues = matches!(session.inner.policy, BusyPolicy::Queue { .. });
    if let Some(reason) = pause.filter(|_| state.queue.has_next(queues)) {
        session.pause(&mut state, reason);
    }
    start_next(session, state);
}

/// Starts the next queued prompt, if the session's active slot is free.
///
/// One caller at a time starts prompts, in a loop: a prompt that cannot start, or whose run ends at
/// once because its runtime is shutting down, must not start the next one from within its own end,
/// or a long queue would overflow the stack.
pub(crate) fn start_next(session: &Session, mut state: MutexGuard<'_, State>) {
    if state.handing_over {
        return;
    }
    let mut next = state.hand_over();
    drop(state);
    while let Some(Waiting { run, request, .. }) = next {
        // An error that prevents it from starting is in its outcome.
        let _ = launch(session, &run, request, release);
        next = session.lock().hand_over();
    }
}
