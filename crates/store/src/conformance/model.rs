//! Random operations, compared with a simple model.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use geppetto_turns::{Block, Turn};

use super::{
    Factory,
    help::{Checked, at, batch, ok, refused, same},
    list,
};
use crate::{Batch, Claim, ErrorKind, Lease, Page, SessionStore, TurnRow};

list! {
    any_operations_agree_with_a_model:
        "after any sequence of claims, batches, forks, deletions and reopenings, all sessions have \
         the turns of a simple model, and the store has the blocks of these turns only",
}

/// Number of sequences, and of operations in each.
const SEQUENCES: u64 = 40;
const OPERATIONS: usize = 40;

async fn any_operations_agree_with_a_model<F: Factory>(factory: &F) -> Checked {
    for seed in 1..=SEQUENCES {
        let mut done = Vec::new();
        let checked = run(factory, seed, &mut done).await;
        checked.map_err(|found| format!("{found}, after these operations: {done:?}"))?;
    }
    Ok(())
}

async fn run<F: Factory>(factory: &F, seed: u64, done: &mut Vec<Operation>) -> Checked {
    let mut random = Random(seed);
    let mut test = Test {
        store: factory.fresh().await,
        model: BTreeMap::new(),
        writers: BTreeMap::new(),
        stale: BTreeMap::new(),
    };
    for _ in 0..OPERATIONS {
        let operation = Operation::any(&mut random);
        done.push(operation.clone());
        if operation == Operation::Reopen {
            test.store = factory.reopen(test.store).await;
            test.writers.clear();
        } else {
            test.apply(operation).await?;
        }
        test.compare().await?;
    }
    test.store = factory.reopen(test.store).await;
    test.compare().await
}

/// A generator that gives the same numbers on all platforms (Marsaglia, "Xorshift RNGs", 2003).
struct Random(u64);

impl Random {
    /// Returns a number below `end`.
    fn below(&mut self, end: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % end.max(1)
    }
}

type Id = u64;

#[derive(Debug, Clone, PartialEq)]
enum Operation {
    Open(Id),
    /// Appends or replaces a turn that keeps some blocks of the latest one.
    Put(Id, bool, u64, Vec<u64>),
    /// Removes the latest turn.
    Remove(Id),
    /// Repeats the last batch.
    Repeat(Id),
    /// Writes with an earlier lease.
    Stale(Id),
    Fork(Id, u64, Id),
    Delete(Id),
    Reopen,
}

impl Operation {
    fn any(random: &mut Random) -> Self {
        let id = random.below(4);
        match random.below(19) {
            0..3 => Self::Open(id),
            3..12 => {
                let (replaces, kept) = (random.below(5) < 2, random.below(8));
                let texts = (0..random.below(4)).map(|_| random.below(6)).collect();
                Self::Put(id, replaces, kept, texts)
            }
            12 => Self::Remove(id),
            13 => Self::Repeat(id),
            14 => Self::Stale(id),
            15..17 => Self::Fork(id, random.below(6), random.below(4)),
            17 => Self::Delete(id),
            _ => Self::Reopen,
        }
    }
}

struct Writer {
    lease: Lease,
    last: Option<Arc<Batch>>,
    number: u64,
}

struct Test<S> {
    store: S,
    /// Sessions as lists of turns, which are lists of texts.
    model: BTreeMap<Id, Vec<Vec<u64>>>,
    writers: BTreeMap<Id, Writer>,
    stale: BTreeMap<Id, Lease>,
}

fn name(id: Id) -> String {
    format!("session {id}")
}

fn block(text: u64) -> Block {
    Block::user(format!("text {text}"))
}

impl<S: SessionStore> Test<S> {
    async fn apply(&mut self, operation: Operation) -> Checked {
        match operation {
            Operation::Open(id) => self.open(id).await,
            Operation::Put(id, replaces, kept, texts) => self.put(id, replaces, kept, texts).await,
            Operation::Remove(id) => self.remove(id).await,
            Operation::Repeat(id) => self.repeat(id).await,
            Operation::Stale(id) => self.write_stale(id).await,
            Operation::Fork(from, index, to) => self.fork(from, index, to).await,
            Operation::Delete(id) => self.delete(id).await,
            Operation::Reopen => Ok(()),
        }
    }

    async fn open(&mut self, id: Id) -> Checked {
        let claim = Claim::new("owner");
        let opened = ok(self.store.open(&name(id), &claim).await, "opening")?;
        let writer = Writer {
            lease: opened.lease,
            last: None,
            number: 0,
        };
        if let Some(old) = self.writers.insert(id, writer) {
            self.stale.insert(id, old.lease);
        }
        self.model.entry(id).or_default();
        Ok(())
    }

    async fn put(&mut self, id: Id, replaces: bool, kept: u64, texts: Vec<u64>) -> Checked {
        let has_writer = self.writers.contains_key(&id);
        let Some(turns) = self.model.get_mut(&id).filter(|_| has_writer) else {
            return Ok(());
        };
        let base = turns.last().cloned();
        if replaces && turns.pop().is_none() {
            return Ok(());
        }
        let mut own = base.unwrap_or_default();
        own.truncate(usize::try_from(kept).unwrap_or_default());
        let kept = own.len();
        own.extend(texts);
        let index = turns.len() as u64;
        let mut turn = Turn::new();
        turn.id = format!("turn {index}");
        own.iter().for_each(|text| turn.push(block(*text)));
        turns.push(own);
        let row = TurnRow::after(index, kept, &turn);
        self.write(id, |batch| batch.turn(row)).await
    }

    async fn remove(&mut self, id: Id) -> Checked {
        let has_writer = self.writers.contains_key(&id);
        let turns = self.model.get_mut(&id).filter(|_| has_writer);
        if turns.and_then(Vec::pop).is_some() {
            self.write(id, Batch::dropping_latest).await?;
        }
        Ok(())
    }

    async fn write(&mut self, id: Id, fill: impl FnOnce(Batch) -> Batch) -> Checked {
        let Some(writer) = self.writers.get_mut(&id) else {
            return Ok(());
        };
        writer.number += 1;
        let batch = Arc::new(fill(batch(writer.number)));
        writer.last = Some(Arc::clone(&batch));
        let appended = self.store.append(&writer.lease, batch).await;
        let turns = ok(appended, "appending")?.turns;
        let expected = self.model.get(&id).map_or(0, Vec::len) as u64;
        same(turns, expected, "the result of an append")
    }

    async fn repeat(&mut self, id: Id) -> Checked {
        if let Some(writer) = self.writers.get(&id)
            && let Some(last) = &writer.last
        {
            let again = self.store.append(&writer.lease, Arc::clone(last)).await;
            ok(again, "the same batch again")?;
        }
        Ok(())
    }

    async fn write_stale(&mut self, id: Id) -> Checked {
        let Some(lease) = self.stale.get(&id) else {
            return Ok(());
        };
        for number in 1..4 {
            let batch = Arc::new(batch(number).dropping_latest());
            let result = self.store.append(lease, batch).await;
            refused(result, ErrorKind::Fenced, "a batch with an earlier lease")?;
        }
        Ok(())
    }

    async fn fork(&mut self, from: Id, index: u64, to: Id) -> Checked {
        let forked = self.store.fork(&name(from), index, &name(to), at()).await;
        let len = usize::try_from(index + 1).unwrap_or(usize::MAX);
        let turns = self.model.get(&from).and_then(|turns| turns.get(..len));
        match turns.map(<[_]>::to_vec) {
            None => refused(forked, ErrorKind::NotFound, "a fork at a missing turn"),
            Some(_) if self.model.contains_key(&to) => {
                refused(forked, ErrorKind::Exists, "a fork to an existing session")
            }
            Some(turns) => {
                let found = ok(forked, "forking")?.turns;
                self.model.insert(to, turns);
                same(found, index + 1, "the turns of a fork")
            }
        }
    }

    async fn delete(&mut self, id: Id) -> Checked {
        let existed = self.model.remove(&id).is_some();
        let deleted = ok(self.store.delete(&name(id)).await, "deleting")?;
        if let Some(writer) = self.writers.remove(&id) {
            self.stale.insert(id, writer.lease);
        }
        same(deleted, existed, "the result of a deletion")
    }

    async fn compare(&self) -> Checked {
        let listed = ok(self.store.list(&Page::default()).await, "listing")?;
        let listed: Vec<String> = listed.into_iter().map(|info| info.id).collect();
        let expected: Vec<String> = self.model.keys().map(|id| name(*id)).collect();
        same(listed, expected, "the sessions")?;
        let mut distinct: BTreeSet<u64> = BTreeSet::new();
        for (id, turns) in &self.model {
            self.compare_turns(&name(*id), turns).await?;
            distinct.extend(turns.iter().flatten());
        }
        let stats = ok(self.store.stats().await, "reading the size of the store")?;
        same(stats.blocks, distinct.len() as u64, "the number of blocks")
    }

    async fn compare_turns(&self, id: &str, turns: &[Vec<u64>]) -> Checked {
        let info = ok(self.store.info(id).await, "reading a session")?;
        same(info.turns, turns.len() as u64, "the number of turns")?;
        let rows = self.store.turn_rows(id, 0, usize::MAX).await;
        let rows = ok(rows, "reading turns")?;
        same(rows.len(), turns.len(), "the number of turns that are read")?;
        let mut base: Option<Turn> = None;
        for (row, texts) in rows.iter().zip(turns) {
            let turn = ok(self.store.turn(id, row.index).await, "reading a turn")?;
            let found: Vec<Block> = turn.blocks.iter().map(|own| Block::clone(own)).collect();
            let expected: Vec<Block> = texts.iter().map(|text| block(*text)).collect();
            let what = format!("turn {} of {id}", row.index);
            same(found, expected, &what)?;
            same(row.onto(base.as_ref()).as_ref(), Some(&turn), &what)?;
            base = Some(turn);
        }
        Ok(())
    }
}
