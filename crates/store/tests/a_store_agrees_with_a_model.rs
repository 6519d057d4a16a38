//! Any sequence of operations leaves a store in the state of a simple model.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test's helpers panic too"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::SystemTime,
};

use geppetto_store::{Batch, Claim, ErrorKind, Lease, MemoryStore, Page, SessionStore, TurnRow};
use geppetto_turns::{Block, Turn};
use proptest::prelude::*;

/// Sessions as lists of turns, which are lists of texts.
type Model = BTreeMap<usize, Vec<Vec<u8>>>;

#[derive(Debug, Clone)]
enum Step {
    Open(usize),
    /// Appends a turn that keeps some blocks of the latest one.
    Append(usize, usize, Vec<u8>),
    Replace(usize, usize, Vec<u8>),
    Drop(usize),
    /// Repeats the last batch.
    Repeat(usize),
    /// Writes with the lease before the current one.
    Stale(usize),
    Fork(usize, usize, usize),
    Delete(usize),
    Reopen,
}

fn step() -> impl Strategy<Value = Step> {
    let id = || 0..4_usize;
    let texts = || prop::collection::vec(0..6_u8, 0..4);
    prop_oneof![
        2 => id().prop_map(Step::Open),
        6 => (id(), 0..8_usize, texts()).prop_map(|(id, kept, new)| Step::Append(id, kept, new)),
        4 => (id(), 0..8_usize, texts()).prop_map(|(id, kept, new)| Step::Replace(id, kept, new)),
        1 => id().prop_map(Step::Drop),
        1 => id().prop_map(Step::Repeat),
        1 => id().prop_map(Step::Stale),
        2 => (id(), 0..6_usize, id()).prop_map(|(from, index, to)| Step::Fork(from, index, to)),
        1 => id().prop_map(Step::Delete),
        1 => Just(Step::Reopen),
    ]
}

struct Writer {
    lease: Lease,
    last: Option<Arc<Batch>>,
    number: u64,
}

struct Test {
    store: MemoryStore,
    model: Model,
    writers: BTreeMap<usize, Writer>,
    stale: BTreeMap<usize, Lease>,
}

fn name(id: usize) -> String {
    format!("session {id}")
}

fn block(text: u8) -> Block {
    Block::user(format!("text {text}"))
}

impl Test {
    async fn take(&mut self, step: Step) {
        match step {
            Step::Open(id) => self.open(id).await,
            Step::Append(id, kept, new) => self.put(id, kept, &new, false).await,
            Step::Replace(id, kept, new) => self.put(id, kept, &new, true).await,
            Step::Drop(id) => self.drop_latest(id).await,
            Step::Repeat(id) => {
                if let Some(writer) = self.writers.get(&id)
                    && let Some(last) = &writer.last
                {
                    let again = self.store.append(&writer.lease, Arc::clone(last)).await;
                    again.unwrap();
                }
            }
            Step::Stale(id) => self.write_stale(id).await,
            Step::Fork(from, index, to) => self.fork(from, index, to).await,
            Step::Delete(id) => {
                let existed = self.model.remove(&id).is_some();
                assert_eq!(self.store.delete(&name(id)).await.unwrap(), existed);
                if let Some(writer) = self.writers.remove(&id) {
                    self.stale.insert(id, writer.lease);
                }
            }
            Step::Reopen => {
                self.store = self.store.reopened();
                for (id, writer) in std::mem::take(&mut self.writers) {
                    self.stale.insert(id, writer.lease);
                    self.open(id).await;
                }
            }
        }
    }

    async fn drop_latest(&mut self, id: usize) {
        let has_writer = self.writers.contains_key(&id);
        let turns = self.model.get_mut(&id).filter(|_| has_writer);
        if turns.and_then(Vec::pop).is_some() {
            self.write(id, Batch::dropping_latest).await;
        }
    }

    async fn write_stale(&self, id: usize) {
        let Some(lease) = self.stale.get(&id) else {
            return;
        };
        for number in 1..4 {
            let batch = Batch::new(number, SystemTime::UNIX_EPOCH).dropping_latest();
            let result = self.store.append(lease, Arc::new(batch)).await;
            assert_eq!(result.unwrap_err().kind(), ErrorKind::Fenced);
        }
    }

    async fn open(&mut self, id: usize) {
        let claim = Claim::new("owner");
        let lease = self.store.open(&name(id), &claim).await.unwrap().lease;
        let writer = Writer {
            lease,
            last: None,
            number: 0,
        };
        if let Some(old) = self.writers.insert(id, writer) {
            self.stale.insert(id, old.lease);
        }
        self.model.entry(id).or_default();
    }

    async fn put(&mut self, id: usize, kept: usize, new: &[u8], replaces: bool) {
        let has_writer = self.writers.contains_key(&id);
        let Some(turns) = self.model.get_mut(&id).filter(|_| has_writer) else {
            return;
        };
        if replaces && turns.is_empty() {
            return;
        }
        let base = turns.last().cloned().unwrap_or_default();
        let kept = kept.min(base.len());
        let texts = [&base[..kept], new].concat();
        if replaces {
            turns.pop();
        }
        let index = turns.len() as u64;
        turns.push(texts.clone());
        let mut turn = Turn::new();
        turn.id = format!("turn {index}");
        texts.iter().for_each(|text| turn.push(block(*text)));
        let row = TurnRow::after(index, kept, &turn);
        self.write(id, |batch| batch.turn(row)).await;
    }

    async fn write(&mut self, id: usize, fill: impl FnOnce(Batch) -> Batch) {
        let writer = self.writers.get_mut(&id).unwrap();
        writer.number += 1;
        let batch = Arc::new(fill(Batch::new(writer.number, SystemTime::UNIX_EPOCH)));
        writer.last = Some(Arc::clone(&batch));
        let appended = self.store.append(&writer.lease, batch).await.unwrap();
        assert_eq!(appended.turns, self.model[&id].len() as u64);
    }

    async fn fork(&mut self, from: usize, index: usize, to: usize) {
        let at = SystemTime::UNIX_EPOCH;
        let forked = self
            .store
            .fork(&name(from), index as u64, &name(to), at)
            .await;
        let turns = self.model.get(&from).and_then(|turns| turns.get(..=index));
        match (turns, self.model.contains_key(&to)) {
            (None, _) => assert_eq!(forked.unwrap_err().kind(), ErrorKind::NotFound),
            (_, true) => assert_eq!(forked.unwrap_err().kind(), ErrorKind::Exists),
            (Some(turns), false) => {
                assert_eq!(forked.unwrap().turns, index as u64 + 1);
                let turns = turns.to_vec();
                self.model.insert(to, turns);
            }
        }
    }

    async fn compare(&self) {
        let listed = self.store.list(&Page::default()).await.unwrap();
        let listed: Vec<String> = listed.into_iter().map(|info| info.id).collect();
        let expected: Vec<String> = self.model.keys().map(|id| name(*id)).collect();
        assert_eq!(listed, expected);
        let mut distinct: BTreeSet<u8> = BTreeSet::new();
        for (id, turns) in &self.model {
            let id = name(*id);
            let info = self.store.info(&id).await.unwrap();
            assert_eq!(info.turns, turns.len() as u64);
            let rows = self.store.turn_rows(&id, 0, usize::MAX).await.unwrap();
            let mut base: Option<Turn> = None;
            for (index, (texts, row)) in turns.iter().zip(&rows).enumerate() {
                let turn = self.store.turn(&id, index as u64).await.unwrap();
                let found: Vec<Block> = turn.blocks.iter().map(|b| Block::clone(b)).collect();
                let expected: Vec<Block> = texts.iter().map(|text| block(*text)).collect();
                assert_eq!(found, expected);
                assert_eq!(row.onto(base.as_ref()).as_ref(), Some(&turn));
                base = Some(turn);
                distinct.extend(texts.iter().copied());
            }
        }
        let stats = self.store.stats().await.unwrap();
        assert_eq!(stats.blocks, distinct.len() as u64);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn after_every_step(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let mut test = Test {
                store: MemoryStore::new(),
                model: Model::new(),
                writers: BTreeMap::new(),
                stale: BTreeMap::new(),
            };
            for step in steps {
                test.take(step).await;
                test.compare().await;
            }
        });
    }
}
