//! [`SessionSnapshot`]: the state of a session at one point in time.

use std::sync::atomic::Ordering;

use geppetto_events::Event;
use geppetto_turns::Turn;

use crate::{PauseReason, QueuedPrompt, Session};

/// State of a session at one moment.
///
/// `turn` and `events` together are sufficient to display it: while an inference is running, the
/// turn is as of its start, and the events are those of the run so far.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SessionSnapshot {
    /// The latest turn.
    pub turn: Option<Turn>,
    /// Number of turns.
    pub turn_count: usize,
    /// Id of the running inference.
    pub running: Option<String>,
    /// Events of the running inference so far, with adjacent deltas merged.
    pub events: Vec<Event>,
    /// Queued prompts, in order.
    pub queued: Vec<QueuedPrompt>,
    /// Reason for the pause of the queue; `None` if it is not paused.
    pub queue_paused: Option<PauseReason>,
    /// Sequence number of the last included event; continue reading after it.
    pub seq: u64,
}

impl SessionSnapshot {
    pub(crate) fn take(session: &Session) -> Self {
        let state = session.lock();
        // No turn is committed under the lock, so turn and events are consistent.
        let active = state.active.as_ref().filter(|run| !run.is_ending());
        // Read before the run's state: all later events have a higher number.
        let last_seq = session.stream().last_seq();
        let (before, mut events) = match active.filter(|run| run.has_started()) {
            Some(run) => {
                let before = run.first_seq.load(Ordering::Acquire);
                (before, session.stream().events_after(before))
            }
            None => (last_seq, Vec::new()),
        };
        let seq = events.last().map_or(before, |event| event.seq);
        // An abandoned run may publish after the next one has started.
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
