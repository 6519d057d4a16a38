//! Tables.

use std::ops::Range;

use pulldown_cmark::Alignment;
use ratatui::{
    style::Style,
    text::{Line, Span},
};

use super::{
    BLANKS, Leaf, Renderer,
    blocks::{Block, line_start},
    is_blank, resume,
};
use crate::{
    markdown::wrap::{self, Break, Margin, Run},
    view::theme::Theme,
};

type Cell = Vec<Run>;

/// Columns between two cells.
const GAP: usize = 3;
/// Minimum width of a cell that is wrapped.
const MIN_CELL: usize = 6;
/// Maximum number of columns of a table. Further ones are shown as records.
const MAX_COLUMNS: usize = 100;

pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// `true` if the head is shown: it was not shown before.
    has_head: bool,
    rows: Vec<Vec<Cell>>,
    row: Vec<Cell>,
    /// End of the last cell of the row.
    cell_end: usize,
}

impl Table {
    /// Returns the current cell.
    pub(super) fn cell(&mut self) -> Option<&mut Cell> {
        self.row.last_mut()
    }
}

impl Renderer<'_> {
    pub(super) fn start_table(&mut self, alignments: Vec<Alignment>, range: &Range<usize>) {
        let text = self.source.text;
        let containers = self.containers();
        let start = line_start(text, range.start);
        let head = text.get(start..range.end).unwrap_or_default();
        let head: String = head.split_inclusive('\n').take(2).collect();
        let blank = resume::blank_line(text, containers.last());
        self.out.tail = resume::prefix(text, &containers) + &blank + &head;
        self.leaf = Leaf::Table(Table {
            alignments,
            has_head: !self.is_muted(range),
            rows: Vec::new(),
            row: Vec::new(),
            cell_end: 0,
        });
    }

    pub(super) fn start_row(&mut self, range: &Range<usize>) {
        if let Leaf::Table(table) = &mut self.leaf {
            table.row = Vec::new();
            table.cell_end = range.start;
        }
    }

    pub(super) fn start_cell(&mut self) {
        if let Leaf::Table(table) = &mut self.leaf {
            table.row.push(Cell::new());
        }
    }

    pub(super) fn end_cell(&mut self, range: &Range<usize>) {
        if let Leaf::Table(table) = &mut self.leaf {
            table.cell_end = table.cell_end.max(range.end);
        }
    }

    pub(super) fn end_row(&mut self, range: &Range<usize>) {
        let is_muted = self.is_muted(range);
        let text = self.source.text;
        if let Leaf::Table(table) = &mut self.leaf {
            let mut row = std::mem::take(&mut table.row);
            // Cells that the head has no column for are not part of the table by the specification.
            let end = range.end.max(table.cell_end);
            let rest = text.get(table.cell_end..end).unwrap_or_default();
            let rest = rest.trim().trim_matches('|').trim();
            if let (false, Some(cell)) = (rest.is_empty(), row.last_mut()) {
                cell.push(Run::new(&format!(" | {rest}"), Style::new()));
            }
            for run in row.iter_mut().flatten() {
                // Cells are padded to their widths, which tab stops would change.
                run.replace_tabs();
            }
            let is_head = table.rows.is_empty();
            if !is_muted || is_head {
                table.rows.push(row);
            }
        }
    }

    pub(super) fn end_table(&mut self, range: &Range<usize>) {
        let Leaf::Table(table) = std::mem::replace(&mut self.leaf, Leaf::None) else {
            return;
        };
        self.before = Some(Block::Table);
        let text = self.source.text;
        let is_last = is_blank(text.get(range.end..).unwrap_or_default());
        if is_last && !self.source.is_done && !self.source.is_cut {
            let start = range.start.max(self.source.muted);
            let raw = text.get(start..range.end).unwrap_or_default();
            let run = Run::new(raw.trim_end_matches(BLANKS), Style::new());
            return self.write(&[run], Break::Columns);
        }
        let lines = table.lines(self.room(), self.theme);
        let margin = self.margin();
        let lines = lines.into_iter().enumerate().map(|(index, mut line)| {
            let own = if index == 0 {
                &margin.first
            } else {
                &margin.rest
            };
            line.spans.splice(0..0, own.iter().cloned());
            line
        });
        let lines: Vec<_> = lines.collect();
        self.write_lines(lines);
    }
}

impl Table {
    fn lines(&self, room: usize, theme: Theme) -> Vec<Line<'static>> {
        match self.widths(room) {
            Some(widths) => self.grid(&widths, theme),
            None => self.records(room, theme),
        }
    }

    /// Returns the widths of the columns; `None` if there is no room for a table.
    fn widths(&self, room: usize) -> Option<Vec<usize>> {
        let count = self.alignments.len();
        let mut widths = vec![1; count];
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell_width(cell).max(*width);
            }
        }
        let room = room.checked_sub(GAP * count.saturating_sub(1))?;
        if count > MAX_COLUMNS {
            return None;
        }
        if widths.iter().sum::<usize>() <= room {
            return Some(widths);
        }
        // Narrow columns keep their width, the others share the rest.
        let mut sorted = widths.clone();
        sorted.sort_unstable();
        let (mut rest, mut share) = (room, 0);
        for (index, width) in sorted.iter().enumerate() {
            share = rest / (count - index);
            if *width > share {
                break;
            }
            rest -= width;
        }
        if share < MIN_CELL {
            return None;
        }
        Some(widths.into_iter().map(|width| width.min(share)).collect())
    }

    fn grid(&self, widths: &[usize], theme: Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let wraps = |cell: &Cell, width: usize| cell_width(cell) > width;
        let is_high = |row: &Vec<Cell>| {
            let mut cells = row.iter().zip(widths);
            cells.any(|(cell, width)| wraps(cell, *width) || lines_of(cell) > 1)
        };
        let has_rules = self.rows.iter().skip(1).any(is_high);
        let skipped = usize::from(!self.has_head);
        for (index, row) in self.rows.iter().enumerate().skip(skipped) {
            if index == 1 && self.has_head || index > 1 && has_rules {
                lines.push(rule(widths, theme));
            }
            let style = if index == 0 {
                theme.name()
            } else {
                Style::new()
            };
            lines.extend(self.row(row, widths, style, theme));
        }
        lines
    }

    fn row(
        &self,
        row: &[Cell],
        widths: &[usize],
        style: Style,
        theme: Theme,
    ) -> Vec<Line<'static>> {
        let empty = Cell::new();
        let columns = widths.iter().enumerate().map(|(index, width)| {
            let cell = row.get(index).unwrap_or(&empty);
            wrap::wrap(cell, &Margin::default(), *width, Break::Words)
        });
        let columns: Vec<_> = columns.collect();
        let height = columns.iter().map(Vec::len).max().unwrap_or_default();
        let line = |at: usize| {
            let mut spans = Vec::new();
            for (index, (cell, width)) in columns.iter().zip(widths).enumerate() {
                if index > 0 {
                    spans.push(Span::styled(" │ ", theme.quiet()));
                }
                let own = cell.get(at).map(|line| line.spans.clone());
                let own = own.unwrap_or_default();
                let is_last = index + 1 == widths.len();
                let (left, right) = self.padding(index, *width, wrap::spans_width(&own));
                spans.push(Span::raw(" ".repeat(left)));
                spans.extend(own.into_iter().map(|span| {
                    let style = style.patch(span.style);
                    span.style(style)
                }));
                if !is_last {
                    spans.push(Span::raw(" ".repeat(right)));
                }
            }
            spans.retain(|span| !span.content.is_empty());
            Line::from(spans)
        };
        (0..height).map(line).collect()
    }

    /// Returns the spaces before and after the text of a cell.
    fn padding(&self, column: usize, width: usize, used: usize) -> (usize, usize) {
        let space = width.saturating_sub(used);
        match self.alignments.get(column) {
            Some(Alignment::Right) => (space, 0),
            Some(Alignment::Center) => (space / 2, space - space / 2),
            _ => (0, space),
        }
    }

    /// Shows each row as lines of a column's name and its value.
    fn records(&self, room: usize, theme: Theme) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        let head = self.rows.first();
        for (index, row) in self.rows.iter().enumerate().skip(1) {
            if index > 1 {
                lines.push(Line::default());
            }
            for (column, cell) in row.iter().enumerate() {
                let mut runs = Vec::new();
                for run in head.and_then(|head| head.get(column)).into_iter().flatten() {
                    runs.push(Run::new(run.text(), theme.name().patch(run.style)));
                }
                runs.push(Run::new(": ", theme.quiet()));
                runs.extend(cell.iter().cloned());
                let margin = Margin::default();
                lines.extend(wrap::wrap(&runs, &margin, room, Break::Words));
            }
        }
        if self.rows.len() == 1 {
            for cell in head.into_iter().flatten() {
                lines.extend(wrap::wrap(cell, &Margin::default(), room, Break::Words));
            }
        }
        lines
    }
}

fn rule(widths: &[usize], theme: Theme) -> Line<'static> {
    let parts: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
    Line::styled(parts.join("─┼─"), theme.quiet())
}

fn text_of(cell: &Cell) -> String {
    cell.iter().map(Run::text).collect()
}

fn cell_width(cell: &Cell) -> usize {
    let text = text_of(cell);
    text.split('\n').map(wrap::width).max().unwrap_or_default()
}

fn lines_of(cell: &Cell) -> usize {
    text_of(cell).split('\n').count()
}
