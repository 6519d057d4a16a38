//! [`ExecutionHandle`]: a run that was started.

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

/// A run that was started, or that waits in the queue.
///
/// Cheap to clone. Dropping it does not stop the run;
/// [`cancel_on_drop`](Self::cancel_on_drop) gives a handle that does.
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

    /// The run's id: its inference id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.run.id
    }

    /// The session that the run belongs to.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Cancels the run, or takes it out of the queue. Cancelling twice, or after the end, changes
    /// nothing.
    pub fn cancel(&self) {
        self.run.token.cancel();
        self.session.remove_queued(&self.run.id);
    }

    /// Returns a handle that cancels the run when it is dropped: for a run that is only useful to
    /// its caller, such as that of an agent that works for a tool.
    pub fn cancel_on_drop(self) -> CancelOnDrop {
        CancelOnDrop::new(self)
    }

    /// Returns `true` if the run is over.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.run.is_finished()
    }

    /// Waits until the run is over. Any number of tasks may wait.
    ///
    /// Afterwards [`Session::is_running`] is false and the next submit succeeds, as far as this
    /// run is concerned.
    ///
    /// # Errors
    ///
    /// If the run was cancelled, failed or reached a limit, or its turn could not be stored; the
    /// error contains the turn in its current state.
    pub async fn wait(&self) -> Result<Turn, RunError> {
        let outcome = self.outcome().await;
        if outcome.status == RunStatus::Finished && outcome.persist_error.is_none() {
            return Ok(outcome.turn.clone());
        }
        Err(RunError::new(outcome))
    }

    /// Blocks the thread until the run is over, for threads outside of any tokio runtime.
    ///
    /// # Errors
    ///
    /// As for [`wait`](Self::wait); [`WaitError::InsideRuntime`] on a thread of a runtime, at once.
    pub fn wait_blocking(&self) -> Result<Turn, WaitError> {
        if tokio::runtime::Handle::try_current().is_ok() {
            return Err(WaitError::InsideRuntime);
        }
        Ok(blocking::block_on(self.wait())?)
    }

    /// The turn that the run began on, its prompt included. `None` as long as it has not begun.
    #[must_use]
    pub fn input(&self) -> Option<&Turn> {
        self.run.input()
    }

    /// Waits until the run is over, and says everything that is known about its end.
    pub async fn outcome(&self) -> Arc<RunOutcome> {
        self.run.wait().await
    }

    /// The run's events from its first to its last, with neighbouring deltas merged for a reader
    /// that is slow.
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

/// Reads the events of one run, and ends after its terminal event. It is a [`Stream`] of [`Event`]s.
pub struct RunEvents {
    subscription: Subscription,
    run: Arc<Run>,
    over: Over,
    ended: bool,
}

/// Whether the run is over.
enum Over {
    /// Nobody waited yet.
    Unknown,
    /// Registered once, and polled only after it was woken.
    Waiting(OnWake<Pin<Box<dyn Future<Output = ()> + Send + Sync>>>),
    Yes,
}

impl RunEvents {
    /// The next event; waits for it. `None` after the run's last. Dropping the future loses nothing.
    ///
    /// A run that is taken out of the queue has no events. Of a run that is long over there may be
    /// none left: what the stream retains is bounded.
    pub async fn next(&mut self) -> Option<Event> {
        poll_fn(|cx| self.poll_event(cx)).await
    }

    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event>> {
        while !self.ended {
            let received = match Pin::new(&mut self.subscription).poll_next(cx) {
                Poll::Ready(received) => received,
                Poll::Pending => {
                    std::task::ready!(self.poll_over(cx));
                    // Whatever a run that is over said is on the stream by now. Its terminal event may
                    // be missing: the run never started, or it is not retained any more.
                    self.subscription.try_next()
                }
            };
            match received {
                Some(Received::Event(event)) => {
                    if event.correlation.run_id.as_deref() == Some(&self.run.id) {
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
