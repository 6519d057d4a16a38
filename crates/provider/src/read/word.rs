//! [`Word`]: a word that a server repeats with every frame.

use std::fmt;

use crate::Output;

/// A word that a server repeats with every frame (the id of the reply, the model), kept as
/// [`Output::word`] makes it. A repetition costs a comparison.
#[derive(Default)]
pub struct Word {
    /// As sent, to know it again.
    raw: String,
    kept: String,
}

impl Word {
    /// Takes the word unless there is one.
    pub fn first(&mut self, text: &str, out: &Output<'_>) {
        if self.kept.is_empty() {
            self.last(text, out);
        }
    }

    /// Takes the word in the place of the one before it; returns `true` if it is another one.
    pub fn last(&mut self, text: &str, out: &Output<'_>) -> bool {
        if text.is_empty() || self.raw == text {
            return false;
        }
        text.clone_into(&mut self.raw);
        self.kept = out.word(text);
        true
    }

    /// The word; empty where there is none.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.kept
    }

    /// Takes the word out, unless it is empty.
    pub fn take(&mut self) -> Option<String> {
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
