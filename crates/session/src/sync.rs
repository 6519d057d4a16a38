//! Locks, atomics and tasks of the session's core, re-exported from std and tokio.
//!
//! In this crate's own unit tests they come from shuttle, which runs a test many times and chooses
//! the next thread at each of them. Everything that is shared between tasks of a session is
//! imported from here, so that no interleaving is left out.

#[cfg(not(test))]
pub(crate) use std::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU64},
};

#[cfg(test)]
pub(crate) use shuttle::sync::{
    Mutex, MutexGuard,
    atomic::{AtomicU8, AtomicU64},
};

use geppetto_engine::RunContext;
use tokio::runtime::Handle;

/// Spawns a task.
#[cfg(not(test))]
pub(crate) fn spawn(runtime: &Handle, task: impl Future<Output = ()> + Send + 'static) {
    runtime.spawn(task);
}

#[cfg(test)]
pub(crate) fn spawn(_: &Handle, task: impl Future<Output = ()> + Send + 'static) {
    shuttle::future::spawn(task);
}

/// Returns the run inside of which the calling code runs.
#[cfg(not(test))]
pub(crate) fn current() -> Option<RunContext> {
    RunContext::current()
}

/// Under shuttle all tasks are on one thread, and may be switched while a run's scope is entered.
#[cfg(test)]
pub(crate) fn current() -> Option<RunContext> {
    None
}

/// Marks a further point at which tasks may interleave: before each use of the event stream, which
/// has its own lock.
#[cfg(not(test))]
pub(crate) const fn step() {}

#[cfg(test)]
pub(crate) fn step() {
    AtomicU8::new(0).load(std::sync::atomic::Ordering::SeqCst);
}
