//! [`Locks`]: who may read and write a file.

/// Levels, as SQLite numbers them.
pub(crate) const SHARED: i32 = 1;
pub(crate) const RESERVED: i32 = 2;
pub(crate) const PENDING: i32 = 3;
pub(crate) const EXCLUSIVE: i32 = 4;

/// The level of each handle that has one (<https://sqlite.org/lockingv3.html>).
#[derive(Debug, Default)]
pub(crate) struct Locks {
    levels: Vec<(u64, i32)>,
}

impl Locks {
    /// Raises the level of a handle. Returns `false` if another one is in the way.
    pub(crate) fn raise(&mut self, handle: u64, to: i32) -> bool {
        let own = self.level(handle);
        if own >= to {
            return true;
        }
        let others = self.levels.iter().filter(|(other, _)| *other != handle);
        let highest = others.map(|(_, level)| *level).max().unwrap_or_default();
        let is_free = match to {
            SHARED => highest < PENDING,
            RESERVED => highest < RESERVED,
            _ => highest == 0,
        };
        if is_free {
            self.set(handle, to);
        } else if to == EXCLUSIVE && highest < RESERVED {
            // No new readers, until those that read have finished.
            self.set(handle, PENDING);
        }
        is_free
    }

    pub(crate) fn lower(&mut self, handle: u64, to: i32) {
        if self.level(handle) > to {
            self.set(handle, to);
        }
    }

    pub(crate) fn is_reserved(&self) -> bool {
        self.levels.iter().any(|(_, level)| *level >= RESERVED)
    }

    fn level(&self, handle: u64) -> i32 {
        let own = self.levels.iter().find(|(other, _)| *other == handle);
        own.map_or(0, |(_, level)| *level)
    }

    fn set(&mut self, handle: u64, level: i32) {
        self.levels.retain(|(other, _)| *other != handle);
        if level > 0 {
            self.levels.push((handle, level));
        }
    }
}
