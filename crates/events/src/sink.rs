//! [`EventSink`]: synchronous consumer of events.

use std::sync::{Mutex, PoisonError};

use crate::Event;

/// Synchronous consumer of all events of a run, in publication order.
///
/// Sinks are called on the task of the run and must not block; put a slow consumer behind a
/// [subscription](crate::EventStream::subscribe). A sink cannot fail a run: a panic is caught and
/// counted ([`EventStream::sink_panics`](crate::EventStream::sink_panics)).
pub trait EventSink: Send + Sync {
    /// Receives an event. Called once per event, on the task that publishes it or on that of a
    /// concurrent publisher.
    fn publish(&self, event: &Event);
}

impl<T: EventSink + ?Sized> EventSink for std::sync::Arc<T> {
    fn publish(&self, event: &Event) {
        (**self).publish(event);
    }
}

/// Sink that discards every event.
#[derive(Debug, Clone, Copy, Default)]
pub struct NullSink;

impl EventSink for NullSink {
    fn publish(&self, _event: &Event) {}
}

/// Sink that stores every event in memory.
#[derive(Debug, Default)]
pub struct MemorySink {
    events: Mutex<Vec<Event>>,
}

impl MemorySink {
    /// Creates an empty sink.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the events received so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        self.lock().clone()
    }

    /// Removes and returns the events received so far.
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

/// Creates a sink from a closure.
pub fn sink_fn(publish: impl Fn(&Event) + Send + Sync) -> impl EventSink {
    struct FnSink<F>(F);

    impl<F: Fn(&Event) + Send + Sync> EventSink for FnSink<F> {
        fn publish(&self, event: &Event) {
            (self.0)(event);
        }
    }

    FnSink(publish)
}
