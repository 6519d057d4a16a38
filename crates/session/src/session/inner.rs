//! [`Inner`] and [`State`]: what the clones of a session share.

use std::sync::{Arc, PoisonError};

use geppetto_engine::{EngineBuilder, IdSource, Limits, RunContext};
use geppetto_events::EventStream;
use tokio::runtime::Handle;

use super::BusyPolicy;
use crate::{
    history::History,
    queue::{Queue, Waiting},
    run::Run,
    sync::{Mutex, MutexGuard},
};

pub(crate) struct Inner {
    pub(crate) id: String,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) stream: EventStream,
    pub(crate) policy: BusyPolicy,
    /// The run that the session's runs work for.
    pub(crate) parent: Option<RunContext>,
    /// Where runs live that are submitted from outside of a runtime.
    pub(crate) runtime: Option<Handle>,
    /// Prompts are accepted only when the journal has recorded them.
    pub(crate) acknowledge_recorded: bool,
    pub(super) state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) builder: Arc<dyn EngineBuilder>,
    pub(crate) limits: Limits,
    pub(crate) history: History,
    pub(crate) active: Option<Arc<Run>>,
    pub(crate) queue: Queue,
    /// Somebody is starting what waits in the queue, one after the other.
    pub(crate) handing_over: bool,
}

impl State {
    /// Returns `true` if a run may start at once.
    pub(crate) fn is_free(&self) -> bool {
        self.active.is_none() && self.queue.is_empty()
    }

    /// Gives the active place, where it is free, to the first of the queue, which the caller
    /// starts.
    pub(crate) fn hand_over(&mut self) -> Option<Waiting> {
        let next = match &self.active {
            Some(_) => None,
            None => self.queue.pop(),
        };
        self.handing_over = next.is_some();
        if let Some(waiting) = &next {
            self.active = Some(Arc::clone(&waiting.run));
        }
        next
    }
}

impl Drop for Inner {
    /// Nothing more will be published: readers come to their end. A run holds the session, so
    /// none is running.
    fn drop(&mut self) {
        self.stream.close();
    }
}

impl Inner {
    /// Never held across an await, nor while foreign code runs, but for the source of ids, which
    /// must not call the session.
    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
