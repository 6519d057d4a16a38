//! [`Session`]: a conversation and its runs.

mod answer;
mod builder;
mod edit;
mod inner;
mod submit;

use std::{fmt, sync::Arc};

use geppetto_engine::{
    Engine, EngineBuilder, EngineRunner, Limits, PendingCall, SessionTotals, WaitingFor, keys,
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

/// Policy for a prompt that is submitted while an inference is running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum BusyPolicy {
    /// The prompt is refused and leaves no trace. The default.
    #[default]
    Refuse,
    /// The prompt waits in a queue; prompts run in the order in which they were submitted.
    Queue {
        /// Maximum number of queued prompts.
        max: usize,
    },
    /// The running inference is cancelled, and the prompt runs next. It replaces a prompt that is
    /// already waiting, which never runs, leaves no turn, and ends as cancelled. So the prompt that
    /// was submitted last is the one that runs.
    Replace,
}

/// A conversation: its history, and at most one inference running on it.
///
/// Cheap to clone; clones refer to the same session.
#[derive(Clone)]
pub struct Session {
    pub(crate) inner: Arc<Inner>,
}

impl Session {
    /// Creates a session with a random id and an empty history.
    pub fn new(builder: impl EngineBuilder + 'static) -> Self {
        Self::builder(builder).build()
    }

    /// Creates a session that calls an engine once per prompt, without middleware, tools or
    /// storage.
    pub fn from_engine(engine: impl Engine + 'static) -> Self {
        Self::new(EngineRunner::new(engine))
    }

    /// Returns a builder, for a session with its own id, history or policies.
    pub fn builder(builder: impl EngineBuilder + 'static) -> SessionBuilder {
        SessionBuilder::new(Arc::new(builder))
    }

    /// Returns the session's id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.inner.id
    }

    /// Sets the engine builder of subsequent runs; the running one continues. A queued prompt uses
    /// the builder that is set when it starts. History, event stream and subscribers are kept.
    pub fn set_builder(&self, builder: impl EngineBuilder + 'static) {
        let replaced = {
            let mut state = self.lock();
            std::mem::replace(&mut state.builder, Arc::new(builder))
        };
        // Dropping it may run foreign code, which must not happen under the lock.
        drop(replaced);
    }

    /// Sets the limits for all runs of the session together. Applies to runs that start afterwards.
    pub fn set_limits(&self, limits: Limits) {
        self.lock().limits = limits;
    }

    /// Returns the totals of all runs of the session, except for the running one. For a restored
    /// session, they include the totals recorded in the turns of its history
    /// ([`keys::SESSION_TOTALS`](geppetto_engine::keys::SESSION_TOTALS)).
    #[must_use]
    pub fn totals(&self) -> SessionTotals {
        self.lock().history.totals().clone()
    }

    /// Returns the condition that the last run on the latest turn waits for; `None` if it does not
    /// wait, while an inference is running, or if an edit of the turn has answered all calls that
    /// waited. It is stored with the turn, so a restored session has it too.
    ///
    /// A later [`inference`](Self::inference) on the turn continues that run;
    /// [`answer`](Self::answer) continues it with decisions about tool calls.
    #[must_use]
    pub fn waiting_for(&self) -> Option<WaitingFor> {
        let state = self.lock();
        let running = state.active.as_ref().is_some_and(|run| !run.is_ending());
        let latest = state.history.latest().filter(|_| !running)?.clone();
        drop(state);
        // A value that cannot be read was not written by a session.
        let waiting = latest.metadata.get(&keys::WAITING_FOR).ok().flatten()?;
        // Runners may wait for calls of their own, which are not in the turn.
        let answered = |own: &PendingCall| latest.tool_answer(&own.call_id).is_some();
        let is_over = !waiting.calls.is_empty()
            && waiting.calls.iter().all(answered)
            && PendingCall::of(&latest).is_empty();
        (!is_over).then_some(waiting)
    }

    /// Returns `true` if an inference is running.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.lock()
            .active
            .as_ref()
            .is_some_and(|run| !run.is_ending())
    }

    /// Returns the handle of the running inference.
    #[must_use]
    pub fn active(&self) -> Option<ExecutionHandle> {
        let run = self.lock().active.clone()?;
        // The terminal event may already have been published; treat the run as finished.
        (!run.is_ending()).then(|| ExecutionHandle::new(self.clone(), run))
    }

    /// Returns the latest turn. While an inference is running on it, returns the turn as of its
    /// start.
    #[must_use]
    pub fn latest(&self) -> Option<Turn> {
        self.lock().history.latest().cloned()
    }

    /// Returns the turn at an index, counted from 0.
    #[must_use]
    pub fn turn(&self, index: usize) -> Option<Turn> {
        self.lock().history.get(index).cloned()
    }

    /// Returns the number of turns.
    #[must_use]
    pub fn turn_count(&self) -> usize {
        self.lock().history.len()
    }

    /// Returns all turns. Cloning a turn is cheap, but the list is allocated.
    #[must_use]
    pub fn turns(&self) -> Vec<Turn> {
        self.lock().history.turns().to_vec()
    }

    /// Returns the current state of the session, with the sequence number of the last event that it
    /// includes.
    #[must_use]
    pub fn snapshot(&self) -> SessionSnapshot {
        SessionSnapshot::take(self)
    }

    /// Joins a session that may be running: returns its current state, and the events after it. No
    /// event is missing or repeated.
    pub fn join(&self) -> (SessionSnapshot, Subscription) {
        // Subscribed first, so that the log keeps all events in the meantime.
        let mut events = self.subscribe();
        let snapshot = self.snapshot();
        events.skip_to(snapshot.seq);
        (snapshot, events)
    }

    /// Subscribes to the session's events from now on. [`join`](Self::join) is for a session that
    /// may already be running.
    pub fn subscribe(&self) -> Subscription {
        self.inner.stream.subscribe()
    }

    /// Subscribes to the session's events from now on, with a policy for slow readers.
    pub fn subscribe_with(&self, policy: SlowReaderPolicy) -> Subscription {
        self.inner.stream.subscribe_with(policy)
    }

    /// Returns the session's event stream.
    #[must_use]
    pub fn stream(&self) -> &EventStream {
        sync::step();
        &self.inner.stream
    }

    /// Creates a session with a new id, whose history is this one's up to and including turn
    /// `index`. All blocks are shared. It has the same builder, policies, parent and limits; the
    /// totals of its initial turns count.
    ///
    /// # Errors
    ///
    /// [`SessionError::NoSuchTurn`] if there is no such turn.
    pub fn fork_at(&self, index: usize) -> Result<Self, SessionError> {
        let kept = {
            let state = self.lock();
            let turns = state.history.turns();
            let kept = turns.get(..=index).ok_or(SessionError::NoSuchTurn {
                index,
                count: turns.len(),
            })?;
            kept.to_vec()
        };
        Ok(self.with_history(kept))
    }

    /// Creates a session with a new id and an empty history. It has the same builder, policies, parent
    /// and limits.
    #[must_use]
    pub fn fork_empty(&self) -> Self {
        self.with_history(Vec::new())
    }

    fn with_history(&self, turns: Vec<Turn>) -> Self {
        let (builder, limits) = {
            let state = self.lock();
            (Arc::clone(&state.builder), state.limits)
        };
        let mut fork = SessionBuilder::new(builder)
            .id(self.inner.ids.next_id())
            .history(turns)
            .ids(Arc::clone(&self.inner.ids))
            .busy_policy(self.inner.policy)
            .pause_queue_after(self.inner.pause_after)
            .limits(limits)
            .acknowledge_recorded(self.inner.acknowledge_recorded && self.inner.recorder.is_none());
        if let Some(runtime) = &self.inner.runtime {
            fork = fork.runtime(runtime.clone());
        }
        if let Some(parent) = &self.inner.parent {
            fork = fork.parent(parent);
        }
        fork.build()
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
