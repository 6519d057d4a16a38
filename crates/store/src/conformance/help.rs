//! Parts of checks.

use std::{
    fmt::Debug,
    sync::Arc,
    time::{Duration, SystemTime},
};

use geppetto_events::{Event, EventKind, EventRow, EventStream, kind};
use geppetto_turns::{Block, Turn};

use crate::{Appended, Batch, Claim, Error, ErrorKind, Lease, SessionStore, Stats, TurnRow};

pub(super) type Checked = Result<(), String>;

/// Id of the session of a check.
pub(super) const ID: &str = "session-1";

pub(super) fn ok<T>(result: Result<T, Error>, what: &str) -> Result<T, String> {
    result.map_err(|error| format!("{what} failed: {error} ({:?})", error.kind()))
}

pub(super) fn refused<T: Debug>(result: Result<T, Error>, kind: ErrorKind, what: &str) -> Checked {
    match result {
        Err(error) if error.kind() == kind => Ok(()),
        Err(error) => Err(format!(
            "{what} failed as {:?} ({error}) instead of {kind:?}",
            error.kind()
        )),
        Ok(value) => Err(format!(
            "{what} succeeded with {value:?} instead of {kind:?}"
        )),
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "most callers have values, not references"
)]
pub(super) fn same<T: PartialEq + Debug>(found: T, expected: T, what: &str) -> Checked {
    if found == expected {
        return Ok(());
    }
    Err(format!("{what}: {found:?} instead of {expected:?}"))
}

pub(super) fn at() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000)
}

pub(super) fn batch(number: u64) -> Batch {
    Batch::new(number, at())
}

/// Events of consecutive numbers, each a row.
pub(super) fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<EventRow> {
    numbers
        .map(|seq| {
            let text = format!("event {seq}");
            let mut event = Event::new(EventKind::Log(kind::Log::new("info", text)));
            event.seq = seq;
            EventRow::single(event)
        })
        .collect()
}

/// Deltas of consecutive numbers after `after`, merged into one row.
pub(super) fn deltas(after: u64, pieces: &[&str]) -> Vec<EventRow> {
    let stream = EventStream::fragment().starting_after(after);
    let mut reader = stream.subscribe();
    let mut offset = 0;
    for piece in pieces {
        let delta = kind::TextDelta::new(*piece, offset, 0);
        stream.publish(Event::new(EventKind::TextDelta(delta)), &[]);
        offset += piece.len() as u64;
    }
    std::iter::from_fn(|| reader.try_next_row()?.ok()).collect()
}

pub(super) fn turn(id: &str, base: Option<&Turn>, texts: &[&str]) -> Turn {
    let mut turn = base.cloned().unwrap_or_default();
    id.clone_into(&mut turn.id);
    for text in texts {
        turn.push(Block::user(*text).with_id(format!("{id}-{}", turn.blocks.len())));
    }
    turn
}

/// A writer to one session, as an owner does it.
pub(super) struct Writer<'a, S> {
    store: &'a S,
    pub(super) lease: Lease,
    number: u64,
    pub(super) turns: Vec<Turn>,
}

impl<'a, S: SessionStore> Writer<'a, S> {
    pub(super) async fn open(store: &'a S, session: &str) -> Result<Self, String> {
        Self::claim(store, session, &Claim::new("a")).await
    }

    pub(super) async fn claim(store: &'a S, session: &str, claim: &Claim) -> Result<Self, String> {
        let what = format!("opening session {session:?}");
        let opened = ok(store.open(session, claim).await, &what)?;
        let rows = store.turn_rows(session, 0, usize::MAX).await;
        let mut turns: Vec<Turn> = Vec::new();
        for row in ok(rows, "reading the turns")? {
            let turn = row.onto(turns.last());
            turns.push(turn.ok_or("a turn shares more blocks than the one before it has")?);
        }
        let what = "the latest turn of the opened session";
        same(opened.latest.as_ref(), turns.last(), what)?;
        Ok(Self {
            store,
            lease: opened.lease,
            number: 0,
            turns,
        })
    }

    /// Returns a batch with the next number.
    pub(super) fn next(&self) -> Batch {
        batch(self.number + 1)
    }

    pub(super) async fn append(&mut self, batch: Batch) -> Result<Appended, Error> {
        let appended = self.store.append(&self.lease, Arc::new(batch)).await?;
        self.number += 1;
        Ok(appended)
    }

    /// Returns the row that appends a turn to those of the writer, and adds it.
    pub(super) fn row(&mut self, turn: Turn) -> TurnRow {
        let row = TurnRow::new(self.turns.len() as u64, self.turns.last(), &turn);
        self.turns.push(turn);
        row
    }

    /// Returns the row that replaces the latest turn of the writer, and replaces it.
    pub(super) fn replacement(&mut self, turn: Turn) -> TurnRow {
        let index = (self.turns.len() as u64).saturating_sub(1);
        let row = TurnRow::new(index, self.turns.last(), &turn);
        self.turns.pop();
        self.turns.push(turn);
        row
    }

    /// Appends a turn that continues the latest one.
    pub(super) async fn say(&mut self, id: &str, texts: &[&str]) -> Checked {
        let turn = turn(id, self.turns.last(), texts);
        let row = self.row(turn);
        let batch = self.next().turn(row);
        ok(self.append(batch).await, "appending a turn").map(drop)
    }
}

/// Compares the turns of a session with the expected ones, read one by one and in pages.
pub(super) async fn has_turns<S: SessionStore>(
    store: &S,
    session: &str,
    expected: &[Turn],
) -> Checked {
    let info = ok(store.info(session).await, "reading the session")?;
    same(info.turns, expected.len() as u64, "the number of turns")?;
    for (index, turn) in expected.iter().enumerate() {
        let found = ok(store.turn(session, index as u64).await, "reading a turn")?;
        same(&found, turn, &format!("turn {index}"))?;
    }
    let beyond = store.turn(session, expected.len() as u64).await;
    refused(
        beyond,
        ErrorKind::NotFound,
        "reading a turn that does not exist",
    )?;
    for page in [1, 3, usize::MAX] {
        let turns = in_pages(store, session, page).await?;
        same(turns.as_slice(), expected, "the turns in pages")?;
    }
    Ok(())
}

async fn in_pages<S: SessionStore>(
    store: &S,
    session: &str,
    page: usize,
) -> Result<Vec<Turn>, String> {
    let mut turns: Vec<Turn> = Vec::new();
    loop {
        let rows = store.turn_rows(session, turns.len() as u64, page).await;
        let rows = ok(rows, "reading a page of turns")?;
        if rows.is_empty() {
            return Ok(turns);
        }
        if rows.len() > page {
            return Err(format!("a page of {page} turns has {}", rows.len()));
        }
        for row in rows {
            let what = "the index of a turn in a page";
            same(row.index, turns.len() as u64, what)?;
            let turn = row.onto(turns.last());
            turns.push(turn.ok_or("a turn shares more blocks than the one before it has")?);
        }
    }
}

pub(super) async fn stats<S: SessionStore>(store: &S) -> Result<Stats, String> {
    ok(store.stats().await, "reading the size of the store")
}
