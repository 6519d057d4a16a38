//! [`Change`]: what a barrier adds to the next batch.

use geppetto_events::EventRow;
use geppetto_turns::Turn;

use crate::{Durability, EffectWrite, RequestWrite, RunRecord};

/// A change to write.
#[derive(Default)]
pub(crate) struct Change {
    pub(super) turn: Option<Turn>,
    pub(super) effects: Vec<EffectWrite>,
    pub(super) run: Option<RunRecord>,
    pub(super) events: Vec<EventRow>,
    pub(super) requests: Vec<RequestWrite>,
    /// Removes the latest turn; the turn before it.
    pub(super) drops_to: Option<Option<Turn>>,
    pub(super) title: Option<String>,
    pub(super) group: Option<String>,
    pub(super) durability: Durability,
}

impl Change {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn turn(mut self, turn: &Turn) -> Self {
        self.turn = Some(turn.clone());
        self
    }

    pub(crate) fn effect(mut self, effect: EffectWrite) -> Self {
        self.effects.push(effect);
        self
    }

    /// Its turn and its last event are determined by the batch.
    pub(crate) fn run(mut self, run: RunRecord) -> Self {
        self.run = Some(run);
        self
    }

    pub(crate) fn events(mut self, rows: Vec<EventRow>) -> Self {
        self.events.extend(rows);
        self
    }

    pub(crate) fn request(mut self, request: RequestWrite) -> Self {
        self.requests.push(request);
        self
    }

    /// Removes the latest turn first. `before` is the turn before it.
    pub(crate) fn dropping_latest(mut self, before: Option<&Turn>) -> Self {
        self.drops_to = Some(before.cloned());
        self
    }

    pub(crate) fn labels(mut self, title: Option<&str>, group: Option<&str>) -> Self {
        self.title = title.map(str::to_owned);
        self.group = group.map(str::to_owned);
        self
    }

    pub(crate) fn synced(mut self) -> Self {
        self.durability = Durability::Synced;
        self
    }

    /// Returns `true` if the change has effects, whose callers act once they are written.
    pub(in crate::journal) fn has_effects(&self) -> bool {
        !self.effects.is_empty()
    }
}
