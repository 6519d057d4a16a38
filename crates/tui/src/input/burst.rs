//! [`Burst`]: pastes in terminals that do not mark them.

use std::time::Duration;

use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// Maximum time between two characters of a paste.
const GAP: Duration = Duration::from_millis(8);

/// Number of characters in a row that make a paste: nobody types that many so fast.
const LENGTH: u32 = 6;

/// Time after which an Enter was not part of a paste.
const HOLD: Duration = Duration::from_millis(40);

/// Tells a pasted line feed from the Enter key, in terminals without bracketed paste: characters of a
/// paste follow each other faster than anybody types, and an Enter among them is text if more of them
/// follow.
#[derive(Debug, Clone, Default)]
pub(crate) struct Burst {
    /// `false` in terminals that mark pastes.
    is_on: bool,
    last: Option<Instant>,
    length: u32,
    /// Time at which the held Enter is the key.
    held: Option<Instant>,
}

impl Burst {
    /// Creates the heuristic, for a terminal without bracketed paste (`is_on`) or with it.
    pub(crate) fn new(is_on: bool) -> Self {
        Self {
            is_on,
            ..Self::default()
        }
    }

    /// Takes note of a character. Returns `true` if an Enter before it was text.
    pub(crate) fn character(&mut self, now: Instant) -> bool {
        if !self.is_on {
            return false;
        }
        let is_fast = self
            .last
            .is_some_and(|last| now.duration_since(last) <= GAP);
        self.length = if is_fast { self.length + 1 } else { 1 };
        self.last = Some(now);
        self.held.take().is_some()
    }

    /// Takes note of an Enter. Returns `true` if it is held until more is known.
    pub(crate) fn enter(&mut self, now: Instant) -> bool {
        let is_paste = self.is_on
            && self.length >= LENGTH
            && self
                .last
                .is_some_and(|last| now.duration_since(last) <= GAP);
        if is_paste {
            self.held = Some(now + HOLD);
            self.last = Some(now);
        }
        is_paste
    }

    /// Returns the time at which the held Enter is the key, if one is held.
    pub(crate) fn held_until(&self) -> Option<Instant> {
        self.held
    }

    /// Returns `true` if the held Enter is the key by now.
    pub(crate) fn release(&mut self, now: Instant) -> bool {
        let is_over = self.held.is_some_and(|until| until <= now);
        if is_over {
            *self = Self::new(self.is_on);
        }
        is_over
    }
}
