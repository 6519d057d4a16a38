//! [`Inner`] and [`State`]: what the clones of a session share.

use std::sync::{Arc, PoisonError};

use geppetto_engine::{EngineBuilder, IdSource};
use geppetto_events::EventStream;

use super::BusyPolicy;
use crate::{
    handle::Run,
    history::History,
    queue::{Queue, Waiting},
    sync::{Mutex, MutexGuard},
};

pub(crate) struct Inner {
    pub(crate) id: String,
    pub(crate) builder: Arc<dyn EngineBuilder>,
    pub(crate) ids: Arc<dyn IdSource>,
    pub(crate) stream: EventStream,
    pub(super) policy: BusyPolicy,
    pub(super) state: Mutex<State>,
}

pub(crate) struct State {
    pub(crate) history: History,
    pub(crate) active: Option<Arc<Run>>,
    pub(crate) queue: Queue,
    /// Somebody is starting what waits in the queue, one after the other.
    pub(crate) handing_over: bool,
}

impl State {
    /// Whether `run` holds the active place.
    pub(crate) fn is_active(&self, run: &Arc<Run>) -> bool {
        let active = self.active.as_ref();
        active.is_some_and(|active| Arc::ptr_eq(active, run))
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
