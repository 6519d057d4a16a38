//! [`Channel`]: text that was sent and cannot be taken back.

/// A text of the message, such as its content, over all provider calls of the run.
///
/// A client has no means to forget what it received. If a reply breaks off and another one replaces
/// it, the other one must begin with the same text, which is not sent again.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// Text of the current provider call.
    current: String,
    /// Text of the call before.
    previous: String,
    /// Text that the client has already, of replies that were discarded.
    repeated: String,
    /// A paragraph ends before the next text.
    gap: bool,
}

/// The text is not the one that the client has already.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Diverged;

impl Channel {
    pub(super) fn begin_call(&mut self) {
        self.previous = std::mem::take(&mut self.current);
    }

    /// Ends a call; `goes_on` if the next one continues its text.
    pub(super) fn end_call(&mut self, goes_on: bool) {
        self.gap |= !self.current.is_empty() && !goes_on;
    }

    /// Discards the text of the current call, or of the one before.
    pub(super) fn discard(&mut self, is_current: bool) {
        let text = match is_current {
            true => std::mem::take(&mut self.current),
            false => std::mem::take(&mut self.previous),
        };
        self.withdraw(&text);
    }

    /// Discards the last text of the current call.
    pub(super) fn replace(&mut self, text: &str) {
        if self.current.ends_with(text) {
            self.current.truncate(self.current.len() - text.len());
        }
        self.withdraw(text);
    }

    fn withdraw(&mut self, text: &str) {
        if !text.is_empty() {
            self.gap = false;
            self.repeated.insert_str(0, text);
        }
    }

    /// Ends a paragraph within the current call.
    pub(super) fn end_paragraph(&mut self) -> Result<String, Diverged> {
        if self.current.is_empty() {
            return Ok(String::new());
        }
        self.push("\n\n")
    }

    /// Returns the text to send for a text of the current call.
    pub(super) fn push(&mut self, text: &str) -> Result<String, Diverged> {
        self.current.push_str(text);
        let shared = text.len().min(self.repeated.len());
        if text.as_bytes().get(..shared) != self.repeated.as_bytes().get(..shared) {
            return Err(Diverged);
        }
        self.repeated.drain(..shared);
        let new = text.get(shared..).unwrap_or_default();
        if new.is_empty() {
            return Ok(String::new());
        }
        let gap = std::mem::take(&mut self.gap);
        Ok(if gap {
            format!("\n\n{new}")
        } else {
            new.to_owned()
        })
    }

    /// Returns `true` if the current call has no text yet.
    pub(super) fn is_at_start(&self) -> bool {
        self.current.is_empty()
    }

    /// Suppresses the end of the paragraph.
    pub(super) fn join(&mut self) {
        self.gap = false;
    }

    /// Returns `true` if the client has text that is not part of the reply.
    pub(super) fn has_surplus(&self) -> bool {
        !self.repeated.is_empty()
    }
}
