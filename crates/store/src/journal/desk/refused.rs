//! What happens to a batch that the store refuses for its content.

use geppetto_turns::Turn;

use super::{Desk, InFlight};
use crate::RequestWrite;

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

    /// Takes back the batch in flight, of which nothing was written: its changes wait again, before
    /// those that were added in the meantime.
    pub(in crate::journal) fn take_back(&mut self) {
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
