//! [`Editor`]: the draft of a prompt.

use unicode_segmentation::UnicodeSegmentation;

mod layout;

#[cfg(test)]
mod tests;

pub(crate) use layout::Layout;

/// Maximum number of steps that can be undone.
const UNDO_LIMIT: usize = 100;

/// Maximum length of the texts that are kept for that, unless there is one alone.
const UNDO_BYTES: usize = 4 << 20;

/// A text with a cursor, which never stops within a grapheme, such as an emoji of several characters.
#[derive(Debug, Clone, Default)]
pub(crate) struct Editor {
    text: String,
    /// Byte offset of the cursor, at the border of a grapheme.
    cursor: usize,
    /// Column that vertical movement keeps.
    column: Option<u16>,
    /// Text that was deleted last by words or lines.
    killed: String,
    undo: Vec<(String, usize)>,
    /// `true` if the last change was the typing of a character, which the next one joins.
    is_typing: bool,
}

/// A movement of the cursor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Move {
    Left,
    Right,
    WordLeft,
    WordRight,
    LineStart,
    LineEnd,
    Start,
    End,
}

impl Editor {
    /// Returns the text.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns `true` if there is no text.
    pub(crate) fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Returns the text before the cursor, and that after it.
    pub(crate) fn parts(&self) -> (&str, &str) {
        self.text
            .split_at_checked(self.cursor)
            .unwrap_or((&self.text, ""))
    }

    /// Replaces the text; the cursor is at its end.
    pub(crate) fn set(&mut self, text: impl Into<String>) {
        self.remember();
        self.text = text.into();
        self.cursor = self.text.len();
        self.column = None;
    }

    /// Removes the text, and returns it.
    pub(crate) fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        *self = Self {
            killed: std::mem::take(&mut self.killed),
            ..Self::default()
        };
        text
    }

    /// Inserts a typed character.
    pub(crate) fn insert_char(&mut self, character: char) {
        let starts_word = character.is_whitespace();
        if !self.is_typing || starts_word {
            self.remember();
        }
        self.is_typing = true;
        self.put(character.encode_utf8(&mut [0; 4]));
    }

    /// Inserts a text, such as a paste, with its line endings as line feeds: terminals send those of
    /// a paste as carriage returns.
    pub(crate) fn insert(&mut self, text: &str) {
        self.remember();
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        self.put(&text);
    }

    fn put(&mut self, text: &str) {
        self.column = None;
        let cursor = self.cursor.min(self.text.len());
        self.text.insert_str(cursor, text);
        self.cursor = cursor + text.len();
        self.settle();
    }

    /// Moves the cursor to the border of a grapheme: what was inserted may have joined its
    /// neighbours.
    fn settle(&mut self) {
        let line_start = self.parts().0.rfind('\n').map_or(0, |at| at + 1);
        let line = self.text.get(line_start..).unwrap_or_default();
        let ends = line.grapheme_indices(true);
        let ends = ends.map(|(at, grapheme)| line_start + at + grapheme.len());
        let mut ends = std::iter::once(line_start).chain(ends);
        if let Some(end) = ends.find(|end| *end >= self.cursor) {
            self.cursor = end;
        }
    }

    /// Moves the cursor.
    pub(crate) fn go(&mut self, to: Move) {
        self.cursor = self.target(to);
        self.column = None;
        self.is_typing = false;
        // A word may end within a grapheme.
        self.settle();
    }

    /// Returns the offset to which a movement leads.
    fn target(&self, to: Move) -> usize {
        let (before, after) = self.parts();
        match to {
            Move::Left => self.cursor - before.graphemes(true).next_back().map_or(0, str::len),
            Move::Right => self.cursor + after.graphemes(true).next().map_or(0, str::len),
            Move::WordLeft => {
                let trimmed = before.trim_end_matches(|own: char| !own.is_alphanumeric());
                trimmed.trim_end_matches(char::is_alphanumeric).len()
            }
            Move::WordRight => {
                let rest = after.trim_start_matches(|own: char| !own.is_alphanumeric());
                let rest = rest.trim_start_matches(char::is_alphanumeric);
                self.text.len() - rest.len()
            }
            Move::LineStart => before.rfind('\n').map_or(0, |at| at + 1),
            Move::LineEnd => self.cursor + after.find('\n').unwrap_or(after.len()),
            Move::Start => 0,
            Move::End => self.text.len(),
        }
    }

    /// Deletes from the cursor to where a movement leads. What is deleted by words or lines can be
    /// inserted again with [`yank`](Self::yank).
    pub(crate) fn delete(&mut self, to: Move) {
        let target = self.target(to);
        let (from, end) = (target.min(self.cursor), target.max(self.cursor));
        if from == end {
            return;
        }
        self.remember();
        let deleted: String = self.text.drain(from..end).collect();
        if !matches!(to, Move::Left | Move::Right) {
            self.killed = deleted;
        }
        self.cursor = from;
        self.column = None;
        self.settle();
    }

    /// Inserts what was deleted last by words or lines.
    pub(crate) fn yank(&mut self) {
        let killed = self.killed.clone();
        self.insert(&killed);
    }

    /// Takes the last change back.
    pub(crate) fn undo(&mut self) {
        if let Some((text, cursor)) = self.undo.pop() {
            (self.text, self.cursor) = (text, cursor);
            self.column = None;
            self.is_typing = false;
        }
    }

    fn remember(&mut self) {
        self.is_typing = false;
        self.undo.push((self.text.clone(), self.cursor));
        let bytes = |undo: &[(String, usize)]| undo.iter().map(|(text, _)| text.len()).sum();
        let mut kept: usize = bytes(&self.undo);
        while self.undo.len() > UNDO_LIMIT || (kept > UNDO_BYTES && self.undo.len() > 1) {
            kept -= self.undo.remove(0).0.len();
        }
    }

    /// Moves the cursor up or down by a row. Returns `false` if there is none.
    pub(crate) fn go_vertically(&mut self, is_up: bool, width: u16) -> bool {
        let layout = self.layout(width);
        let (row, column) = layout.cursor;
        let column = *self.column.get_or_insert(column);
        let target = if is_up {
            row.checked_sub(1)
        } else {
            Some(row + 1)
        };
        let target = target.and_then(|row| layout.offset(&self.text, row, column));
        self.is_typing = false;
        if let Some(offset) = target {
            self.cursor = offset;
        }
        target.is_some()
    }

    /// Returns the rows of the text in `width` columns.
    pub(crate) fn layout(&self, width: u16) -> Layout {
        Layout::new(&self.text, self.cursor, width)
    }
}
