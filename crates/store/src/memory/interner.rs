//! [`Interner`]: every distinct block once, and the number of references to it.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use geppetto_turns::Block;

use crate::{BlockHash, Stats};

#[derive(Default)]
pub(super) struct Interner {
    slots: Mutex<HashMap<BlockHash, Slot>>,
}

struct Slot {
    block: Arc<Block>,
    bytes: u64,
    references: u64,
}

impl Interner {
    /// Adds a reference, and returns the shared block.
    fn add(&self, hash: BlockHash, bytes: usize, block: &Arc<Block>) -> Arc<Block> {
        let mut slots = self.lock();
        let slot = slots.entry(hash).or_insert_with(|| Slot {
            block: Arc::clone(block),
            bytes: bytes as u64,
            references: 0,
        });
        slot.references += 1;
        Arc::clone(&slot.block)
    }

    /// Adds references to blocks that are referenced already.
    fn add_known(&self, hashes: &[BlockHash]) {
        let mut slots = self.lock();
        for hash in hashes {
            if let Some(slot) = slots.get_mut(hash) {
                slot.references += 1;
            }
        }
    }

    fn remove(&self, hashes: &[BlockHash]) {
        let mut slots = self.lock();
        for hash in hashes {
            if let Some(slot) = slots.get_mut(hash) {
                slot.references = slot.references.saturating_sub(1);
                if slot.references == 0 {
                    slots.remove(hash);
                }
            }
        }
    }

    pub(super) fn stats(&self, sessions: u64) -> Stats {
        let slots = self.lock();
        let bytes = slots.values().map(|slot| slot.bytes).sum();
        let positions = slots.values().map(|slot| slot.references).sum();
        Stats::new(sessions, slots.len() as u64, bytes, positions)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<BlockHash, Slot>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// References of a turn to its own blocks: a list that versions of the turn share.
pub(super) struct Own {
    hashes: Vec<BlockHash>,
    before: Option<Arc<Own>>,
    interner: Arc<Interner>,
}

impl Own {
    pub(super) fn new(interner: &Arc<Interner>, before: Option<Arc<Self>>) -> Self {
        Self {
            hashes: Vec::new(),
            before,
            interner: Arc::clone(interner),
        }
    }

    /// Returns references to the first `len` blocks of `other`.
    pub(super) fn prefix(other: &Arc<Self>, len: usize) -> Arc<Self> {
        let mut lists = Vec::new();
        let mut next = Some(other);
        while let Some(own) = next {
            lists.push(own);
            next = own.before.as_ref();
        }
        let all = lists.iter().rev().flat_map(|own| &own.hashes);
        let hashes: Vec<BlockHash> = all.take(len).copied().collect();
        other.interner.add_known(&hashes);
        Arc::new(Self {
            hashes,
            before: None,
            interner: Arc::clone(&other.interner),
        })
    }

    /// Adds a reference to a block, and returns the shared block.
    pub(super) fn push(&mut self, hash: BlockHash, bytes: usize, block: &Arc<Block>) -> Arc<Block> {
        self.hashes.push(hash);
        self.interner.add(hash, bytes, block)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        self.interner.remove(&self.hashes);
        // Without recursion: the list may be long.
        let mut before = self.before.take();
        while let Some(mut own) = before.and_then(Arc::into_inner) {
            before = own.before.take();
        }
    }
}
