//! [`Desk`]: what is recorded, what is being written, and what waits to be written.

use std::{collections::HashSet, sync::Arc, time::SystemTime};

use geppetto_events::{EventRow, EventStream, SlowReaderPolicy, Subscription};
use geppetto_turns::Turn;

use super::{lost, title};
use crate::{
    Appended, Batch, BrokenReply, Durability, EffectWrite, Error, RequestWrite, RunRecord,
    SessionInfo, TurnRow,
};

mod change;
mod refused;
mod start;

pub(crate) use change::Change;
use refused::{Before, Refusals};
use start::Undo;

/// Message of the event that stands for those that the stream no longer had.
const LOST: &str = "events are missing: the session published them before its first run with this \
                    journal";

pub(crate) struct Desk {
    /// Number of the next batch.
    next: u64,
    /// Number of turns, including those being written.
    turns: u64,
    /// Latest turn, including one being written.
    latest: Option<Turn>,
    /// Sequence number of the last event, including those being written.
    seq: u64,
    /// State of the last run, including changes that wait.
    run: Option<RunRecord>,
    /// Id of the last run that was written, and the index of its turn.
    turn_of_run: Option<(String, u64)>,
    /// Keys of begun effects without an answer.
    open: HashSet<String>,
    waiting: Waiting,
    in_flight: Option<InFlight>,
    /// Number of the last change that was added, and of the last one that is written.
    added: u64,
    written: u64,
    events: Option<Subscription>,
    /// Where the reply to the last provider call begins.
    pub(super) asked: Option<BrokenReply>,
    undo: Option<Undo>,
    has_title: bool,
    refusals: Refusals,
}

#[derive(Default)]
struct Waiting {
    turns: Vec<Turn>,
    /// The turn before the latest one, which is to be removed.
    drops_to: Option<Option<Turn>>,
    effects: Vec<EffectWrite>,
    run: bool,
    events: Vec<EventRow>,
    requests: Vec<RequestWrite>,
    title: Option<String>,
    group: Option<String>,
    synced: bool,
}

struct InFlight {
    batch: Arc<Batch>,
    ticket: u64,
    expected: Appended,
    before: Before,
}

impl Desk {
    pub(super) fn new(info: &SessionInfo, latest: Option<Turn>) -> Self {
        Self {
            next: 1,
            turns: info.turns,
            latest,
            seq: info.last_seq,
            run: info.run.clone(),
            turn_of_run: info.run.as_ref().map(|run| (run.run.clone(), run.turn)),
            open: HashSet::new(),
            waiting: Waiting::default(),
            in_flight: None,
            added: 0,
            written: 0,
            events: None,
            asked: None,
            undo: None,
            has_title: info.title.is_some(),
            refusals: Refusals::default(),
        }
    }

    pub(super) fn run_record(&self) -> Option<&RunRecord> {
        self.run.as_ref()
    }

    /// Sequence number of the last event that is recorded or being written.
    pub(crate) fn seq(&self) -> u64 {
        self.seq
    }

    /// Follows the events of a run's stream.
    pub(super) fn follow(&mut self, stream: &EventStream) -> Result<(), Error> {
        let last = stream.last_seq();
        if last < self.seq {
            let message = format!(
                "the store has events up to {}, and the session's are at {last}; build it with \
                 `EventStream::new().starting_after({})`",
                self.seq, self.seq
            );
            return Err(Error::invalid(message));
        }
        // Replaced only now, so that the stream keeps the events in the meantime.
        self.events = Some(stream.resume_after(self.seq, SlowReaderPolicy::default()));
        Ok(())
    }

    /// Adds a change, and returns its number.
    pub(super) fn add(&mut self, change: Change) -> u64 {
        let waiting = &mut self.waiting;
        if change.drops_to.is_some() {
            waiting.drops_to = change.drops_to;
            // A store removes the effects of a turn with it.
            self.open.clear();
        }
        if let Some(turn) = change.turn {
            match waiting.turns.last_mut() {
                Some(last) if last.id == turn.id => *last = turn,
                _ => waiting.turns.push(turn),
            }
        }
        for effect in &change.effects {
            match effect {
                EffectWrite::Begin(start) => self.open.insert(start.key.clone()),
                other => self.open.remove(other.key()),
            };
        }
        waiting.effects.extend(change.effects);
        waiting.events.extend(change.events);
        waiting.requests.extend(change.requests);
        waiting.title = change.title.or(waiting.title.take());
        waiting.group = change.group.or(waiting.group.take());
        waiting.synced |= change.durability == Durability::Synced;
        if let Some(run) = change.run {
            waiting.run = true;
            self.run = Some(run);
        }
        self.added += 1;
        self.added
    }

    pub(super) fn is_open(&self, key: &str) -> bool {
        self.open.contains(key)
    }

    pub(super) fn is_written(&self, ticket: u64) -> bool {
        self.written >= ticket
    }

    /// Returns the batch to write: the last one if it was not acknowledged, or else everything that
    /// waits. `None` if there is nothing to write, and all changes are written.
    pub(super) fn next_batch(&mut self, now: SystemTime) -> Option<Arc<Batch>> {
        if let Some(in_flight) = &self.in_flight {
            return Some(Arc::clone(&in_flight.batch));
        }
        self.take_events();
        let mut batch = Batch::new(self.next, now);
        let before = self.before();
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(before) = waiting.drops_to {
            batch.drops_latest = true;
            self.turns = self.turns.saturating_sub(1);
            self.latest = before;
        }
        batch.title = waiting.title;
        if batch.title.is_none() && !self.has_title {
            batch.title = waiting.turns.iter().find_map(title::of);
        }
        self.has_title |= batch.title.is_some();
        batch.group = waiting.group;
        batch.requests = waiting.requests;
        for turn in waiting.turns {
            batch.turns.extend(self.put(turn, batch.drops_latest));
        }
        batch.events = waiting.events;
        self.seq = batch.events.last().map_or(self.seq, EventRow::last_seq);
        batch.effects = waiting.effects;
        let turn = self.turns.saturating_sub(1);
        for effect in &mut batch.effects {
            if let EffectWrite::Begin(start) = effect {
                start.turn = turn;
            }
        }
        if waiting.run
            && let Some(run) = &mut self.run
        {
            run.turn = match &self.turn_of_run {
                Some((id, known)) if run.is_ended() && *id == run.run => *known,
                _ => turn,
            };
            self.turn_of_run = Some((run.run.clone(), run.turn));
            run.seq = self.seq;
            batch.run = Some(run.clone());
        }
        if batch.is_empty() && !waiting.synced {
            self.written = self.added;
            return None;
        }
        if waiting.synced {
            batch.durability = Durability::Synced;
        }
        let batch = Arc::new(batch);
        self.in_flight = Some(InFlight {
            batch: Arc::clone(&batch),
            ticket: self.added,
            expected: Appended::new(self.turns, self.seq),
            before,
        });
        Some(batch)
    }

    /// Takes the acknowledgement of the batch in flight.
    pub(super) fn acknowledged(&mut self, session: &str, appended: Appended) -> Result<(), Error> {
        let Some(in_flight) = self.in_flight.take() else {
            return Ok(());
        };
        self.next += 1;
        self.written = in_flight.ticket;
        self.refusals.over();
        if appended == in_flight.expected {
            return Ok(());
        }
        let Appended { turns, last_seq } = appended;
        let message = format!(
            "the store has {turns} turns and events up to {last_seq} of session `{session}`, \
             after a batch that leads to {} and {}",
            in_flight.expected.turns, in_flight.expected.last_seq
        );
        Err(Error::new(crate::ErrorKind::Corrupt, message))
    }

    /// Returns the row of a turn, unless it is recorded already. Behind a removed turn, the recorded
    /// one may have other metadata.
    fn put(&mut self, turn: Turn, behind_removed: bool) -> Option<TurnRow> {
        let base = self.latest.as_ref();
        let replaces = base.is_some_and(|base| base.id == turn.id);
        let index = self.turns - u64::from(replaces);
        let row = TurnRow::new(index, base, &turn);
        let is_same = replaces
            && !behind_removed
            && row.blocks.is_empty()
            && base.is_some_and(|base| {
                base.blocks.len() == row.kept
                    && base.metadata == turn.metadata
                    && base.data == turn.data
                    && base.extra == turn.extra
            });
        self.turns = index + 1;
        self.latest = Some(turn);
        (!is_same).then_some(row)
    }

    /// Moves published events to those that wait.
    fn take_events(&mut self) {
        let Some(events) = &mut self.events else {
            return;
        };
        let waiting = &mut self.waiting.events;
        while let Some(read) = events.try_next_row() {
            let last = waiting.last().map_or(self.seq, EventRow::last_seq);
            waiting.push(read.unwrap_or_else(|lost| lost::row(last, lost, LOST)));
        }
    }
}
