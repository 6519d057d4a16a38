//! Wrapping of styled text at columns of a terminal.

use geppetto_turns::printable;
use ratatui::{
    buffer::CellWidth as _,
    style::Style,
    text::{Line, Span},
};
use unicode_segmentation::UnicodeSegmentation as _;

#[cfg(test)]
mod tests;

/// Distance of tab stops.
const TAB: usize = 4;

/// Shown for a character that is wider than the line.
const TOO_WIDE: &str = "\u{fffd}";

/// A piece of text in one style. A line feed in it ends the line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    text: String,
    pub(crate) style: Style,
}

impl Run {
    /// Creates a run. Control characters of terminals become visible.
    pub(crate) fn new(text: &str, style: Style) -> Self {
        Self {
            text: printable(text).into_owned(),
            style,
        }
    }

    /// Appends text in the same style.
    pub(crate) fn append(&mut self, text: &str) {
        self.text.push_str(&printable(text));
    }

    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Replaces tabs by spaces.
    pub(crate) fn replace_tabs(&mut self) {
        if self.text.contains('\t') {
            self.text = self.text.replace('\t', " ");
        }
    }
}

/// What is written before the lines of a text, such as the marker of a list.
#[derive(Debug, Clone, Default)]
pub(crate) struct Margin {
    /// Before the first line.
    pub(crate) first: Vec<Span<'static>>,
    /// Before the others. As wide as the first, usually.
    pub(crate) rest: Vec<Span<'static>>,
}

impl Margin {
    /// Creates a margin with a mark before the first line and spaces before the others.
    pub(crate) fn hanging(mark: &str, style: Style) -> Self {
        let rest = " ".repeat(width(mark));
        Self {
            first: vec![Span::styled(mark.to_owned(), style)],
            rest: vec![Span::raw(rest)],
        }
    }
}

/// Where lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Break {
    /// Between words. Words that are wider than the line are cut.
    Words,
    /// At the last column: for code.
    Columns,
}

/// Returns the number of columns of a text, as ratatui counts them.
pub(crate) fn width(text: &str) -> usize {
    let graphemes = text.graphemes(true);
    graphemes.map(|own| usize::from(own.cell_width())).sum()
}

/// Returns the number of columns of spans.
pub(crate) fn spans_width(spans: &[Span<'_>]) -> usize {
    spans.iter().map(|span| width(&span.content)).sum()
}

/// Returns the lines of a text, each at most `columns` wide; one if the text is empty.
pub(crate) fn wrap(runs: &[Run], margin: &Margin, columns: usize, at: Break) -> Vec<Line<'static>> {
    let mut text = String::new();
    let mut ends = Vec::with_capacity(runs.len());
    for run in runs {
        text.push_str(&run.text);
        ends.push((text.len(), run.style));
    }
    let mut wrapper = Wrapper::new(margin, columns.max(1), at);
    let mut styles = ends.into_iter().peekable();
    for (start, grapheme) in text.grapheme_indices(true) {
        while styles.next_if(|(end, _)| *end <= start).is_some() {}
        let style = styles.peek().map(|(_, style)| *style).unwrap_or_default();
        wrapper.push(grapheme, style);
    }
    wrapper.finish()
}

struct Cell {
    text: String,
    width: usize,
    style: Style,
}

struct Wrapper<'m> {
    margin: &'m Margin,
    /// Columns of the line, and those for text on the first and on other lines.
    columns: usize,
    rooms: [usize; 2],
    at: Break,
    lines: Vec<Line<'static>>,
    line: Vec<Cell>,
    /// Columns of the line, without the margin.
    used: usize,
    spaces: Vec<Cell>,
    word: Vec<Cell>,
    /// `true` if a word may end before the next character, which follows a wide one.
    after_wide: bool,
}

impl<'m> Wrapper<'m> {
    fn new(margin: &'m Margin, columns: usize, at: Break) -> Self {
        let room = |margin: &[Span<'_>]| match spans_width(margin) {
            own if own < columns => columns - own,
            _ => columns,
        };
        Self {
            margin,
            columns,
            rooms: [room(&margin.first), room(&margin.rest)],
            at,
            lines: Vec::new(),
            line: Vec::new(),
            used: 0,
            spaces: Vec::new(),
            word: Vec::new(),
            after_wide: false,
        }
    }

    /// Returns the columns for text on the current line.
    fn room(&self) -> usize {
        let [first, rest] = self.rooms;
        if self.lines.is_empty() { first } else { rest }
    }

    fn current_margin(&self) -> &'m [Span<'static>] {
        let own = if self.lines.is_empty() {
            &self.margin.first
        } else {
            &self.margin.rest
        };
        // A margin that leaves no column for text is omitted.
        if spans_width(own) < self.columns {
            own
        } else {
            &[]
        }
    }

    fn push(&mut self, grapheme: &str, style: Style) {
        match grapheme {
            "\n" | "\r\n" => {
                self.end_word();
                self.end_line();
            }
            "\t" => {
                self.end_word();
                let column = self.used + self.spaces.len();
                for _ in 0..TAB - column % TAB {
                    self.space(style);
                }
            }
            " " => {
                self.end_word();
                self.space(style);
            }
            _ => self.visible(grapheme, style),
        }
    }

    fn space(&mut self, style: Style) {
        self.spaces.push(Cell {
            text: " ".to_owned(),
            width: 1,
            style,
        });
    }

    fn visible(&mut self, grapheme: &str, style: Style) {
        let width = usize::from(grapheme.cell_width());
        let is_wide = width > 1;
        if (is_wide || self.after_wide) && !sticks_to_the_left(grapheme) {
            self.end_word();
        }
        self.word.push(Cell {
            text: grapheme.to_owned(),
            width,
            style,
        });
        self.after_wide = is_wide && !sticks_to_the_right(grapheme);
        if self.at == Break::Columns {
            self.end_word();
        }
    }

    fn end_word(&mut self) {
        self.after_wide = false;
        if self.word.is_empty() {
            return;
        }
        let word = std::mem::take(&mut self.word);
        let width: usize = word.iter().map(|cell| cell.width).sum();
        let spaces = self.spaces.len();
        if self.at == Break::Words && self.used > 0 && self.used + spaces + width > self.room() {
            self.break_line();
        } else {
            for space in std::mem::take(&mut self.spaces) {
                self.put(space);
            }
        }
        for cell in word {
            self.put(cell);
        }
    }

    /// Begins another line, without the spaces before it.
    fn break_line(&mut self) {
        self.spaces.clear();
        self.end_line();
    }

    fn put(&mut self, mut cell: Cell) {
        if cell.width > self.room() {
            TOO_WIDE.clone_into(&mut cell.text);
            cell.width = 1;
        }
        if self.used + cell.width > self.room() {
            self.end_line();
        }
        self.used += cell.width;
        self.line.push(cell);
    }

    fn end_line(&mut self) {
        let is_text = !self.line.is_empty();
        let mut spans = self.current_margin().to_vec();
        if !is_text {
            trim_end(&mut spans);
        }
        let mut own: Vec<Span<'static>> = Vec::new();
        for cell in self.line.drain(..) {
            match own.last_mut() {
                Some(span) if span.style == cell.style => {
                    span.content.to_mut().push_str(&cell.text);
                }
                _ => own.push(Span::styled(cell.text, cell.style)),
            }
        }
        spans.append(&mut own);
        spans.retain(|span| !span.content.is_empty());
        self.lines.push(Line::from(spans));
        self.spaces.clear();
        self.used = 0;
    }

    fn finish(mut self) -> Vec<Line<'static>> {
        self.end_word();
        if !self.line.is_empty() || self.lines.is_empty() {
            self.end_line();
        }
        self.lines
    }
}

/// Removes the spaces at the end of a line.
fn trim_end(spans: &mut Vec<Span<'static>>) {
    while let Some(last) = spans.last_mut() {
        last.content = last.content.trim_end().to_owned().into();
        if !last.content.is_empty() {
            break;
        }
        spans.pop();
    }
}

/// Returns `true` if a line does not begin with this character: closing punctuation of East Asian
/// text.
fn sticks_to_the_left(grapheme: &str) -> bool {
    "、。，．：；！？）］｝」』】》〉〕’”…ー々".contains(grapheme)
}

/// Returns `true` if a line does not end with this character.
fn sticks_to_the_right(grapheme: &str) -> bool {
    "（［｛「『【《〈〔‘“".contains(grapheme)
}

/// Returns the beginning of a text on one line, at most `columns` wide, and an ellipsis if it was
/// cut.
pub(crate) fn truncate(text: &str, columns: usize) -> String {
    let mut own = String::new();
    let mut used = 0;
    for grapheme in text.graphemes(true) {
        let width = usize::from(grapheme.cell_width());
        if used + width > columns {
            while used + 1 > columns {
                let Some(last) = own.graphemes(true).next_back() else {
                    return own;
                };
                let (len, width) = (own.len() - last.len(), usize::from(last.cell_width()));
                own.truncate(len);
                used -= width.min(used);
            }
            own.push('…');
            return own;
        }
        own.push_str(grapheme);
        used += width;
    }
    own
}

/// Cuts lines that were wrapped for a wider terminal.
pub(crate) fn rewrap(lines: Vec<Line<'static>>, columns: usize) -> Vec<Line<'static>> {
    let mut all = Vec::with_capacity(lines.len());
    for line in lines {
        if spans_width(&line.spans) <= columns {
            all.push(line);
            continue;
        }
        let runs: Vec<Run> = line
            .spans
            .iter()
            .map(|span| Run::new(&span.content, span.style))
            .collect();
        all.extend(wrap(&runs, &Margin::default(), columns, Break::Columns));
    }
    all
}
