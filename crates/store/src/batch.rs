//! [`Batch`]: the unit of writing.

use std::time::SystemTime;

use geppetto_events::EventRow;

use crate::{EffectWrite, RequestWrite, RunRecord, TurnRow};

/// What a store must have done when it acknowledges a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Durability {
    /// The batch survives the end of the process, `kill -9` included. The default.
    #[default]
    Written,
    /// The batch, and every batch of the session before it, survives a power loss.
    Synced,
}

/// Changes of a session that are written together or not at all.
///
/// Applied in this order: [`drops_latest`](Self::drops_latest), [`turns`](Self::turns),
/// [`effects`](Self::effects), [`run`](Self::run), [`events`](Self::events),
/// [`requests`](Self::requests), and the rest.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Batch {
    /// Number of the batch under its lease, starting at 1, without gaps. A batch that has the
    /// number of the last one is a repetition of it.
    pub number: u64,
    /// Required durability.
    pub durability: Durability,
    /// Time of the batch, for listings. Stores do not order by it.
    pub at: SystemTime,
    /// `true` to remove the latest turn and its effects first. `false` by default.
    pub drops_latest: bool,
    /// Turns to append or to replace. Each row is relative to the latest turn at that point.
    pub turns: Vec<TurnRow>,
    /// Effects of tool calls.
    pub effects: Vec<EffectWrite>,
    /// State of the last run, which replaces the earlier one. `None` leaves it unchanged.
    pub run: Option<RunRecord>,
    /// Events that follow the stored ones without a gap.
    pub events: Vec<EventRow>,
    /// Submits with idempotency keys.
    pub requests: Vec<RequestWrite>,
    /// Title of the session for listings. `None` leaves it unchanged.
    pub title: Option<String>,
    /// Group of the session, such as the user that it belongs to. `None` leaves it unchanged.
    pub group: Option<String>,
}

impl Batch {
    /// Creates an empty batch.
    #[must_use]
    pub fn new(number: u64, at: SystemTime) -> Self {
        Self {
            number,
            durability: Durability::default(),
            at,
            drops_latest: false,
            turns: Vec::new(),
            effects: Vec::new(),
            run: None,
            events: Vec::new(),
            requests: Vec::new(),
            title: None,
            group: None,
        }
    }

    /// Sets the durability to [`Durability::Synced`].
    #[must_use]
    pub fn synced(mut self) -> Self {
        self.durability = Durability::Synced;
        self
    }

    /// Adds a turn to append or to replace.
    #[must_use]
    pub fn turn(mut self, row: TurnRow) -> Self {
        self.turns.push(row);
        self
    }

    /// Removes the latest turn and its effects first.
    #[must_use]
    pub fn dropping_latest(mut self) -> Self {
        self.drops_latest = true;
        self
    }

    /// Adds a change of an effect.
    #[must_use]
    pub fn effect(mut self, effect: EffectWrite) -> Self {
        self.effects.push(effect);
        self
    }

    /// Sets the state of the last run.
    #[must_use]
    pub fn run(mut self, run: RunRecord) -> Self {
        self.run = Some(run);
        self
    }

    /// Adds events.
    #[must_use]
    pub fn events(mut self, rows: impl IntoIterator<Item = EventRow>) -> Self {
        self.events.extend(rows);
        self
    }

    /// Adds a change of a submit with an idempotency key.
    #[must_use]
    pub fn request(mut self, request: RequestWrite) -> Self {
        self.requests.push(request);
        self
    }

    /// Sets the title of the session.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = Some(title.into());
        self
    }

    /// Sets the group of the session.
    #[must_use]
    pub fn group(mut self, group: impl Into<String>) -> Self {
        self.group = Some(group.into());
        self
    }

    /// Returns `true` if the batch is activity of the conversation: a change of turns, effects or the
    /// run. Such a batch sets the time of the session
    /// ([`SessionInfo::updated_at`](crate::SessionInfo::updated_at)); a title, a group, or the last
    /// events of a run do not move it to the front of a listing.
    #[must_use]
    pub fn is_activity(&self) -> bool {
        self.drops_latest
            || !self.turns.is_empty()
            || !self.effects.is_empty()
            || self.run.is_some()
    }

    /// Returns `true` if the batch changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.drops_latest
            && self.turns.is_empty()
            && self.effects.is_empty()
            && self.run.is_none()
            && self.events.is_empty()
            && self.requests.is_empty()
            && self.title.is_none()
            && self.group.is_none()
    }
}

/// State of a session after a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Appended {
    /// Number of turns.
    pub turns: u64,
    /// Sequence number of the last event; 0 if there is none.
    pub last_seq: u64,
}

impl Appended {
    /// Creates the state of a session with `turns` turns and `last_seq` events.
    #[must_use]
    pub fn new(turns: u64, last_seq: u64) -> Self {
        Self { turns, last_seq }
    }
}
