//! [`Rest`]: detection of an unfinished event after the last one.

use memchr::memchr2;

/// Lines after the last event.
///
/// The decoder does not report them: to it, an `id` without its blank line is not pending.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// `true` if there was a field since the last blank line.
    has_field: bool,
    line: Line,
    /// `true` if the last byte was a CR, which forms one line ending with a following LF.
    after_cr: bool,
}

/// The current line.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Line {
    #[default]
    Empty,
    Comment,
    Field,
}

impl Rest {
    /// Returns `true` if an event had begun: after a field, or inside a line.
    pub(super) fn is_event(&self) -> bool {
        self.has_field || self.line != Line::Empty
    }

    /// Returns `true` at the beginning of a line that no field of an event precedes.
    pub(super) fn is_between_fields(&self) -> bool {
        !self.is_event()
    }

    /// Returns `true` at the beginning of a line.
    pub(super) fn is_at_line_start(&self) -> bool {
        self.line == Line::Empty
    }

    pub(super) fn read(&mut self, bytes: &[u8]) {
        let mut bytes = bytes;
        while let Some((&byte, after)) = bytes.split_first() {
            self.byte(byte);
            bytes = match self.line {
                Line::Empty => after,
                // The middle of a line is irrelevant.
                Line::Comment | Line::Field => {
                    let end = memchr2(b'\n', b'\r', after);
                    after.get(end.unwrap_or(after.len())..).unwrap_or_default()
                }
            };
        }
    }

    fn byte(&mut self, byte: u8) {
        let ended_by_cr = std::mem::replace(&mut self.after_cr, byte == b'\r');
        match byte {
            b'\n' if ended_by_cr => {}
            b'\n' | b'\r' => match std::mem::take(&mut self.line) {
                Line::Empty => self.has_field = false,
                Line::Comment => {}
                Line::Field => self.has_field = true,
            },
            b':' if self.line == Line::Empty => self.line = Line::Comment,
            _ if self.line == Line::Empty => self.line = Line::Field,
            _ => {}
        }
    }
}
