//! [`CallWatch`]: what the events of a provider call say about it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use geppetto_events::{Correlation, Event, EventKind, EventSink};

/// Notes which tool calls were requested by which provider call.
#[derive(Debug, Default)]
pub(crate) struct CallWatch(Mutex<HashMap<String, Arc<Correlation>>>);

impl CallWatch {
    fn requested(&self) -> MutexGuard<'_, HashMap<String, Arc<Correlation>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all: a provider call begins.
    pub(crate) fn begin(&self) {
        self.requested().clear();
    }

    /// What the request of a tool call belongs to.
    pub(crate) fn request(&self, call_id: &str) -> Option<Arc<Correlation>> {
        self.requested().get(call_id).cloned()
    }
}

impl EventSink for CallWatch {
    fn publish(&self, event: &Event) {
        if let EventKind::ToolCallRequested(call) = &event.kind {
            let correlation = Arc::clone(&event.correlation);
            self.requested()
                .insert(call.tool_call_id.clone(), correlation);
        }
    }
}
