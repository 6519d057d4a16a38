//! [`History`]: earlier prompts.

#[cfg(test)]
mod tests;

/// Maximum number of prompts that are kept.
const LIMIT: usize = 1_000;

/// Earlier prompts, which the Up and Down keys bring back. The draft is kept meanwhile.
#[derive(Debug, Clone, Default)]
pub(crate) struct History {
    entries: Vec<String>,
    /// Index of the entry that is shown; `None` for the draft.
    at: Option<usize>,
    draft: String,
}

impl History {
    /// Adds a prompt, unless it is blank or equal to the last one.
    pub(crate) fn push(&mut self, text: &str) {
        self.leave();
        self.keep(text);
    }

    fn keep(&mut self, text: &str) {
        if text.trim().is_empty() || self.entries.last().is_some_and(|last| last == text) {
            return;
        }
        if self.entries.len() == LIMIT {
            self.entries.remove(0);
        }
        self.entries.push(text.to_owned());
    }

    /// Returns the entry before the shown one. `shown` is kept if it is the draft.
    pub(crate) fn previous(&mut self, shown: &str) -> Option<String> {
        let next = match self.at {
            Some(at) => at.checked_sub(1)?,
            None => self.entries.len().checked_sub(1)?,
        };
        if self.at.is_none() {
            shown.clone_into(&mut self.draft);
        }
        self.at = Some(next);
        self.entries.get(next).cloned()
    }

    /// Returns the entry after the shown one, or the draft after the last one.
    pub(crate) fn next(&mut self) -> Option<String> {
        let next = self.at? + 1;
        if let Some(entry) = self.entries.get(next) {
            self.at = Some(next);
            return Some(entry.clone());
        }
        self.at = None;
        Some(std::mem::take(&mut self.draft))
    }

    /// Makes the shown entry the draft, because it was edited or sent. The draft before it becomes the last entry.
    pub(crate) fn leave(&mut self) {
        self.at = None;
        let draft = std::mem::take(&mut self.draft);
        self.keep(&draft);
    }
}
