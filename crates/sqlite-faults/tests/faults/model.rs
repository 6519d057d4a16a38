//! [`Model`]: what a store must have, by what it acknowledged.

use std::{sync::Arc, time::SystemTime};

use geppetto_events::{Event, EventKind, EventRow, kind};
use geppetto_sqlite_faults::{Disk, VFS};
use geppetto_store::{
    Batch, Claim, EffectStart, EffectWrite, Error, Lease, RunRecord, SessionStore, TurnRow,
};
use geppetto_store_sqlite::SqliteStore;
use geppetto_turns::{Block, Turn};

/// Sessions that one process writes, and what it knows of them.
pub(crate) struct Model {
    seed: u64,
    pub(crate) sessions: Vec<Known>,
}

/// A session. Batch `n` appends turn `n - 1`, an event for each turn, and an effect.
pub(crate) struct Known {
    id: String,
    pub(crate) lease: Option<Lease>,
    /// Number of turns when the lease was granted.
    base: u64,
    /// Batches that were sent, that were acknowledged, and that were acknowledged as synced.
    sent: u64,
    pub(crate) acknowledged: u64,
    pub(crate) synced: u64,
    latest: Option<Turn>,
}

pub(crate) async fn open(disk: &Disk) -> Result<SqliteStore, Error> {
    // Small, so that content is moved from the log to the file often.
    let options = SqliteStore::options().vfs(VFS).wal_pages(8);
    options.open(disk.file("sessions.db")).await
}

impl Model {
    pub(crate) fn new(seed: u64, sessions: usize) -> Self {
        let known = |n| Known {
            id: format!("session {n}"),
            lease: None,
            base: 0,
            sent: 0,
            acknowledged: 0,
            synced: 0,
            latest: None,
        };
        Self {
            seed,
            sessions: (0..sessions).map(known).collect(),
        }
    }

    pub(crate) async fn claim(&mut self, store: &SqliteStore) -> Result<(), Error> {
        for known in &mut self.sessions {
            let claim = Claim::new("owner").taking_over();
            let opened = store.open(&known.id, &claim).await?;
            known.base = opened.info.turns;
            known.latest = opened.latest;
            known.lease = Some(opened.lease);
        }
        Ok(())
    }

    /// Appends the next batch to each session, at the same time. Returns the first error.
    pub(crate) async fn append(&mut self, store: &SqliteStore) -> Result<(), Error> {
        let mut running = Vec::new();
        for (n, known) in self.sessions.iter_mut().enumerate() {
            let Some(lease) = &known.lease else { continue };
            known.sent += 1;
            let number = known.sent;
            let turn = turn(self.seed, n, number, known.latest.as_ref());
            let row = TurnRow::new(number - 1, known.latest.as_ref(), &turn);
            known.latest = Some(turn);
            let synced = !(number + n as u64).is_multiple_of(3);
            let batch = batch(number, number - known.base, row, synced);
            let lease = Lease::new(lease.session(), lease.epoch(), lease.claim().clone());
            let store = store.clone();
            let append = async move { store.append(&lease, batch).await };
            running.push((n, number, synced, tokio::spawn(append)));
        }
        let mut first = Ok(());
        for (n, number, synced, append) in running {
            match append.await.unwrap() {
                Ok(appended) => {
                    assert_eq!(appended.turns, number);
                    let known = &mut self.sessions[n];
                    known.acknowledged = number;
                    known.synced = if synced { number } else { known.synced };
                }
                Err(error) => first = first.and(Err(error)),
            }
        }
        first
    }

    /// Compares the store with the model, after a loss of power or the end of the process. Then the
    /// model is what the store has.
    pub(crate) async fn check(&mut self, store: &SqliteStore, after_power: bool) {
        let report = store.check().await.unwrap();
        assert!(report.is_clean(), "seed {}: {report:#?}", self.seed);
        for n in 0..self.sessions.len() {
            let found = self.check_session(store, n, after_power).await;
            let known = &mut self.sessions[n];
            (known.sent, known.acknowledged, known.synced) = (found, found, found);
        }
    }

    /// Compares a session. Returns the number of batches that it has.
    async fn check_session(&self, store: &SqliteStore, n: usize, after_power: bool) -> u64 {
        let (seed, known) = (self.seed, &self.sessions[n]);
        let least = if after_power {
            known.synced
        } else {
            known.acknowledged
        };
        let Ok(info) = store.info(&known.id).await else {
            assert_eq!(least, 0, "seed {seed}: {} is lost", known.id);
            return 0;
        };
        let batches = info.turns;
        let (id, sent) = (&known.id, known.sent);
        assert!(
            (least..=sent).contains(&batches),
            "seed {seed}: {id} has {batches} batches of {least} to {sent}"
        );
        assert_eq!(info.last_seq, events_until(batches), "seed {seed}: {id}");
        let mut latest: Option<Turn> = None;
        for number in 1..=batches {
            let expected = turn(seed, n, number, latest.as_ref());
            let found = store.turn(id, number - 1).await.unwrap();
            assert_eq!(found, expected, "seed {seed}: {id}");
            let key = format!("effect {number}");
            let effect = store.effect(id, &key).await.unwrap().unwrap();
            assert!(effect.answer().is_some(), "seed {seed}: {id}");
            latest = Some(expected);
        }
        let run = info.run.map(|run| run.run);
        let expected = (batches > 0).then(|| format!("run {batches}"));
        assert_eq!(run, expected, "seed {seed}: {id}");
        let events = store.events(id, 0, usize::MAX).await.unwrap();
        let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
        let expected: Vec<u64> = (1..=events_until(batches)).collect();
        assert_eq!(numbers, expected, "seed {seed}: {id}");
        batches
    }
}

/// Returns the number of events of the first batches: 1, 2, 3, 1, 2, 3, ...
fn events_until(batches: u64) -> u64 {
    (1..=batches).map(|number| number % 3 + 1).sum()
}

/// Returns the turn of a batch. Some have a long text, which other sessions have too.
fn turn(seed: u64, session: usize, number: u64, base: Option<&Turn>) -> Turn {
    let mut turn = base.cloned().unwrap_or_default();
    turn.id = format!("turn {number}");
    turn.push(Block::user(format!("{seed} {session} {number}")));
    if number.is_multiple_of(4) {
        let long = format!("{} ", number % 8).repeat(5000);
        turn.push(Block::llm_text(long));
    }
    turn
}

fn batch(number: u64, own: u64, row: TurnRow, synced: bool) -> Arc<Batch> {
    let (from, to) = (events_until(number - 1), events_until(number));
    let events = (from + 1..=to).map(|seq| {
        let mut event = Event::new(EventKind::Log(kind::Log::new("info", "text")));
        event.seq = seq;
        EventRow::single(event)
    });
    let key = format!("effect {number}");
    let begin = EffectStart::new(key.as_str(), "run", number - 1);
    let answer = Arc::new(Block::tool_result("call", "answer"));
    let batch = Batch::new(own, SystemTime::UNIX_EPOCH)
        .turn(row)
        .effect(EffectWrite::Begin(begin))
        .effect(EffectWrite::Finish { key, answer })
        .run(RunRecord::new(format!("run {number}"), number - 1))
        .events(events);
    Arc::new(if synced { batch.synced() } else { batch })
}
