//! [`Session`].

mod builder;
mod inner;

use std::{fmt, sync::Arc};

use geppetto_engine::{Engine, EngineBuilder, EngineRunner, Limits, SessionTotals};
use geppetto_events::{EventStream, SlowReaderPolicy, Subscription};
use geppetto_turns::{Block, ImagePart, Turn};

use crate::{
    Prompt, QueuedPrompt, SessionError, SessionSnapshot,
    handle::ExecutionHandle,
    history::identify,
    options::Input,
    prompt,
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

    /// Appends a turn to the history.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running.
    pub fn append(&self, turn: Turn) -> Result<(), SessionError> {
        let mut state = self.lock();
        self.refuse_if_running(&state)?;
        let ids = &*self.inner.ids;
        state.history.append(turn, &self.inner.id, ids);
        Ok(())
    }

    /// Appends a turn that is the latest one and what a user says next. Returns that turn.
    ///
    /// [`prompt`](Self::prompt) appends a prompt and runs it, and can edit its turn.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running, [`SessionError::EmptyPrompt`] when
    /// the text is blank.
    pub fn append_user_prompt(&self, text: impl Into<String>) -> Result<Turn, SessionError> {
        self.append_user_prompts([text])
    }

    /// Appends a turn that is the latest one and what a user says next, a block for each text;
    /// blank ones are left out. Returns that turn.
    ///
    /// # Errors
    ///
    /// As for [`append_user_prompt`](Self::append_user_prompt).
    pub fn append_user_prompts<T: Into<String>>(
        &self,
        texts: impl IntoIterator<Item = T>,
    ) -> Result<Turn, SessionError> {
        let blocks = texts.into_iter().map(|text| Block::user(text)).collect();
        let blocks = prompt::prompt(blocks)?;
        let mut state = self.lock();
        self.refuse_if_running(&state)?;
        let ids = &*self.inner.ids;
        Ok(state.history.append_prompt(blocks, &self.inner.id, ids))
    }

    /// Changes the latest turn, such as its system prompt or its data. Returns the changed turn.
    ///
    /// `update` gets a copy; it is called again if another task changed the history meanwhile.
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running, [`SessionError::Empty`] when there is
    /// no turn. The history is as it was.
    pub fn update_latest(&self, mut update: impl FnMut(&mut Turn)) -> Result<Turn, SessionError> {
        loop {
            let (latest, version) = {
                let state = self.lock();
                self.refuse_if_running(&state)?;
                let latest = state.history.latest().cloned();
                (latest, state.history.version())
            };
            let Some(latest) = latest else {
                return Err(SessionError::Empty {
                    session_id: self.inner.id.clone(),
                });
            };
            let mut turn = latest.clone();
            update(&mut turn);
            let from = turn.blocks.common_prefix(&latest.blocks);
            identify(&mut turn, from, &self.inner.id, &*self.inner.ids);
            let mut state = self.lock();
            self.refuse_if_running(&state)?;
            if state.history.replace_latest(turn.clone(), version) {
                return Ok(turn);
            }
        }
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

    /// A prompt with options that hold for its run alone: model, settings, deadline, extensions
    /// and others. Nothing happens until it is [submitted](Prompt::submit).
    pub fn prompt(&self, text: impl Into<String>) -> Prompt {
        Prompt::new(self, Input::Prompt(vec![Block::user(text)]))
    }

    /// An inference on the latest turn with options that hold for it alone. The run changes that
    /// turn; no turn is added. Nothing happens until it is [submitted](Prompt::submit), which
    /// refuses in a session that queues, too: there is no prompt to wait.
    ///
    /// If an earlier run on the turn was cut off (its process ended, and the session was restored
    /// from a store), the settings of that run apply, and those that are given here take
    /// precedence.
    pub fn inference(&self) -> Prompt {
        Prompt::new(self, Input::Latest)
    }

    /// Appends a prompt and starts an inference on it, atomically; see [`Prompt::submit`].
    ///
    /// # Errors
    ///
    /// As for [`Prompt::submit`]; the history is as it was.
    pub async fn submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).submit().await
    }

    /// As [`submit`](Self::submit), without waiting for anything; see [`Prompt::try_submit`].
    ///
    /// # Errors
    ///
    /// As for [`Prompt::try_submit`].
    pub fn try_submit(&self, text: impl Into<String>) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).try_submit()
    }

    /// As [`submit`](Self::submit), with images.
    ///
    /// # Errors
    ///
    /// As for [`submit`](Self::submit).
    pub async fn submit_with_images(
        &self,
        text: impl Into<String>,
        images: impl IntoIterator<Item = ImagePart>,
    ) -> Result<ExecutionHandle, SessionError> {
        self.prompt(text).images(images).submit().await
    }

    /// Starts an inference on the latest turn; see [`inference`](Self::inference).
    ///
    /// # Errors
    ///
    /// [`SessionError::Busy`] while an inference is running (a session that queues refuses too:
    /// there is no prompt to wait), [`SessionError::Empty`] when there is nothing to run on.
    pub async fn start_inference(&self) -> Result<ExecutionHandle, SessionError> {
        self.inference().submit().await
    }

    /// The prompts that wait, in order.
    #[must_use]
    pub fn queued(&self) -> Vec<QueuedPrompt> {
        self.lock().queue.prompts()
    }

    /// Takes a prompt out of the queue; its run ends as cancelled. Returns whether it was there.
    pub fn remove_queued(&self, run_id: &str) -> bool {
        let (removed, latest) = {
            let mut state = self.lock();
            let removed = state.queue.remove(run_id);
            (removed, state.history.latest().cloned())
        };
        let found = removed.is_some();
        if let Some(waiting) = removed {
            waiting.run.not_started(latest, SessionError::Cancelled);
        }
        found
    }

    /// Cancels the running inference. Returns whether there was one.
    pub fn cancel_active(&self) -> bool {
        let state = self.lock();
        match &state.active {
            Some(run) if !run.is_ending() => {
                run.token.cancel();
                true
            }
            _ => false,
        }
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
    /// All blocks are shared. It has the same builder, policy, parent and limits; what the turns
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
