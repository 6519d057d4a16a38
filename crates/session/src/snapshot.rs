//! [`SessionSnapshot`].

use std::sync::atomic::Ordering;

use geppetto_events::Event;
use geppetto_turns::Turn;

use crate::{PauseReason, QueuedPrompt, Session};

/// A session at one moment.
///
/// `turn` and `events` together are what a reader needs to show it: while an inference is
/// running, the turn is as it was when that began, and the events are those of the run so far.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionSnapshot {
    /// The latest turn.
    pub turn: Option<Turn>,
    /// How many turns there are.
    pub turn_count: usize,
    /// The id of the running inference.
    pub running: Option<String>,
    /// The events of the running inference so far, neighbouring deltas merged.
    pub events: Vec<Event>,
    /// The prompts that wait, in order.
    pub queued: Vec<QueuedPrompt>,
    /// Why the queue is paused; `None` if it is not.
    pub queue_paused: Option<PauseReason>,
    /// The number of the last event that is in here; read on after it.
    pub seq: u64,
}

impl SessionSnapshot {
    pub(crate) fn take(session: &Session) -> Self {
        let state = session.lock();
        // Under the lock no turn is committed, so that turn and events belong together.
        let active = state.active.as_ref().filter(|run| !run.is_ending());
        // Looked at before the run is: whatever it says from now on comes after this number.
        let last_seq = session.stream().last_seq();
        let (before, mut events) = match active.filter(|run| run.has_started()) {
            Some(run) => {
                let before = run.first_seq.load(Ordering::Acquire);
                (before, session.stream().events_after(before))
            }
            None => (last_seq, Vec::new()),
        };
        let seq = events.last().map_or(before, |event| event.seq);
        // An abandoned run may publish when the next one has begun.
        events.retain(|event| {
            let of = event.correlation.run_id.as_deref();
            of.is_none() || of == active.map(|run| run.id.as_str())
        });
        Self {
            turn: state.history.latest().cloned(),
            turn_count: state.history.len(),
            queued: state.queue.prompts(),
            queue_paused: state.paused.clone(),
            running: active.map(|run| run.id.clone()),
            seq,
            events,
        }
    }
}
