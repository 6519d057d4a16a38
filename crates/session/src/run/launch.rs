//! Start of a run.

use std::{
    future::Future as _,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use geppetto_engine::RunGuard;
use geppetto_events::kind::RunStarted;
use tracing::Instrument;

use super::{
    Run,
    drive::drive,
    finisher::{Finisher, Release},
    prepare::{Ready, prepare},
};
use crate::{Session, SessionError, history::last_prompt, options::Request, sync::spawn};

/// A run that holds the session's active slot and has not started. If dropped, it releases the
/// slot, and the run is over.
pub(crate) struct Pending {
    session: Session,
    run: Arc<Run>,
    release: Release,
    /// Error of the run if this is dropped.
    dropped: Option<SessionError>,
}

impl Pending {
    /// `dropped` is the error of the run if this is dropped before the start.
    pub(crate) fn new(
        session: &Session,
        run: &Arc<Run>,
        release: Release,
        dropped: SessionError,
    ) -> Self {
        Self {
            session: session.clone(),
            run: Arc::clone(run),
            release,
            dropped: Some(dropped),
        }
    }

    /// Builds the run and starts it on a separate task.
    ///
    /// # Errors
    ///
    /// The error that prevents it from starting. In this case the history is unchanged, the slot is
    /// free, and the run is over.
    pub(crate) async fn start(mut self, request: Request) -> Result<(), SessionError> {
        let finisher = self.begin(request).await?;
        let run = &self.run;
        spawn(&run.runtime, drive(finisher).instrument(run.span.clone()));
        Ok(())
    }

    async fn begin(&mut self, request: Request) -> Result<Box<Finisher>, SessionError> {
        match prepare(&self.session, &self.run, request).await {
            Ok(ready) => {
                self.dropped = None;
                Ok(begin(&self.session, &self.run, ready, self.release))
            }
            Err(error) => {
                self.dropped = None;
                self.give_up(error.clone());
                Err(error)
            }
        }
    }

    fn give_up(&self, error: SessionError) {
        let latest = self.session.latest();
        let inner = &self.session.inner;
        let ended = Err(&*error.to_engine_error());
        let pause = inner.pause_after.reason(ended);
        (self.release)(&self.session, pause);
        self.run.not_started(latest, error);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(error) = self.dropped.take() {
            self.give_up(error);
        }
    }
}

/// Builds and drives a run on a separate task. `release` releases the session's active slot, which
/// the run holds, when the run is over.
///
/// If the builder does not wait, the run is built synchronously: the prompt is then in the history
/// when this returns, even on a runtime that is shutting down.
///
/// # Errors
///
/// The error that prevents the run from starting, if it is known immediately. It is the run's
/// outcome as well.
pub(crate) fn launch(
    session: &Session,
    run: &Arc<Run>,
    request: Request,
    release: Release,
) -> Result<(), SessionError> {
    let mut pending = Pending::new(session, run, release, SessionError::Dropped);
    let mut begun = Box::pin(async move { pending.begin(request).await });
    let polled = {
        let _inside = run.runtime.enter();
        let mut cx = Context::from_waker(Waker::noop());
        run.span.in_scope(|| begun.as_mut().poll(&mut cx))
    };
    let (runtime, span) = (&run.runtime, run.span.clone());
    match polled {
        Poll::Ready(Ok(finisher)) => spawn(runtime, drive(finisher).instrument(span)),
        Poll::Ready(Err(error)) => return Err(error),
        Poll::Pending => {
            // The task polls it again, with its own waker.
            let work = async move {
                if let Ok(finisher) = begun.await {
                    drive(finisher).await;
                }
            };
            spawn(runtime, work.instrument(span));
        }
    }
    Ok(())
}

/// Adds the turn to the history and publishes the run's first event.
fn begin(session: &Session, run: &Arc<Run>, ready: Ready, release: Release) -> Box<Finisher> {
    let Ready {
        ctx,
        runner,
        turn,
        place,
    } = ready;
    let (earlier, messages, results) = {
        let mut state = session.lock();
        let messages = state.history.unannounced(&turn);
        let results = state.history.unannounced_results(&turn);
        state.history.begin(turn.clone(), &place);
        (state.history.totals().clone(), messages, results)
    };
    let pin = session.stream().subscribe();
    run.started(session.stream().last_seq(), &turn);
    let started = RunStarted::new(last_prompt(&turn)).with_messages(messages);
    let started = started.with_results(results);
    let guard = RunGuard::start_with(&ctx, started);
    run.begun();
    Box::new(Finisher {
        session: session.clone(),
        run: Arc::clone(run),
        turn,
        ctx,
        runner,
        earlier,
        known: None,
        guard: Some(guard),
        release,
        _pin: pin,
    })
}
