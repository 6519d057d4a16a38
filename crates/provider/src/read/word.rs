//! [`Word`]: a word that a server repeats in every frame.

use std::fmt;

use crate::Output;

/// A string that a server repeats in every frame (the id of the reply, the model), sanitized with
/// [`Output::word`]. A repetition costs one comparison.
#[derive(Default)]
pub struct Word {
    /// As sent, for the comparison.
    raw: String,
    kept: String,
}

impl Word {
    /// Sets the string unless there already is one.
    pub fn first(&mut self, text: &str, out: &Output<'_>) {
        if self.kept.is_empty() {
            self.last(text, out);
        }
    }

    /// Replaces the string; returns `true` if it differs from the previous one.
    pub fn last(&mut self, text: &str, out: &Output<'_>) -> bool {
        if text.is_empty() || self.raw == text {
            return false;
        }
        text.clone_into(&mut self.raw);
        self.kept = out.word(text);
        true
    }

    /// Returns the string; empty if there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.kept
    }

    /// Takes the string, unless it is empty.
    pub fn take(&mut self) -> Option<String> {
        self.raw.clear();
        Some(std::mem::take(&mut self.kept)).filter(|word| !word.is_empty())
    }
}

/// Shows the sanitized string; the string as sent may contain secrets.
impl fmt::Debug for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.kept, f)
    }
}
