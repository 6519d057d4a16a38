//! [`Kept`]: a session.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::SystemTime,
};

use geppetto_events::{Event, EventRow};
use tokio::time::Instant;

use super::row::Row;
use crate::{Appended, Claim, Effect, Error, ErrorKind, Request, RunRecord, SessionInfo, TurnRow};

#[derive(Default)]
pub(super) struct Kept {
    pub(super) holder: Option<Holder>,
    /// Number of the last batch of the current lease.
    pub(super) last_batch: u64,
    /// Row of the latest turn.
    pub(super) head: Option<Arc<Row>>,
    pub(super) effects: HashMap<String, Effect>,
    /// Keys of the effects of each turn, in order.
    pub(super) effect_keys: BTreeMap<u64, Vec<String>>,
    pub(super) run: Option<RunRecord>,
    /// Rows without gaps, from 1.
    pub(super) events: Vec<EventRow>,
    pub(super) requests: HashMap<String, Request>,
    /// `true` if the owner is asked to cancel the run.
    pub(super) cancel: bool,
    pub(super) title: Option<String>,
    pub(super) group: Option<String>,
    pub(super) created_at: Option<SystemTime>,
    pub(super) updated_at: Option<SystemTime>,
    forked_from: Option<(String, u64)>,
}

/// Owner of a session.
pub(super) struct Holder {
    owner: String,
    address: Option<String>,
    epoch: u64,
    expires: Option<Instant>,
}

impl Holder {
    pub(super) fn new(claim: &Claim, epoch: u64, now: Instant) -> Self {
        Self {
            owner: claim.owner.clone(),
            address: claim.address.clone(),
            epoch,
            // A time that the clock cannot represent never comes.
            expires: claim.ttl.and_then(|ttl| now.checked_add(ttl)),
        }
    }
}

impl Kept {
    pub(super) fn fork(&self, head: Arc<Row>, from: &str, index: u64, at: SystemTime) -> Self {
        Self {
            head: Some(head),
            forked_from: Some((from.to_owned(), index)),
            title: self.title.clone(),
            group: self.group.clone(),
            created_at: Some(at),
            updated_at: Some(at),
            ..Self::default()
        }
    }

    pub(super) fn is_held_with(&self, epoch: u64) -> bool {
        self.holder.as_ref().is_some_and(|own| own.epoch == epoch)
    }

    pub(super) fn has_open_run(&self) -> bool {
        self.run.as_ref().is_some_and(|run| !run.is_ended())
    }

    pub(super) fn is_held_by(&self, owner: &str) -> bool {
        self.holder.as_ref().is_some_and(|own| own.owner == owner)
    }

    /// Returns `true` if any owner may claim the session.
    pub(super) fn is_unowned(&self, now: Instant) -> bool {
        let holder = self.holder.as_ref();
        holder.is_none_or(|own| own.expires.is_some_and(|expires| expires <= now))
    }

    pub(super) fn check_claim(
        &self,
        session: &str,
        claim: &Claim,
        now: Instant,
    ) -> Result<(), Error> {
        let holder = self.holder.as_ref();
        let is_allowed = claim.takes_over || holder.is_some_and(|own| own.owner == claim.owner);
        if is_allowed || self.is_unowned(now) {
            return Ok(());
        }
        let owner = holder.map_or("", |own| own.owner.as_str());
        let message =
            format!("session `{session}` is open in `{owner}`; close it there, or take it over");
        Err(Error::new(ErrorKind::Held, message))
    }

    pub(super) fn turns(&self) -> u64 {
        self.head.as_ref().map_or(0, |row| row.index() + 1)
    }

    pub(super) fn last_seq(&self) -> u64 {
        self.events.last().map_or(0, EventRow::last_seq)
    }

    pub(super) fn appended(&self) -> Appended {
        Appended::new(self.turns(), self.last_seq())
    }

    pub(super) fn info(&self, id: &str) -> SessionInfo {
        let mut info = SessionInfo::new(id);
        info.turns = self.turns();
        info.last_seq = self.last_seq();
        info.owner = self.holder.as_ref().map(|own| own.owner.clone());
        info.address = self.holder.as_ref().and_then(|own| own.address.clone());
        info.run.clone_from(&self.run);
        info.forked_from.clone_from(&self.forked_from);
        info.title.clone_from(&self.title);
        info.group.clone_from(&self.group);
        info.created_at = self.created_at;
        info.updated_at = self.updated_at;
        info
    }

    pub(super) fn row(&self, index: u64) -> Option<&Arc<Row>> {
        self.head.as_ref()?.at(index)
    }

    pub(super) fn rows(&self, from: u64, limit: usize) -> Vec<TurnRow> {
        let end = from.saturating_add(limit as u64).min(self.turns());
        let last = end.checked_sub(1).filter(|last| *last >= from);
        let mut row = last.and_then(|last| self.row(last));
        let mut rows = Vec::new();
        while let Some(own) = row.filter(|own| own.index() >= from) {
            rows.push(own.to_turn_row());
            row = own.previous();
        }
        rows.reverse();
        rows
    }

    pub(super) fn events_after(&self, after: u64, limit: usize) -> Vec<Event> {
        let from = self.events.partition_point(|row| row.last_seq() <= after);
        let rows = self.events.get(from..).unwrap_or_default();
        let events = rows.iter().filter_map(|row| row.after(after));
        events.take(limit).collect()
    }

    pub(super) fn remove_effects_of(&mut self, turn: u64) {
        for key in self.effect_keys.remove(&turn).into_iter().flatten() {
            // An effect may have been begun again by another turn.
            if self.effects.get(&key).is_some_and(|own| own.turn == turn) {
                self.effects.remove(&key);
            }
        }
    }

    pub(super) fn effects_of(&self, turn: u64) -> Vec<Effect> {
        let keys = self.effect_keys.get(&turn).into_iter().flatten();
        let effects = keys.filter_map(|key| self.effects.get(key));
        // An effect may have been begun again by a later turn.
        effects.filter(|own| own.turn == turn).cloned().collect()
    }
}
