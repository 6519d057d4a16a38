//! [`Pending`]: messages with an `Idempotency-Key` that wait in a queue.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use geppetto_session::QueuedPrompt;

/// Messages with an `Idempotency-Key` that wait in the queue of their session: their runs and texts,
/// by session and key.
#[derive(Default)]
pub(crate) struct Pending(Mutex<HashMap<(String, String), (String, String)>>);

impl Pending {
    pub(super) fn lock(&self) -> MutexGuard<'_, HashMap<(String, String), (String, String)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the run of a message that was sent before and still waits.
    pub(super) fn again(
        &self,
        place: &(String, String),
        text: &str,
        queued: &[QueuedPrompt],
    ) -> Option<String> {
        let (run, known) = self.lock().get(place).cloned()?;
        let waits = queued.iter().any(|own| own.run_id == run);
        (waits && known == text).then_some(run)
    }
}
