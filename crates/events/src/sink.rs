//! [`EventSink`]: receives every event synchronously.

use std::sync::{Mutex, PoisonError};

use crate::Event;

/// Receives every event of a run, in order, as it is published.
///
/// A sink must not block: it runs on the run's own task. A consumer that can be slow belongs
/// behind a [subscription](crate::EventStream::subscribe). A sink cannot fail a run; one that
/// panics is isolated and counted ([`EventStream::sink_panics`](crate::EventStream::sink_panics)).
pub trait EventSink: Send + Sync {
    /// Takes an event.
    fn publish(&self, event: &Event);
}

impl<T: EventSink + ?Sized> EventSink for std::sync::Arc<T> {
    fn publish(&self, event: &Event) {
        (**self).publish(event);
    }
}

/// A sink that drops every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullSink;

impl EventSink for NullSink {
    fn publish(&self, _event: &Event) {}
}

/// A sink that keeps every event.
#[derive(Debug, Default)]
pub struct MemorySink {
    events: Mutex<Vec<Event>>,
}

impl MemorySink {
    /// An empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// Takes the events so far out of the sink.
    #[must_use]
    pub fn take(&self) -> Vec<Event> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Event>> {
        self.events.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EventSink for MemorySink {
    fn publish(&self, event: &Event) {
        self.lock().push(event.clone());
    }
}

/// A sink from a closure.
pub fn sink_fn(publish: impl Fn(&Event) + Send + Sync) -> impl EventSink {
    struct FnSink<F>(F);

    impl<F: Fn(&Event) + Send + Sync> EventSink for FnSink<F> {
        fn publish(&self, event: &Event) {
            (self.0)(event);
        }
    }

    FnSink(publish)
}
