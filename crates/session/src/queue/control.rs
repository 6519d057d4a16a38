//! Control of a session's queue by the application: inspect, remove, pause, resume.

use std::sync::Arc;

use geppetto_events::{Correlation, Event, EventKind, EventMeta, kind::QueueUpdated};

use super::{PauseReason, QueuedPrompt};
use crate::{BusyPolicy, Session, SessionError, scheduler, session::State};

impl Session {
    /// Returns the queued prompts, in order.
    #[must_use]
    pub fn queued(&self) -> Vec<QueuedPrompt> {
        self.lock().queue.prompts()
    }

    /// Removes a prompt from the queue; its run ends as cancelled. Returns `true` if the prompt was
    /// queued.
    pub fn remove_queued(&self, run_id: &str) -> bool {
        let (removed, latest) = {
            let mut state = self.lock();
            let removed = state.queue.remove(run_id);
            if removed.is_some() {
                self.end_empty_pause(&mut state);
                self.queue_changed(&state);
            }
            (removed, state.history.latest().cloned())
        };
        let found = removed.is_some();
        if let Some(waiting) = removed {
            waiting.run.not_started(latest, SessionError::Cancelled);
        }
        found
    }

    /// Moves a queued prompt to the front of the queue, so that it runs next. Returns `true` if the
    /// prompt was queued.
    ///
    /// The running inference continues; [`cancel_active`](Self::cancel_active) ends it. A paused queue
    /// stays paused.
    pub fn run_queued_next(&self, run_id: &str) -> bool {
        let mut state = self.lock();
        let found = state.queue.move_to_front(run_id);
        if found {
            self.queue_changed(&state);
        }
        found
    }

    /// Lets a queued prompt join the running inference
    /// ([`Prompt::join_running`](crate::Prompt::join_running)). Returns `true` if the prompt was queued
    /// and may join a run.
    pub fn join_queued(&self, run_id: &str) -> bool {
        let mut state = self.lock();
        let joins = state.queue.join(run_id);
        if joins {
            self.queue_changed(&state);
        }
        joins
    }

    /// Cancels the running inference. Returns `true` if there was one.
    ///
    /// The next queued prompt starts when the run is over, unless the queue is paused;
    /// [`cancel_active_and_pause_queue`](Self::cancel_active_and_pause_queue) does both atomically.
    pub fn cancel_active(&self) -> bool {
        cancel(&self.lock())
    }

    /// Pauses the queue: the running inference continues, and no prompt starts until
    /// [`resume_queue`](Self::resume_queue). Queued prompts keep their places.
    ///
    /// Prompts submitted during the pause wait, even if no inference is running, if the session queues
    /// or replaces prompts or if they join runs ([`Prompt::join_running`](crate::Prompt::join_running));
    /// otherwise they are refused ([`SessionError::QueuePaused`]). A running inference still takes the
    /// prompts that join it. An inference on the latest turn ([`Session::inference`]), such as a retry
    /// of a failed prompt, can start.
    ///
    /// Subscribers receive a `queue-updated` event, and another one for each change of the queue
    /// while it is paused. Pausing a paused queue has no effect.
    pub fn pause_queue(&self) {
        self.pause(&mut self.lock(), PauseReason::Requested);
    }

    /// Cancels the running inference and [pauses](Self::pause_queue) the queue atomically, so that
    /// no queued prompt starts in between. Returns `true` if an inference was running.
    pub fn cancel_active_and_pause_queue(&self) -> bool {
        let mut state = self.lock();
        self.pause(&mut state, PauseReason::Requested);
        cancel(&state)
    }

    /// Ends the pause: the first queued prompt starts, unless an inference is running. Returns
    /// `true` if the queue was paused.
    pub fn resume_queue(&self) -> bool {
        let mut state = self.lock();
        let was_paused = self.unpause(&mut state);
        scheduler::start_next(self, state);
        was_paused
    }

    /// Returns the reason for the pause of the queue; `None` if it is not paused.
    #[must_use]
    pub fn queue_paused(&self) -> Option<PauseReason> {
        self.lock().paused.clone()
    }

    /// Pauses the queue, unless it is already paused.
    pub(crate) fn pause(&self, state: &mut State, reason: PauseReason) {
        if state.paused.is_none() {
            state.paused = Some(reason);
            self.announce(state);
        }
    }

    /// Ends the pause. Returns `true` if there was one.
    pub(crate) fn unpause(&self, state: &mut State) -> bool {
        let was_paused = state.paused.take().is_some();
        if was_paused {
            self.announce(state);
        }
        was_paused
    }

    /// Ends a pause after a run once no prompt waits for its end, in a session that does not queue
    /// prompts: there is nothing to resume.
    pub(crate) fn end_empty_pause(&self, state: &mut State) {
        let queues = matches!(self.inner.policy, BusyPolicy::Queue { .. });
        let is_after_run = matches!(state.paused, Some(PauseReason::RunEnded(_)));
        if !queues && is_after_run && state.queue.is_empty() {
            self.unpause(state);
        }
    }

    /// Publishes a change of a paused queue.
    pub(crate) fn queue_changed(&self, state: &State) {
        if state.paused.is_some() {
            self.announce(state);
        }
    }

    /// Publishes the state of the queue. The caller holds the lock, so that the events are in the
    /// order of the changes; there are no sinks, which could call the session.
    fn announce(&self, state: &State) {
        let waiting = u64::try_from(state.queue.len()).unwrap_or(u64::MAX);
        let update = match &state.paused {
            Some(reason) => QueueUpdated::paused(waiting, reason.to_string()),
            None => QueueUpdated::resumed(waiting),
        };
        let id = Some(self.id().to_owned());
        let mut meta = EventMeta::default();
        meta.session_id.clone_from(&id);
        let mut correlation = Correlation::default();
        correlation.session_id = id;
        let kind = EventKind::QueueUpdated(update);
        let event = Event::in_context(kind, Arc::new(meta), Arc::new(correlation));
        self.stream().publish(event, &[]);
    }
}

fn cancel(state: &State) -> bool {
    match &state.active {
        Some(run) if !run.is_ending() => {
            run.token.cancel();
            true
        }
        _ => false,
    }
}
