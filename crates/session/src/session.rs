//! [`Session`].

mod answer;
mod builder;
mod edit;
mod inner;
mod submit;

use std::{fmt, sync::Arc};

use geppetto_engine::{
    Engine, EngineBuilder, EngineRunner, Limits, SessionTotals, WaitingFor, keys,
};
use geppetto_events::{EventStream, SlowReaderPolicy, Subscription};
use geppetto_turns::Turn;

use crate::{
    PauseReason, SessionError, SessionSnapshot,
    handle::ExecutionHandle,
    sync::{self, MutexGuard},
};

pub use builder::SessionBuilder;
pub(crate) use inner::{Inner, State};

/// What happens when a prompt comes while an inference is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BusyPolicy {
    /// It is refused, and leaves no trace. The default.
    #[default]
    Refuse,
    /// It waits in a queue; prompts run in the order in which they were submitted.
    Queue {
        /// The most prompts that may wait.
        max: usize,
    },
    /// The running inference is cancelled, and the prompt is next. A prompt that is still waiting
    /// for that is replaced too: it never runs, leaves no turn, and its run ends as cancelled. So
    /// the prompt that was submitted last is the one that runs.
    Replace,
}

/// A conversation: its history, and at most one inference running on it.
///
/// Cheap to clone; clones are the same session.
#[derive(Clone)]
pub struct Session {
    pub(crate) inner: Arc<Inner>,
}

impl Session {
    /// A session with a random id and an empty history.
    pub fn new(builder: impl EngineBuilder + 'static) -> Self {
        Self::builder(builder).build()
    }

    /// A session that runs an engine once for each prompt: no middleware, no tools, no storage.
    pub fn from_engine(engine: impl Engine + 'static) -> Self {
        Self::new(EngineRunner::new(engine))
    }

    /// Starts a session with an id, a history or a policy of its own.
    pub fn builder(builder: impl EngineBuilder + 'static) -> SessionBuilder {
        SessionBuilder::new(Arc::new(builder))
    }

    /// The session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Sets the engine builder of the runs that start from now on; the running one goes on. A
    /// prompt in the queue is run by the builder that is set when its turn comes. History, event
    /// stream and subscribers stay.
    pub fn set_builder(&self, builder: impl EngineBuilder + 'static) {
        let replaced = {
            let mut state = self.lock();
            std::mem::replace(&mut state.builder, Arc::new(builder))
        };
        // Dropping it may run foreign code, which must not happen under the lock.
        drop(replaced);
    }

    /// Sets the limits of all runs of the session together, for the runs that start from now on.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().limits = limits;
    }

    /// What all runs of the session took so far, the running one aside. In a session that was
    /// restored: as far as the turns of its history say
    /// ([`keys::SESSION_TOTALS`](geppetto_engine::keys::SESSION_TOTALS)).
    #[must_use]
    pub fn totals(&self) -> SessionTotals {
        self.lock().history.totals().clone()
    }

    /// What the last run on the latest turn waits for; `None` if it does not wait, or while an
    /// inference is running. It is stored with the turn, so a restored session knows it.
    ///
    /// A later [`inference`](Self::inference) on the turn continues that run;
    /// [`answer`](Self::answer) does so with decisions about tool calls.
    #[must_use]
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        let state = self.lock();
        let running = state.active.as_ref().is_some_and(|run| !run.is_ending());
        let latest = state.history.latest().filter(|_| !running)?;
        // What cannot be read was not written by a session.
        latest.metadata.get(&keys::WAITING_FOR).ok().flatten()
    }

    /// Returns `true` if an inference is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.lock()
            .active
            .as_ref()
            .is_some_and(|run| !run.is_ending())
    }

    /// The running inference.
    #[must_use]
    pub fn active(&self) -> Option<ExecutionHandle> {
        let run = self.lock().active.clone()?;
        // Its terminal event may be out already: it is over for whoever saw that.
        (!run.is_ending()).then(|| ExecutionHandle::new(self.clone(), run))
    }

    /// The latest turn. While an inference is running on it: as it was when that began.
    #[must_use]
    pub fn latest(&self) -> Option<Turn> {
        self.lock().history.latest().cloned()
    }

    /// The turn with an index, counted from 0.
    #[must_use]
    pub fn turn(&self, index: usize) -> Option<Turn> {
        self.lock().history.get(index).cloned()
    }

    /// How many turns there are.
    #[must_use]
    pub fn turn_count(&self) -> usize {
        self.lock().history.len()
    }

    /// All turns. Each clone is cheap, the list is not free.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        self.lock().history.turns().to_vec()
    }

    /// The session at one moment, and the number of the event it is up to date with.
    #[must_use]
    pub fn snapshot(&self) -> SessionSnapshot {
        SessionSnapshot::take(self)
    }

    /// Joins a session that may be running: what it is now, and its events from there on. Nothing
    /// is missed, and nothing comes twice.
    pub fn join(&self) -> (SessionSnapshot, Subscription) {
        // Subscribed first, so that nothing is dropped from the log meanwhile.
        let mut events = self.subscribe();
        let snapshot = self.snapshot();
        events.skip_to(snapshot.seq);
        (snapshot, events)
    }

    /// Reads the session's events from now on. [`join`](Self::join) is for a session that may be
    /// running already.
    pub fn subscribe(&self) -> Subscription {
        self.inner.stream.subscribe()
    }

    /// Reads the session's events from now on, with a policy for a reader that is slow.
    pub fn subscribe_with(&self, policy: SlowReaderPolicy) -> Subscription {
        self.inner.stream.subscribe_with(policy)
    }

    /// The session's event stream.
    #[must_use]
    pub fn stream(&self) -> &EventStream {
        sync::step();
        &self.inner.stream
    }

    /// A new session, with a fresh id, whose history is this one's up to and with turn `index`.
    /// All blocks are shared. It has the same builder, policies, parent and limits; what the turns
    /// that it begins with took counts.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoSuchTurn`].
    pub fn fork_at(&self, index: usize) -> Result<Self, SessionError> {
        let (turns, builder, limits) = {
            let state = self.lock();
            let turns = state.history.turns();
            let kept = turns.get(..=index).ok_or(SessionError::NoSuchTurn {
                index,
                count: turns.len(),
            })?;
            (kept.to_vec(), Arc::clone(&state.builder), state.limits)
        };
        let mut fork = SessionBuilder::new(builder)
            .id(self.inner.ids.next_id())
            .history(turns)
            .ids(Arc::clone(&self.inner.ids))
            .busy_policy(self.inner.policy)
            .pause_queue_after(self.inner.pause_after)
            .limits(limits)
            .acknowledge_recorded(self.inner.acknowledge_recorded);
        if let Some(runtime) = &self.inner.runtime {
            fork = fork.runtime(runtime.clone());
        }
        if let Some(parent) = &self.inner.parent {
            fork = fork.parent(parent);
        }
        Ok(fork.build())
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.inner.lock()
    }

    pub(crate) fn busy(&self) -> SessionError {
        SessionError::Busy {
            session_id: self.inner.id.clone(),
        }
    }

    pub(crate) fn queue_is_paused(&self, reason: &PauseReason) -> SessionError {
        SessionError::QueuePaused {
            session_id: self.inner.id.clone(),
            reason: reason.clone(),
        }
    }

    fn refuse_if_running(&self, state: &State) -> Result<(), SessionError> {
        match &state.active {
            Some(run) if !run.is_ending() => Err(self.busy()),
            _ => Ok(()),
        }
    }
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("id", &self.inner.id)
            .field("turns", &self.turn_count())
            .field("running", &self.is_running())
            .finish_non_exhaustive()
    }
}
