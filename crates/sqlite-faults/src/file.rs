//! [`File`]: the content of a file, as programs see it and as the disk has it.

use fastrand::Rng;

use crate::{
    change::{Change, survive},
    locks::Locks,
};

#[derive(Debug, Default)]
pub(crate) struct File {
    /// What programs read.
    seen: Vec<u8>,
    /// What the disk certainly has.
    durable: Vec<u8>,
    /// Changes since the last sync.
    pending: Vec<Change>,
    pub(crate) locks: Locks,
    pub(crate) memory: Memory,
}

/// The regions of the shared memory of a file.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    pub(crate) locks: [Slot; 8],
    /// Addresses, which stay valid until the process ends.
    pub(crate) regions: Vec<usize>,
}

/// A lock of the shared memory: of any number of readers, or of one writer.
#[derive(Debug, Default, Clone)]
pub(crate) struct Slot {
    pub(crate) shared: Vec<u64>,
    pub(crate) exclusive: Option<u64>,
}

impl File {
    pub(crate) fn len(&self) -> usize {
        self.seen.len()
    }

    /// Copies content to a buffer. Returns the number of bytes that exist.
    pub(crate) fn read(&self, at: usize, buffer: &mut [u8]) -> usize {
        let rest = self.seen.get(at..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        let (found, missing) = buffer.split_at_mut(len);
        found.copy_from_slice(rest.get(..len).unwrap_or_default());
        missing.fill(0);
        len
    }

    pub(crate) fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.pending.push(change);
    }

    pub(crate) fn sync(&mut self) {
        for change in self.pending.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// Loses the changes since the last sync on the disk, while programs still see them: what Linux
    /// does after it could not write a page.
    pub(crate) fn fail_sync(&mut self) {
        self.pending.clear();
    }

    pub(crate) fn lose_power(&mut self, random: &mut Rng) {
        survive(&mut self.durable, &self.pending, random);
        self.pending.clear();
        self.seen.clone_from(&self.durable);
        self.end_processes();
    }

    /// Ends all locks, as the end of their processes does.
    pub(crate) fn end_processes(&mut self) {
        self.locks = Locks::default();
        self.memory = Memory::default();
    }
}
