//! [`Layout`]: a draft in rows.

use std::{borrow::Cow, ops::Range};

use geppetto_turns::printable;
use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// Number of columns of a tab.
const TAB: &str = "    ";

/// Rows of a text: long lines are wrapped between words, and words that are too long within them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Byte ranges of the rows, without line feeds.
    pub(crate) rows: Vec<Range<usize>>,
    /// Row and column of the cursor.
    pub(crate) cursor: (usize, u16),
}

impl Layout {
    pub(super) fn new(text: &str, cursor: usize, width: u16) -> Self {
        // The cursor may be behind the last column.
        let width = width.saturating_sub(1).max(1);
        let mut rows = Vec::new();
        let mut start = 0;
        for line in text.split('\n') {
            wrap(line, start, width, &mut rows);
            start += line.len() + 1;
        }
        let row = rows.partition_point(|row: &Range<usize>| row.start <= cursor);
        let row = row.saturating_sub(1);
        let shown = rows.get(row).cloned().unwrap_or_default();
        let column = columns(text.get(shown.start..cursor).unwrap_or_default());
        Self {
            rows,
            cursor: (row, column),
        }
    }

    /// Returns the offset of a column of a row, or of the nearest one before it.
    pub(super) fn offset(&self, text: &str, row: usize, column: u16) -> Option<usize> {
        let range = self.rows.get(row)?.clone();
        let shown = text.get(range.clone())?;
        let mut at = 0;
        for (offset, grapheme) in shown.grapheme_indices(true) {
            let next = at + columns(grapheme);
            if next > column {
                return Some(range.start + offset);
            }
            at = next;
        }
        // The end of a wrapped row is the start of the next one.
        let is_wrapped = self
            .rows
            .get(row + 1)
            .is_some_and(|next| next.start == range.end);
        let last = shown.graphemes(true).next_back().map_or(0, str::len);
        Some(range.end - if is_wrapped { last } else { 0 })
    }

    /// Returns the rows as they are shown: control characters are visible.
    pub(crate) fn shown<'a>(&self, text: &'a str) -> impl Iterator<Item = Cow<'a, str>> {
        let rows = self.rows.clone().into_iter();
        rows.map(|row| show(text.get(row).unwrap_or_default()))
    }
}

/// Returns a text as it is shown.
fn show(text: &str) -> Cow<'_, str> {
    let shown = printable(text);
    if shown.contains('\t') {
        return Cow::Owned(shown.replace('\t', TAB));
    }
    shown
}

/// Returns the number of columns of a text.
fn columns(text: &str) -> u16 {
    // Grapheme by grapheme, as they are drawn.
    let widths = text.graphemes(true).map(|own| show(own).width());
    u16::try_from(widths.sum::<usize>()).unwrap_or(u16::MAX)
}

/// Adds the rows of a line that begins at `start`.
fn wrap(line: &str, start: usize, width: u16, rows: &mut Vec<Range<usize>>) {
    let (mut row, mut used) = (0, 0_u16);
    // Offset after the last space of the row, and the columns up to it.
    let mut space: Option<(usize, u16)> = None;
    for (at, grapheme) in line.grapheme_indices(true) {
        let wide = columns(grapheme);
        // A space after the last word of a row is beside it.
        let most = width + u16::from(grapheme == " ");
        while used.saturating_add(wide) > most && at > row {
            let (end, before) = space.take().unwrap_or((at, used));
            rows.push(start + row..start + end);
            row = end;
            used -= before;
        }
        used = used.saturating_add(wide);
        if grapheme == " " {
            space = Some((at + 1, used));
        }
    }
    rows.push(start + row..start + line.len());
}
