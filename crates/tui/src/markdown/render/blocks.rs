//! Blocks: the space between them, containers and their margins, and where text is finished.

use std::ops::Range;

use pulldown_cmark::BlockQuoteKind;
use ratatui::text::{Line, Span};

use super::{BLANKS, Leaf, Point, Renderer, resume};
use crate::markdown::{
    resume::Container,
    wrap::{self, Break, Margin, Run},
};

/// Maximum number of containers within each other of which a part is finished before the whole.
const MAX_DEPTH: usize = 32;

/// Kind of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Block {
    Text,
    Heading,
    List,
    Item,
    Quote,
    Code,
    Table,
    Rule,
}

impl Block {
    /// Returns `true` if a blank line separates the two blocks, even if there is none in the text.
    fn is_apart(self, next: Self) -> bool {
        !matches!(
            (self, next),
            (Self::Text | Self::Heading, Self::List | Self::Text)
                | (Self::Item, _)
                | (_, Self::Item)
        )
    }
}

/// A container that is open.
#[derive(Debug)]
pub(super) struct Open {
    pub(super) container: Container,
    /// What is written before its lines.
    margin: Margin,
    /// `true` until its first line is written.
    is_new: bool,
}

impl Renderer<'_> {
    /// Begins a block: after a blank line, if there is one in the text or should be.
    pub(super) fn begin(&mut self, block: Block, range: &Range<usize>) {
        let offset = range.start;
        self.flush();
        self.show_definitions(offset);
        if let Some(before) = self.before {
            let between = self.source.text.get(self.block_end..offset);
            let lines = between.unwrap_or_default().matches('\n').count();
            if lines > 1 || (self.open.is_empty() && before.is_apart(block)) {
                let margin = self.margin();
                let blank = wrap::wrap(&[], &margin, self.columns, Break::Words);
                self.out.lines.extend(blank);
            }
            if lines > 1 || before != Block::Heading || self.is_decided(block, range) {
                self.record_point(block, offset);
            }
        }
        self.before = Some(block);
        if self.source.is_cut {
            self.out.tail = resume::prefix(self.source.text, &self.containers());
        }
    }

    /// Returns `true` if a block right below a heading keeps its kind when more text comes. A heading
    /// and a table are apart from the heading above, and a paragraph is not: it may become one of
    /// them, and they a paragraph while the line below the first is incomplete.
    fn is_decided(&self, block: Block, range: &Range<usize>) -> bool {
        match block {
            Block::Text => false,
            Block::Heading => range.end <= self.complete,
            Block::Table => {
                let table = self.source.text.get(range.start..self.complete);
                table.is_some_and(|lines| lines.matches('\n').count() > 1)
            }
            _ => true,
        }
    }

    /// Returns the open containers; none if they are too deep to begin anew.
    pub(super) fn containers(&self) -> Vec<Container> {
        if self.open.len() > MAX_DEPTH {
            return Vec::new();
        }
        self.open.iter().map(|own| own.container.clone()).collect()
    }

    /// Remembers that nothing before this block will change: its first line is complete.
    fn record_point(&mut self, block: Block, offset: usize) {
        let text = self.source.text;
        let line = line_start(text, offset);
        let is_below = self.open.last().is_none_or(|own| own.container.line < line);
        // The mark of an item stands on its first line.
        let is_marked = self.open.iter().all(|own| !own.is_new);
        let is_deep = self.open.len() > MAX_DEPTH;
        if is_deep
            || offset >= self.complete
            || line <= self.source.muted
            || !is_below
            || !is_marked
        {
            return;
        }
        let mut containers = self.containers();
        let prefix = if block == Block::Item {
            let before = self.lists.last().copied().flatten();
            containers.push(Container {
                line,
                content: item_content(text, offset),
                number: before.map(|next| next.saturating_sub(1)),
            });
            resume::prefix(text, &containers)
        } else {
            resume::prefix(text, &containers) + &resume::blank_line(text, containers.last())
        };
        self.out.point = Some(Point {
            offset: line,
            lines: self.out.lines.len(),
            prefix,
            tint: None,
        });
    }

    pub(super) fn ends_at(&mut self, range: &Range<usize>) {
        let text = self.source.text.get(range.clone()).unwrap_or_default();
        let end = range.start + text.trim_end_matches(BLANKS).len();
        self.block_end = self.block_end.max(end);
    }

    /// Writes the text that was collected.
    pub(super) fn flush(&mut self) {
        let Leaf::Text(runs) = std::mem::replace(&mut self.leaf, Leaf::None) else {
            return;
        };
        if runs.iter().any(|run| !run.text().is_empty()) {
            self.write(&runs, Break::Words);
        }
    }

    pub(super) fn write(&mut self, runs: &[Run], at: Break) {
        let margin = self.margin();
        let lines = wrap::wrap(runs, &margin, self.columns, at);
        self.write_lines(lines);
    }

    pub(super) fn write_lines(&mut self, lines: Vec<Line<'static>>) {
        self.out.lines.extend(lines);
        // Where an inner container has lines, the outer ones have.
        let new = self.open.iter_mut().rev().take_while(|own| own.is_new);
        for own in new {
            own.is_new = false;
        }
    }

    /// Returns the margin of the next line, at most half of the columns: of deeper containers, only
    /// the innermost are shown.
    pub(super) fn margin(&self) -> Margin {
        let mut margin = Margin::default();
        let mut used = 0;
        for own in self.open.iter().rev() {
            used += wrap::spans_width(&own.margin.rest);
            if used > self.columns / 2 {
                break;
            }
            let first = if own.is_new {
                &own.margin.first
            } else {
                &own.margin.rest
            };
            margin.first.extend(first.iter().rev().cloned());
            margin.rest.extend(own.margin.rest.iter().rev().cloned());
        }
        margin.first.reverse();
        margin.rest.reverse();
        margin
    }

    /// Returns the columns for text within the containers.
    pub(super) fn room(&self) -> usize {
        let used = wrap::spans_width(&self.margin().rest);
        self.columns.saturating_sub(used).max(1)
    }

    pub(super) fn open_quote(&mut self, kind: Option<BlockQuoteKind>, range: &Range<usize>) {
        self.flush();
        let is_muted = self.is_muted(range);
        if !is_muted {
            self.begin(Block::Quote, range);
        }
        let text = self.source.text;
        let rest = text.get(range.start..).unwrap_or_default();
        let mark = range.start + rest.find('>').map_or(0, |at| at + 1);
        let space = usize::from(text.as_bytes().get(mark) == Some(&b' '));
        let bar = vec![Span::styled("│ ", self.theme.quiet())];
        self.open.push(Open {
            container: Container {
                line: line_start(text, range.start),
                content: mark + space,
                number: None,
            },
            margin: Margin {
                first: bar.clone(),
                rest: bar,
            },
            is_new: !is_muted,
        });
        self.before = None;
        self.block_end = self.block_end.max(mark + space);
        if let (Some(kind), false) = (kind, is_muted) {
            let (label, style) = match kind {
                BlockQuoteKind::Note => ("Note", self.theme.marker()),
                BlockQuoteKind::Tip => ("Tip", self.theme.good()),
                BlockQuoteKind::Important => ("Important", self.theme.keyword()),
                BlockQuoteKind::Warning => ("Warning", self.theme.warning()),
                BlockQuoteKind::Caution => ("Caution", self.theme.bad()),
            };
            let style = style.patch(self.theme.name());
            self.write(&[Run::new(label, style)], Break::Words);
        }
    }

    pub(super) fn open_item(&mut self, range: &Range<usize>) {
        self.flush();
        let is_muted = self.is_muted(range);
        if !is_muted {
            self.begin(Block::Item, range);
        }
        let depth = self.lists.iter().filter(|own| own.is_none()).count();
        let number = self.lists.last_mut().and_then(|next| {
            let number = *next;
            *next = number.map(|own| own.saturating_add(1));
            number
        });
        let mark = match number {
            Some(number) => format!("{number}. "),
            None => (["• ", "◦ ", "▪ "].get((depth.max(1) - 1) % 3))
                .copied()
                .unwrap_or("• ")
                .to_owned(),
        };
        let text = self.source.text;
        let content = item_content(text, range.start);
        // An empty item ends here.
        self.block_end = self.block_end.max(content);
        self.open.push(Open {
            container: Container {
                line: line_start(text, range.start),
                content,
                number,
            },
            margin: Margin::hanging(&mark, self.theme.marker()),
            is_new: !is_muted,
        });
        self.before = None;
    }

    pub(super) fn close_item(&mut self) {
        self.flush();
        if self.open.last().is_some_and(|own| own.is_new) {
            self.write(&[], Break::Words);
        }
        self.open.pop();
        self.before = Some(Block::Item);
    }

    pub(super) fn rule(&mut self, range: &Range<usize>) {
        self.begin(Block::Rule, range);
        let rule = "─".repeat(self.room().min(80));
        self.write(&[Run::new(&rule, self.theme.quiet())], Break::Columns);
        self.ends_at(range);
    }

    /// Shows the definitions of links before this place, which are not part of the text otherwise.
    pub(super) fn show_definitions(&mut self, before: usize) {
        let is_before = |span: &Range<usize>| span.start < before;
        while self.definitions.as_slice().first().is_some_and(is_before) {
            let Some(span) = self.definitions.next() else {
                return;
            };
            if self.is_muted(&span) {
                continue;
            }
            let text = self.source.text.get(span.clone()).unwrap_or_default();
            let run = Run::new(text.trim(), self.theme.quiet());
            if self.before.is_some_and(|own| own != Block::Text) {
                self.write(&[], Break::Words);
            }
            self.write(&[run], Break::Words);
            self.before = Some(Block::Text);
            self.ends_at(&span);
        }
    }
}

pub(super) fn line_start(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or_default();
    before.rfind('\n').map_or(0, |at| at + 1)
}

/// Returns the start of the content of an item that begins here.
fn item_content(text: &str, start: usize) -> usize {
    let bytes = text.as_bytes();
    let skip = |mut at: usize, is_part: &dyn Fn(&u8) -> bool| {
        while bytes.get(at).is_some_and(is_part) {
            at += 1;
        }
        at
    };
    let mark = skip(start, &|c| matches!(c, b' ' | b'\t'));
    let digits = skip(mark, &u8::is_ascii_digit);
    let mark = (digits + 1).min(text.len());
    let content = skip(mark, &|c| *c == b' ');
    let spaces = content - mark;
    let is_blank = matches!(bytes.get(content), None | Some(b'\n'));
    if spaces > 4 || is_blank {
        return mark + spaces.min(1);
    }
    content
}
