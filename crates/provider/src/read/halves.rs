//! [`Half`]: half of a surrogate pair that a server split between two deltas.
//!
//! A Rust string cannot contain half of a surrogate pair. If the kit encounters one at the end of a
//! delta, it writes a private-use character in place of the half, next to a noncharacter
//! (<https://www.unicode.org/faq/private_use.html#noncharacters>), which does not occur in
//! exchanged text. [`Half`] converts both to the intended character.

use std::borrow::Cow;

#[cfg(test)]
mod tests;

/// The noncharacter next to a half.
const MARK: char = '\u{10fffe}';

/// Code point that represents U+D800, the first of the halves.
const FIRST: u32 = 0x10_f000;

/// Replacement for an unreadable character.
pub(crate) const UNREADABLE: &str = "\u{fffd}";

/// The same as a character.
const LOST: char = char::REPLACEMENT_CHARACTER;

/// Returns the first half at the end of a delta, as text.
pub(crate) fn trailing(high: u16) -> String {
    [stand_in(high), MARK].iter().collect()
}

/// Returns the second half at the beginning of a delta, as text.
pub(crate) fn leading(low: u16) -> String {
    [MARK, stand_in(low)].iter().collect()
}

fn stand_in(half: u16) -> char {
    char::from_u32(FIRST + u32::from(half) - 0xd800).unwrap_or(LOST)
}

fn half_of(stand_in: char) -> Option<u16> {
    let half = u32::from(stand_in).checked_sub(FIRST)? + 0xd800;
    u16::try_from(half)
        .ok()
        .filter(|half| (0xd800..0xe000).contains(half))
}

/// A first half that waits for the second one in the next delta of the same field.
#[derive(Debug, Default)]
pub struct Half {
    waiting: Option<u16>,
    /// Number of halves without a match.
    lost: u64,
}

impl Half {
    /// Returns the text that a delta adds: with the pending half, without a half at its end.
    pub fn join<'t>(&mut self, delta: &'t str) -> Cow<'t, str> {
        if delta.is_empty() || (self.waiting.is_none() && !is_marked(delta)) {
            return Cow::Borrowed(delta);
        }
        let (lead, delta) = strip_lead(delta);
        let (delta, trail) = strip_trail(delta);
        let mut text = String::with_capacity(delta.len() + 4);
        match (self.waiting.take(), lead) {
            (Some(high), Some(low)) => {
                let pair = char::decode_utf16([high, low]).next();
                text.push(pair.and_then(Result::ok).unwrap_or(LOST));
            }
            (None, None) => {}
            (Some(_), None) | (None, Some(_)) => {
                self.lost += 1;
                text.push(LOST);
            }
        }
        text.push_str(delta);
        self.waiting = trail;
        Cow::Owned(text)
    }

    /// Returns the remainder when the field is over: U+FFFD for a pending half.
    pub fn rest(&mut self) -> &'static str {
        match self.waiting.take() {
            Some(_) => {
                self.lost += 1;
                UNREADABLE
            }
            None => "",
        }
    }

    /// Discards a pending half: the full text has arrived.
    pub fn forget(&mut self) {
        self.waiting = None;
    }

    /// Returns `true` if a half is pending.
    pub(crate) fn waits(&self) -> bool {
        self.waiting.is_some()
    }

    /// Returns the half with its losses reset, after they were counted.
    pub(crate) fn without_losses(self) -> Self {
        Self { lost: 0, ..self }
    }

    /// Returns the number of halves without a match.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

/// Adds a delta to a text that may end with a half; returns the number of halves without a match.
pub fn append(text: &mut String, delta: &str) -> u64 {
    let (kept, waiting) = strip_trail(text);
    if delta.is_empty() || (waiting.is_none() && !is_marked(delta)) {
        text.push_str(delta);
        return 0;
    }
    let kept = kept.len();
    text.truncate(kept);
    let mut half = Half { waiting, lost: 0 };
    text.push_str(&half.join(delta));
    if let Some(high) = half.waiting {
        text.push_str(&trailing(high));
    }
    half.lost()
}

/// Replaces the halves at the ends of a text by U+FFFD; returns their number.
pub fn clean(text: &mut String) -> u64 {
    if !is_marked(text) {
        return 0;
    }
    let mut half = Half::default();
    let mut cleaned = half.join(text).into_owned();
    cleaned.push_str(half.rest());
    *text = cleaned;
    half.lost()
}

pub(crate) fn is_marked(text: &str) -> bool {
    text.starts_with(MARK) || text.ends_with(MARK)
}

fn strip_lead(text: &str) -> (Option<u16>, &str) {
    let stripped = text.strip_prefix(MARK).and_then(|rest| {
        let mut chars = rest.chars();
        let half = half_of(chars.next()?)?;
        Some((Some(half), chars.as_str()))
    });
    stripped.unwrap_or((None, text))
}

fn strip_trail(text: &str) -> (&str, Option<u16>) {
    let stripped = text.strip_suffix(MARK).and_then(|rest| {
        let mut chars = rest.chars();
        let half = half_of(chars.next_back()?)?;
        Some((chars.as_str(), Some(half)))
    });
    stripped.unwrap_or((text, None))
}
