//! Words of a server that are kept as they stand: ids, names of models, reasons, fingerprints.

use std::{borrow::Cow, fmt};

use geppetto_transport::Redactor;

#[cfg(test)]
mod tests;

/// The longest id that is kept whole, in bytes. Some gateways put state into ids of calls and
/// items, which have to go back unchanged.
const LONGEST_ID: usize = 64 * 1024;

/// A word for people: secrets masked, without control characters, and bounded.
pub(crate) fn word(text: &str, redactor: &Redactor) -> String {
    redactor.label(text)
}

/// An id that may have to go back: secrets masked, the rest cut behind 64 KiB.
pub(crate) fn id<'a>(text: &'a str, redactor: &Redactor) -> Cow<'a, str> {
    redactor.redact(bound(text, LONGEST_ID))
}

/// A word that a server repeats with every event.
#[derive(Default)]
pub(crate) struct Word {
    /// As sent, to know it again.
    raw: String,
    kept: String,
}

impl Word {
    /// Takes the word unless there is one.
    pub(crate) fn first(&mut self, text: &str, redactor: &Redactor) {
        if self.kept.is_empty() {
            self.last(text, redactor);
        }
    }

    /// Takes the word in the place of the one before it; returns `true` if it is another one.
    pub(crate) fn last(&mut self, text: &str, redactor: &Redactor) -> bool {
        if text.is_empty() || self.raw == text {
            return false;
        }
        text.clone_into(&mut self.raw);
        self.kept = word(text, redactor);
        true
    }

    /// The word; empty where there is none.
    pub(crate) fn as_str(&self) -> &str {
        &self.kept
    }

    /// The word, unless it is empty.
    pub(crate) fn take(&mut self) -> Option<String> {
        self.raw.clear();
        Some(std::mem::take(&mut self.kept)).filter(|word| !word.is_empty())
    }
}

/// Shows what is kept; the word as sent may hold secrets.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kept, f)
    }
}

/// The beginning of a text, at most `longest` bytes.
fn bound(text: &str, longest: usize) -> &str {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}
