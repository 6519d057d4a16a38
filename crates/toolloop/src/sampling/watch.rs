//! [`CallWatch`]: what the events of a provider call say about it.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use geppetto_events::{Correlation, Event, EventKind, EventSink};

/// Notes, of the provider calls of one attempt, whether output began, which calls are over, and
/// which tool calls were requested by which.
#[derive(Debug, Default)]
pub(crate) struct CallWatch {
    output: AtomicBool,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    finished: Vec<Arc<Correlation>>,
    requested: HashMap<String, Arc<Correlation>>,
}

impl CallWatch {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets all: an attempt begins.
    pub(super) fn begin(&self) {
        self.output.store(false, Ordering::Relaxed);
        *self.seen() = Seen::default();
    }

    /// Whether any output arrived.
    pub(super) fn has_output(&self) -> bool {
        self.output.load(Ordering::Relaxed)
    }

    /// The calls that are over.
    pub(super) fn finished(&self) -> Vec<Arc<Correlation>> {
        self.seen().finished.clone()
    }

    /// What the request of a tool call belongs to.
    pub(crate) fn request(&self, call_id: &str) -> Option<Arc<Correlation>> {
        self.seen().requested.get(call_id).cloned()
    }
}

impl EventSink for CallWatch {
    fn publish(&self, event: &Event) {
        let correlation = || Arc::clone(&event.correlation);
        match &event.kind {
            EventKind::ProviderCallFinished(_) => self.seen().finished.push(correlation()),
            EventKind::ToolCallRequested(call) => {
                let mut seen = self.seen();
                seen.requested
                    .insert(call.tool_call_id.clone(), correlation());
            }
            EventKind::TextSegmentStarted(_)
            | EventKind::ReasoningSegmentStarted(_)
            | EventKind::ToolCallStarted(_) => self.output.store(true, Ordering::Relaxed),
            _ => {}
        }
    }
}
