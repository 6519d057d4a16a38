//! [`State`]: the files of a disk, and what fails next.

use std::collections::BTreeMap;

use fastrand::Rng;
use rusqlite::ffi;

use crate::{change::Change, file::File};

/// Faults of a [`Disk`](crate::Disk), by the number of operations until they occur; 1 is the next one.
/// None by default.
#[derive(Debug, Clone, Default)]
pub struct Faults {
    /// Write, truncation or sync at which the power fails. Everything fails from then on.
    pub power_fails_at: Option<u64>,
    /// Sync that fails. What it should have synced is lost, although programs still see it.
    pub sync_fails_at: Option<u64>,
    /// Write of which only a part is written.
    pub write_fails_at: Option<u64>,
    /// Read that fails.
    pub read_fails_at: Option<u64>,
    /// Size of all files together at which the disk is full, in bytes.
    pub capacity: Option<usize>,
    /// `true` if files can only be opened for reading.
    pub is_read_only: bool,
}

/// Result code of SQLite.
pub(crate) type Code = i32;

#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) files: BTreeMap<String, File>,
    pub(crate) faults: Faults,
    /// Number of restarts. Handles of earlier ones do not work.
    pub(crate) generation: u64,
    is_off: bool,
    random: Rng,
    /// Number of syncs that failed, those after a loss of power not included.
    pub(crate) failed_syncs: u64,
    /// Number of writes, truncations and syncs, for tests that choose a later fault.
    pub(crate) operations: u64,
}

/// Counts an operation down. Returns `true` if the fault occurs now.
fn occurs(fault: &mut Option<u64>) -> bool {
    let Some(left) = fault else {
        return false;
    };
    *left = left.saturating_sub(1);
    let occurs = *left == 0;
    if occurs {
        *fault = None;
    }
    occurs
}

impl State {
    pub(crate) fn new(seed: u64) -> Self {
        Self {
            random: Rng::with_seed(seed),
            ..Self::default()
        }
    }

    /// Fails if the power is off, or fails now.
    fn change_one(&mut self) -> Result<(), Code> {
        if self.is_off {
            return Err(ffi::SQLITE_IOERR);
        }
        self.operations += 1;
        if occurs(&mut self.faults.power_fails_at) {
            self.is_off = true;
            return Err(ffi::SQLITE_IOERR);
        }
        Ok(())
    }

    fn file(&mut self, name: &str) -> Result<&mut File, Code> {
        self.files.get_mut(name).ok_or(ffi::SQLITE_IOERR)
    }

    pub(crate) fn read(&mut self, name: &str, at: usize, buffer: &mut [u8]) -> Result<(), Code> {
        if self.is_off || occurs(&mut self.faults.read_fails_at) {
            return Err(ffi::SQLITE_IOERR_READ);
        }
        let read = self.file(name)?.read(at, buffer);
        if read < buffer.len() {
            return Err(ffi::SQLITE_IOERR_SHORT_READ);
        }
        Ok(())
    }

    pub(crate) fn write(&mut self, name: &str, at: usize, bytes: &[u8]) -> Result<(), Code> {
        let powered = self.change_one();
        let written: usize = self.files.values().map(File::len).sum();
        let file = self.file(name)?;
        if powered.is_err() {
            // The power fails during the write.
            let change = Change::Write {
                at,
                bytes: bytes.to_vec(),
            };
            file.change(change);
            return powered;
        }
        let grown = (at + bytes.len()).saturating_sub(file.len());
        if self
            .faults
            .capacity
            .is_some_and(|capacity| grown > 0 && written + grown > capacity)
        {
            return Err(ffi::SQLITE_FULL);
        }
        let is_short = occurs(&mut self.faults.write_fails_at);
        let len = if is_short {
            self.random.usize(0..=bytes.len())
        } else {
            bytes.len()
        };
        let bytes = bytes.get(..len).unwrap_or_default().to_vec();
        self.file(name)?.change(Change::Write { at, bytes });
        if is_short {
            return Err(ffi::SQLITE_IOERR_WRITE);
        }
        Ok(())
    }

    pub(crate) fn truncate(&mut self, name: &str, len: usize) -> Result<(), Code> {
        self.change_one()?;
        self.file(name)?.change(Change::Truncate(len));
        Ok(())
    }

    pub(crate) fn sync(&mut self, name: &str) -> Result<(), Code> {
        self.change_one()?;
        let fails = occurs(&mut self.faults.sync_fails_at);
        self.failed_syncs += u64::from(fails);
        let file = self.file(name)?;
        if fails {
            file.fail_sync();
            return Err(ffi::SQLITE_IOERR_FSYNC);
        }
        file.sync();
        Ok(())
    }

    pub(crate) fn delete(&mut self, name: &str) -> Result<(), Code> {
        self.change_one()?;
        self.files.remove(name);
        Ok(())
    }

    /// Turns the power off and on again.
    pub(crate) fn lose_power(&mut self) {
        for file in self.files.values_mut() {
            file.lose_power(&mut self.random);
        }
        self.restart();
    }

    /// Ends all processes.
    pub(crate) fn restart(&mut self) {
        for file in self.files.values_mut() {
            file.end_processes();
        }
        self.is_off = false;
        self.faults = Faults::default();
        self.generation += 1;
    }
}
