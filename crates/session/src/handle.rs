//! [`ExecutionHandle`]: a handle of a started run.

use std::{
    fmt,
    future::poll_fn,
    pin::Pin,
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use futures_core::Stream;
use geppetto_engine::{OnWake, RunStatus};
use geppetto_events::{Event, Received, SlowReaderPolicy, Subscription};
use geppetto_turns::Turn;

use crate::{RunError, RunOutcome, Session, WaitError, run::Run};

mod blocking;
mod cancel;

pub use cancel::CancelOnDrop;

/// Handle to a run that was started or is queued.
///
/// Cheap to clone. Dropping it does not stop the run; [`cancel_on_drop`](Self::cancel_on_drop)
/// returns a handle that does.
#[derive(Clone)]
#[must_use = "the run goes on by itself, but its outcome is only seen by waiting for it"]
pub struct ExecutionHandle {
    session: Session,
    run: Arc<Run>,
}

impl ExecutionHandle {
    pub(crate) fn new(session: Session, run: Arc<Run>) -> Self {
        Self { session, run }
    }

    /// Returns the run's id, which is its inference id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.run.id
    }

    /// Returns the session of the run.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Returns the id of the run that the prompt joined ([`Prompt::join_running`](crate::Prompt::join_running));
    /// `None` if it has not joined one. The handle is then one of that run, apart from its
    /// [`id`](Self::id): the events, the outcome and the cancellation are those of that run.
    #[must_use]
    pub fn joined(&self) -> Option<&str> {
        let actual = self.run.actual();
        (!std::ptr::eq(actual, &*self.run)).then_some(&*actual.id)
    }

    /// Cancels the run, or removes it from the queue. Has no effect if the run was already
    /// cancelled or is over.
    pub fn cancel(&self) {
        self.run.token.cancel();
        self.session.remove_queued(&self.run.id);
        self.run.actual().token.cancel();
    }

    /// Cancels the run, or removes it from the queue. A run that its prompt joined, or is joining,
    /// goes on.
    pub(crate) fn withdraw(&self) {
        self.run.withdraw();
        self.session.remove_queued(&self.run.id);
    }

    /// Returns a handle that cancels the run when it is dropped, for a run that is useful only to
    /// its caller, such as the run of an agent that a tool calls.
    pub fn cancel_on_drop(self) -> CancelOnDrop {
        CancelOnDrop::new(self)
    }

    /// Returns `true` if the run is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.run.is_finished()
    }

    /// Waits until the run is over. Any number of tasks may wait concurrently.
    ///
    /// Afterwards [`Session::is_running`] is `false` and the next submit succeeds, as far as this
    /// run is concerned.
    ///
    /// # Errors
    ///
    /// If the run was cancelled, failed, reached a limit or waits, or its turn could not be stored;
    /// the error contains the turn in its current state.
    pub async fn wait(&self) -> Result<Turn, RunError> {
        let outcome = self.outcome().await;
        if outcome.status == RunStatus::Finished && outcome.persist_error.is_none() {
            return Ok(outcome.turn.clone());
        }
        Err(RunError::new(outcome))
    }

    /// Blocks the thread until the run is over. For threads outside of any tokio runtime.
    ///
    /// # Errors
    ///
    /// The errors of [`wait`](Self::wait), and [`WaitError::InsideRuntime`], immediately, on a
    /// thread of a runtime.
    pub fn wait_blocking(&self) -> Result<Turn, WaitError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(WaitError::InsideRuntime);
        }
        Ok(blocking::block_on(self.wait())?)
    }

    /// Returns the turn on which the run started, including its prompt, unless it joined the run later.
    /// `None` until it has started.
    #[must_use]
    pub fn input(&self) -> Option<&Turn> {
        self.run.input()
    }

    /// Waits until the run is over, and returns its full outcome.
    pub async fn outcome(&self) -> Arc<RunOutcome> {
        self.run.wait().await
    }

    /// Returns the events of the run, from its first to its last, with adjacent deltas merged for a
    /// slow reader.
    pub fn events(&self) -> RunEvents {
        let first = self.run.first_seq.load(Ordering::Acquire);
        RunEvents {
            subscription: self
                .session
                .stream()
                .resume_after(first, SlowReaderPolicy::Coalesce),
            over: Over::Unknown,
            run: Arc::clone(&self.run),
            ended: false,
        }
    }
}

impl fmt::Debug for ExecutionHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ExecutionHandle")
            .field("id", &self.run.id)
            .field("finished", &self.is_finished())
            .finish_non_exhaustive()
    }
}

/// Reader of the events of one run, which ends after the terminal event. A [`Stream`] of
/// [`Event`]s.
pub struct RunEvents {
    subscription: Subscription,
    run: Arc<Run>,
    over: Over,
    ended: bool,
}

/// State of the wait for the end of the run.
enum Over {
    /// Not polled yet.
    Unknown,
    /// Registered once, and polled only after a wake-up.
    Waiting(OnWake<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>),
    Yes,
}

impl RunEvents {
    /// Waits for the next event. Returns `None` after the last event of the run. Cancel safe:
    /// dropping the future loses no event.
    ///
    /// A run that was removed from the queue has no events. The events of a run that ended long ago
    /// may be gone, because the stream's retention is bounded.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        while !self.ended {
            let received = match Pin::new(&mut self.subscription).poll_next(cx) {
                Poll::Ready(received) => received,
                Poll::Pending => {
                    std::task::ready!(self.poll_over(cx));
                    // All events of a finished run are on the stream by now. Its terminal event may
                    // be missing: the run never started, or the event is no longer retained.
                    self.subscription.try_next()
                }
            };
            match received {
                Some(Received::Event(event)) => {
                    if self.is_own(&event) {
                        self.ended = event.is_terminal();
                        return Poll::Ready(Some(event));
                    }
                }
                Some(_) => {}
                None => self.ended = true,
            }
        }
        Poll::Ready(None)
    }

    fn is_own(&self, event: &Event) -> bool {
        let run = self.run.actual();
        // A prompt that joined a run has its events from then on.
        let first = self.run.first_seq.load(Ordering::Acquire);
        event.correlation.run_id.as_deref() == Some(&run.id) && event.seq > first
    }

    fn poll_over(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Over::Unknown = self.over {
            let run = Arc::clone(&self.run);
            let over = async move { drop(run.wait().await) };
            self.over = Over::Waiting(OnWake::new(Box::pin(over)));
        }
        if let Over::Waiting(over) = &mut self.over {
            std::task::ready!(Pin::new(over).poll(cx));
            self.over = Over::Yes;
        }
        Poll::Ready(())
    }
}

impl Stream for RunEvents {
    type Item = Event;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        self.poll_event(cx)
    }
}

impl fmt::Debug for RunEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RunEvents")
            .field("run", &self.run.id)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
