//! [`Page`]: output state of the printer.

use geppetto_turns::Printable;

/// Part of the output that an open line belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Text,
    Reasoning,
}

/// The open line, and the state of the two texts that arrive in pieces.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// The part that the line belongs to; `None` at the beginning of a line.
    open: Option<Part>,
    pub(super) text: Flow,
    pub(super) reasoning: Flow,
}

impl Page {
    /// Returns `true` if the answer has shown anything since it began.
    pub(super) fn has_text(&self) -> bool {
        self.text.begun
    }

    pub(super) fn is_open(&self, part: Part) -> bool {
        self.open == Some(part)
    }

    /// Assigns the line to `part`; returns `true` if the line of another part has to end first.
    pub(super) fn begin(&mut self, part: Part) -> bool {
        self.open.replace(part).is_some_and(|open| open != part)
    }

    /// Ends the line of `part`; returns `true` if it was open.
    pub(super) fn close(&mut self, part: Part) -> bool {
        let open = self.is_open(part);
        if open {
            self.open = None;
        }
        open
    }

    /// Makes room for a note; returns `true` if the open line has to end first. If the note goes to
    /// the same writer (`shared`), that line feed counts as one that the text held back.
    pub(super) fn interrupt(&mut self, shared: bool) -> bool {
        match self.open.take() {
            None => return false,
            Some(Part::Text) if shared => self.text.spend_line_feed(),
            Some(Part::Reasoning) => self.reasoning.spend_line_feed(),
            Some(Part::Text) => {}
        }
        true
    }
}

/// A text that arrives in pieces, without blank lines at its beginning and end.
#[derive(Debug, Default)]
pub(super) struct Flow {
    printable: Printable,
    /// `true` if some text was shown.
    begun: bool,
    /// Number of line feeds to be shown once text follows them.
    held: usize,
}

impl Flow {
    /// Adds the next piece and returns the text to print now.
    pub(super) fn take(&mut self, piece: &str) -> String {
        let text = self.printable.push(piece);
        let mut shown = text.trim_end_matches('\n');
        let held = text.len() - shown.len();
        let mut out = String::new();
        if self.begun {
            if shown.is_empty() {
                self.held += held;
                return out;
            }
            out.extend(std::iter::repeat_n('\n', std::mem::take(&mut self.held)));
        } else {
            shown = shown.trim_start_matches('\n');
            if shown.is_empty() {
                return out;
            }
        }
        self.begun = true;
        self.held = held;
        out.push_str(shown);
        out
    }

    /// Ends the text; returns `true` if any of it was shown.
    pub(super) fn finish(&mut self) -> bool {
        std::mem::take(self).begun
    }

    fn spend_line_feed(&mut self) {
        self.held = self.held.saturating_sub(1);
    }
}
