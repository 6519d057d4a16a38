//! What happens to a batch that the store refuses for its content.

use geppetto_turns::Turn;

use geppetto_events::EventRow;

use super::{Desk, InFlight};
use crate::{Error, RequestWrite, journal::lost};

/// Batches that were refused since the last one that was written.
#[derive(Default)]
pub(super) struct Refusals {
    count: u32,
    /// Number of the last change whose effects were given up.
    effects_until: u64,
}

impl Refusals {
    pub(super) fn over(&mut self) {
        self.count = 0;
    }
}

/// State before a batch was made.
pub(super) struct Before {
    turns: u64,
    latest: Option<Turn>,
    seq: u64,
    turn_of_run: Option<(String, u64)>,
    has_title: bool,
    /// What waited, apart from what the batch has.
    put: Vec<Turn>,
    drops_to: Option<Option<Turn>>,
    title: Option<String>,
    synced: bool,
}

impl Desk {
    pub(super) fn before(&self) -> Before {
        Before {
            turns: self.turns,
            latest: self.latest.clone(),
            seq: self.seq,
            turn_of_run: self.turn_of_run.clone(),
            has_title: self.has_title,
            put: self.waiting.turns.clone(),
            drops_to: self.waiting.drops_to.clone(),
            title: self.waiting.title.clone(),
            synced: self.waiting.synced,
        }
    }

    /// Takes back a batch that was refused. Returns `true` if the rest of it is to be written at once.
    ///
    /// The first time, everything waits again: a prompt that was refused is withdrawn by its caller. If
    /// the next batch is refused too, effects and events are given up, so that the turn and the run
    /// can be written. A prompt with an idempotency key never goes without it.
    pub(in crate::journal) fn refused(&mut self, error: &Error) -> bool {
        self.take_back();
        self.refusals.count = self.refusals.count.saturating_add(1);
        let waiting = &mut self.waiting;
        let is_put = |own: &RequestWrite| matches!(own, RequestWrite::Put(_));
        if self.refusals.count != 2 || waiting.requests.iter().any(is_put) {
            return false;
        }
        if !waiting.effects.is_empty() {
            waiting.effects.clear();
            self.open.clear();
            self.refusals.effects_until = self.added;
        }
        if let Some(last) = waiting.events.last().map(EventRow::last_seq) {
            let count = last.saturating_sub(self.seq);
            let message = format!("{count} events were not stored: {error}");
            waiting.events = vec![lost::row(self.seq, count, &message)];
        }
        true
    }

    /// Returns `true` if the effects of a change were given up.
    pub(in crate::journal) fn gave_up_effects_of(&self, ticket: u64) -> bool {
        ticket <= self.refusals.effects_until
    }

    /// Returns `true` if nothing can be written any more: what waits was refused although it has no
    /// effects and no events.
    pub(in crate::journal) fn is_stuck(&self) -> bool {
        self.refusals.count > 2
    }

    /// Takes back the batch in flight, of which nothing was written: its changes wait again, before
    /// those that were added in the meantime.
    fn take_back(&mut self) {
        let Some(InFlight { batch, before, .. }) = self.in_flight.take() else {
            return;
        };
        self.turns = before.turns;
        self.latest = before.latest;
        self.seq = before.seq;
        self.turn_of_run = before.turn_of_run;
        self.has_title = before.has_title;
        let later = std::mem::take(&mut self.waiting);
        let waiting = &mut self.waiting;
        waiting.turns = before.put;
        waiting.drops_to = before.drops_to;
        if let Some(drops_to) = later.drops_to {
            // The turn that is to be removed was not written.
            if waiting.turns.pop().is_none() {
                waiting.drops_to = Some(drops_to);
            }
        }
        for turn in later.turns {
            match waiting.turns.last_mut() {
                Some(last) if last.id == turn.id => *last = turn,
                _ => waiting.turns.push(turn),
            }
        }
        waiting.effects.clone_from(&batch.effects);
        waiting.effects.extend(later.effects);
        waiting.run = batch.run.is_some() || later.run;
        waiting.events.clone_from(&batch.events);
        waiting.events.extend(later.events);
        waiting.requests.clone_from(&batch.requests);
        waiting.title = later.title.or(before.title);
        waiting.group = later.group.or_else(|| batch.group.clone());
        waiting.synced = before.synced || later.synced;
        for request in later.requests {
            match request {
                RequestWrite::Remove { key } => self.withdraw_request(Some(key)),
                put @ RequestWrite::Put(_) => self.waiting.requests.push(put),
            }
        }
    }
}
