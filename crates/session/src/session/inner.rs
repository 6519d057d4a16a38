//! [`Inner`] and [`State`]: state shared by the clones of a session.

use std::sync::{Arc, PoisonError};

use geppetto_engine::{EngineBuilder, IdSource, Limits, Recorder, RunContext};
use geppetto_events::EventStream;
use tokio::runtime::Handle;

use super::BusyPolicy;
use crate::{
    history::History,
    options::Input,
    queue::{PauseAfter, PauseReason, Queue, Waiting},
    run::Run,
    sync::{Mutex, MutexGuard},
};

pub(crate) struct Inner {
    pub(crate) id: String,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) stream: EventStream,
    pub(crate) policy: BusyPolicy,
    pub(crate) pause_after: PauseAfter,
    /// Parent of the session's runs.
    pub(crate) parent: Option<RunContext>,
    /// Runtime of runs that are submitted outside of one.
    pub(crate) runtime: Option<Handle>,
    /// Accept prompts only once the journal has recorded them.
    pub(crate) acknowledge_recorded: bool,
    /// Records all runs.
    pub(crate) recorder: Option<Arc<dyn Recorder>>,
    pub(super) state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) builder: Arc<dyn EngineBuilder>,
    pub(crate) limits: Limits,
    pub(crate) history: History,
    pub(crate) active: Option<Arc<Run>>,
    pub(crate) queue: Queue,
    /// Reason why no queued prompt starts.
    pub(crate) paused: Option<PauseReason>,
    /// `true` while a task is starting queued prompts, one after the other.
    pub(crate) handing_over: bool,
}

impl State {
    /// Returns `true` if a run with this input may start at once. A paused queue does not affect an
    /// inference on the latest turn.
    pub(crate) fn is_free_for(&self, input: &Input) -> bool {
        let is_next = match (&self.paused, input) {
            (Some(_), Input::Latest | Input::Replaces(_)) => true,
            (Some(_), Input::Prompt(_)) => false,
            (None, _) => self.queue.is_empty(),
        };
        self.active.is_none() && is_next
    }

    /// Returns `true` if prompts wait, or have to.
    pub(crate) fn has_waiting(&self) -> bool {
        self.paused.is_some() || !self.queue.is_empty()
    }

    /// Assigns the active slot, if it is free, to the first queued prompt, which the caller starts.
    /// Does nothing while the queue is paused.
    pub(crate) fn hand_over(&mut self) -> Option<Waiting> {
        let next = if self.active.is_some() || self.paused.is_some() {
            None
        } else {
            self.queue.pop()
        };
        self.handing_over = next.is_some();
        if let Some(waiting) = &next {
            self.active = Some(Arc::clone(&waiting.run));
        }
        next
    }
}

impl Drop for Inner {
    /// No more events will be published, so readers end. A run holds the session, so none is
    /// running.
    fn drop(&mut self) {
        self.stream.close();
    }
}

impl Inner {
    /// Never held across an await, nor while foreign code runs, except for the id source, which
    /// must not call the session.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
