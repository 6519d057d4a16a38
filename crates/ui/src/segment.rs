//! [`Segment`]: the visible text of a segment, as it grows.

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// Text of a segment that may still grow. Blank text is held back until something visible follows.
#[derive(Debug, Clone, Default)]
pub(crate) struct Segment {
    /// Number of bytes of the text so far.
    len: u64,
    /// The text as long as it is blank.
    blank: String,
    shown: bool,
}

impl Segment {
    /// Returns `true` if some of the text is visible.
    pub(crate) fn is_shown(&self) -> bool {
        self.shown
    }

    /// Adds a delta, and returns the text that becomes visible.
    pub(crate) fn push<'a>(&mut self, delta: &'a str, offset: Option<u64>) -> Option<Cow<'a, str>> {
        let new = news(delta, offset, self.len)?;
        self.len = offset.unwrap_or(self.len).max(self.len) + new.len() as u64;
        if self.shown {
            return Some(Cow::Borrowed(new));
        }
        if new.trim().is_empty() {
            self.blank.push_str(new);
            return None;
        }
        self.shown = true;
        if self.blank.is_empty() {
            return Some(Cow::Borrowed(new));
        }
        let mut whole = std::mem::take(&mut self.blank);
        whole.push_str(new);
        Some(Cow::Owned(whole))
    }

    /// Compares with the whole text, and returns the end of it that no delta had.
    pub(crate) fn finish<'a>(&mut self, whole: &'a str) -> Option<Cow<'a, str>> {
        self.push(whole, Some(0))
    }
}

/// Returns the part of a delta that is new, if the first `len` bytes of its text are known.
fn news(delta: &str, offset: Option<u64>, len: u64) -> Option<&str> {
    let known = len.saturating_sub(offset.unwrap_or(len));
    let new = delta.get(usize::try_from(known).unwrap_or(usize::MAX)..)?;
    (!new.is_empty()).then_some(new)
}
