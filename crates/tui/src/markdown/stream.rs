//! [`Stream`]: the lines of a Markdown text that arrives in pieces.

use std::collections::HashMap;

use geppetto_turns::printable::Printable;
use ratatui::text::Line;

use super::{
    render::{self, Rendered, Source},
    tint::Tint,
    wrap::rewrap,
};
use crate::view::theme::Theme;

#[cfg(test)]
mod tests;

/// Maximum length of the part of a text that is parsed again when more of it comes, in bytes. A
/// longer block is cut, without a trace where that is possible.
const OPEN_LIMIT: usize = 16 * 1024;

/// Maximum number of definitions of links that are remembered.
const MAX_LINKS: usize = 1_000;

/// Renders a text that grows: what is finished once, and the rest as often as it changes.
///
/// Only the open block is kept and parsed again: the open item of a list, the open line of a code
/// block. So the work for a piece does not depend on the length of the text.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    theme: Theme,
    /// The open part of the text, after a prefix that opens its containers.
    text: String,
    /// Length of the prefix.
    muted: usize,
    tint: Option<Tint>,
    links: HashMap<String, String>,
    /// Length of what was read of the original text.
    taken: usize,
    filter: Printable,
    /// Finished lines that were not taken yet, and the width that they have.
    finished: Vec<Line<'static>>,
    finished_columns: usize,
    /// Lines of the open part, and the width that they have.
    live: Vec<Line<'static>>,
    live_columns: usize,
    is_done: bool,
    #[cfg(test)]
    parsed: usize,
}

impl Stream {
    pub(crate) fn new(theme: Theme) -> Self {
        Self {
            theme,
            ..Self::default()
        }
    }

    /// Reads what is new in `text`, which otherwise is that of the last call. If `is_done`, it is
    /// complete.
    pub(crate) fn advance(&mut self, text: &str, columns: usize, is_done: bool) {
        if self.finished_columns != columns {
            self.finished = rewrap(std::mem::take(&mut self.finished), columns);
            self.finished_columns = columns;
        }
        let is_new = self.taken < text.len() || self.is_done != is_done;
        if self.is_done || (!is_new && self.live_columns == columns) {
            return;
        }
        self.live_columns = columns;
        loop {
            let is_all = self.read(text);
            self.is_done = is_done && is_all;
            let rendered = self.render(self.text.len(), columns, false);
            let open = self.text.len() - self.muted;
            if let Some(point) = rendered.point.filter(|_| !self.is_done) {
                self.remember(rendered.links, point.offset);
                let mut lines = rendered.lines;
                self.live = lines.split_off(point.lines.min(lines.len()));
                self.finished.append(&mut lines);
                self.resume(point.offset, point.prefix, point.tint);
            } else if !self.is_done && (open >= OPEN_LIMIT || !is_all) {
                self.cut(columns);
            } else {
                self.live = rendered.lines;
            }
            if is_all && (self.is_done || self.text.len() - self.muted < OPEN_LIMIT) {
                break;
            }
        }
        if self.is_done {
            self.finished.append(&mut self.live);
            self.text = String::new();
            self.muted = 0;
        }
    }

    /// Returns the finished lines, each once.
    pub(crate) fn take_finished(&mut self) -> Vec<Line<'static>> {
        std::mem::take(&mut self.finished)
    }

    /// Returns the lines that were not taken: finished ones, and those of the open part.
    pub(crate) fn lines(&self) -> impl DoubleEndedIterator<Item = &Line<'static>> {
        self.finished.iter().chain(&self.live)
    }

    /// Reads the next part of the text. Returns `true` if it is the last.
    fn read(&mut self, text: &str) -> bool {
        let rest = text.get(self.taken..).unwrap_or_default();
        let open = self.text.len() - self.muted;
        let room = OPEN_LIMIT.saturating_sub(open).max(OPEN_LIMIT / 4);
        let mut end = rest.len().min(room);
        if end < rest.len() {
            while !rest.is_char_boundary(end) {
                end -= 1;
            }
            let part = rest.get(..end).unwrap_or_default();
            end = part.rfind('\n').map_or(end, |at| at + 1);
        }
        let part = rest.get(..end).unwrap_or_default();
        self.text.push_str(&self.filter.push(part));
        self.taken += end;
        end == rest.len()
    }

    fn render(&mut self, end: usize, columns: usize, is_cut: bool) -> Rendered {
        let source = Source {
            text: self.text.get(..end).unwrap_or_default(),
            muted: self.muted,
            tint: self.tint.as_ref(),
            is_done: self.is_done,
            is_cut,
            links: &self.links,
        };
        #[cfg(test)]
        {
            self.parsed += end;
        }
        render::render(source, self.theme, columns)
    }

    /// Remembers the definitions of links in the text before `end`, which is dropped. Those after it may still
    /// change.
    fn remember(&mut self, links: Vec<(String, String, usize)>, end: usize) {
        for (label, dest, _) in links.into_iter().filter(|own| own.2 <= end) {
            if self.links.len() < MAX_LINKS {
                self.links.entry(label).or_insert(dest);
            }
        }
    }

    /// Drops the text before `offset`.
    fn resume(&mut self, offset: usize, mut prefix: String, tint: Option<Tint>) {
        self.muted = prefix.len();
        prefix.push_str(self.text.get(offset..).unwrap_or_default());
        self.text = prefix;
        self.tint = tint;
    }

    /// Finishes what there is of a block that is too long: up to a line, or a word.
    fn cut(&mut self, columns: usize) {
        let open = self.text.get(self.muted..).unwrap_or_default();
        let last = |mark: char| open.rfind(mark).filter(|at| *at > 0).map(|at| at + 1);
        let len = last('\n').or_else(|| last(' ')).unwrap_or(open.len());
        let end = self.muted + len;
        let rendered = self.render(end, columns, true);
        self.remember(rendered.links, end);
        self.finished.extend(rendered.lines);
        self.live = Vec::new();
        let is_deep = rendered.tail.len() > OPEN_LIMIT / 2;
        let prefix = if is_deep {
            String::new()
        } else {
            rendered.tail
        };
        self.resume(end, prefix, rendered.tail_tint);
    }
}
