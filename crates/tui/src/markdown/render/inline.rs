//! Text within blocks: styles, links, formulas.

use std::ops::Range;

use geppetto_turns::printable::shorten_data;
use pulldown_cmark::{Event, LinkType, Tag, TagEnd};
use ratatui::style::Style;

use super::{Block, Leaf, Renderer, emphasis};
use crate::markdown::wrap::Run;

impl Renderer<'_> {
    pub(super) fn text(&mut self, text: &str, range: &Range<usize>) {
        if range.end <= self.source.muted {
            return;
        }
        if matches!(self.leaf, Leaf::Code(_)) {
            return self.code_text(text, range);
        }
        let source = self.source.text;
        let start = range.start.max(self.source.muted);
        if source.get(range.clone()) != Some(text) {
            // Characters that were written by name, or a cell with an escaped bar.
            if !self.is_in_formula(range.start) {
                self.push(text, self.style(), range);
            }
            return;
        }
        let mut at = start;
        while let Some(formula) = self.formulas.get(self.next_formula).cloned() {
            if formula.end <= at {
                self.next_formula += 1;
                continue;
            }
            if formula.start >= range.end {
                break;
            }
            self.push_part(at..formula.start);
            self.push_part(formula.clone());
            self.next_formula += 1;
            at = at.max(formula.end);
        }
        // The rest of a formula that is already shown.
        if let Some(shown) = self.next_formula.checked_sub(1)
            && let Some(shown) = self.formulas.get(shown)
        {
            at = at.max(shown.end.min(range.end));
        }
        self.push_part(at..range.end);
    }

    /// Adds a part of the source.
    fn push_part(&mut self, part: Range<usize>) {
        let text = self.source.text.get(part.clone()).unwrap_or_default();
        if !text.is_empty() {
            self.push(text, self.style(), &part);
        }
    }

    fn is_in_formula(&self, offset: usize) -> bool {
        let after = self.formulas.partition_point(|own| own.start < offset);
        let before = after.checked_sub(1).and_then(|at| self.formulas.get(at));
        before.is_some_and(|own| offset < own.end)
    }

    /// Adds text to the block, or begins one: the text of a tight list has none.
    fn push(&mut self, text: &str, style: Style, range: &Range<usize>) {
        if matches!(self.leaf, Leaf::None) {
            self.begin(Block::Text, range);
            self.leaf = Leaf::Text(Vec::new());
        }
        self.ends_at(range);
        if let Some(runs) = self.runs() {
            runs.push(Run::new(text, style));
        }
    }

    /// Returns where the text of the current block is collected.
    pub(super) fn runs(&mut self) -> Option<&mut Vec<Run>> {
        match &mut self.leaf {
            Leaf::Text(runs) => Some(runs),
            Leaf::Table(table) => table.cell(),
            Leaf::Code(_) | Leaf::None => None,
        }
    }

    /// Shows HTML as it is written.
    pub(super) fn verbatim(&mut self, text: &str, range: &Range<usize>) {
        if !self.is_muted(range) {
            self.push(text, self.style(), range);
        }
    }

    pub(super) fn inline(&mut self, event: Event<'_>, range: &Range<usize>) {
        if self.is_muted(range) || self.is_in_formula(range.start) {
            return;
        }
        match event {
            Event::Code(code) => {
                let style = self.style().patch(self.theme.code());
                let after = |own: &Range<usize>| own.start < range.end;
                self.next_formula = self.next_formula.max(self.formulas.partition_point(after));
                if self.theme.has_colour {
                    self.push(&code, style, range);
                } else {
                    self.push(&format!("`{code}`"), style, range);
                }
            }
            Event::InlineHtml(html) if is_line_break(&html) => self.push("\n", Style::new(), range),
            Event::InlineHtml(html) => self.push(&html, self.style(), range),
            Event::InlineMath(_) | Event::DisplayMath(_) => self.push_part(range.clone()),
            Event::SoftBreak | Event::HardBreak => self.push("\n", Style::new(), range),
            Event::TaskListMarker(is_checked) => {
                let mark = if is_checked { "[x] " } else { "[ ] " };
                self.push(mark, self.theme.marker(), range);
            }
            Event::FootnoteReference(label) => {
                self.push(&format!("[^{label}]"), self.style(), range);
            }
            _ => {}
        }
    }

    /// Returns `true` for text between single tildes, which models write for "about" and for home folders.
    fn is_single_tilde(&self, range: &Range<usize>) -> bool {
        let text = self.source.text.get(range.start..).unwrap_or_default();
        !text.starts_with("~~")
    }

    pub(super) fn start_inline(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        if self.is_muted(range) || self.is_in_formula(range.start) {
            return;
        }
        if matches!(tag, Tag::Strikethrough) && self.is_single_tilde(range) {
            self.push("~", self.style(), &(range.start..range.start));
            return self.styles.push(self.style());
        }
        if let Some(style) = emphasis(&tag) {
            return self.styles.push(self.style().patch(style));
        }
        let (dest, link_type, is_image) = match tag {
            Tag::Link {
                dest_url,
                link_type,
                ..
            } => (dest_url, link_type, false),
            Tag::Image {
                dest_url,
                link_type,
                ..
            } => (dest_url, link_type, true),
            _ => return,
        };
        if is_image {
            self.push("[image: ", self.theme.quiet(), &(range.start..range.start));
        }
        let start = self.runs().map_or(0, |runs| runs.len());
        let is_auto = matches!(link_type, LinkType::Autolink | LinkType::Email);
        let dest = if is_auto {
            String::new()
        } else {
            dest.to_string()
        };
        self.links.push((start, dest));
        self.styles.push(self.style().patch(self.theme.link()));
    }

    pub(super) fn end_inline(&mut self, tag: TagEnd, range: &Range<usize>) {
        if self.is_muted(range) || self.is_in_formula(range.start) {
            return;
        }
        match tag {
            TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough => {
                self.styles.pop();
                if tag == TagEnd::Strikethrough && self.is_single_tilde(range) {
                    self.push("~", self.style(), range);
                }
            }
            TagEnd::Link | TagEnd::Image => {
                self.styles.pop();
                let Some((start, dest)) = self.links.pop() else {
                    return;
                };
                let runs = self.runs();
                let shown = runs.and_then(|runs| runs.get(start..)).unwrap_or_default();
                let shown: String = shown.iter().map(Run::text).collect();
                let quiet = self.theme.quiet();
                if tag == TagEnd::Image {
                    self.push("]", quiet, range);
                }
                let is_first = self.runs().is_none_or(|runs| runs.is_empty());
                let space = if is_first { "" } else { " " };
                let is_same = dest.strip_prefix("mailto:").unwrap_or(&dest) == shown;
                if !dest.is_empty() && !is_same {
                    let text = format!("{space}({})", shorten_data(&dest));
                    self.push(&text, quiet, range);
                }
            }
            _ => {}
        }
    }
}

fn is_line_break(html: &str) -> bool {
    let name = html.trim_matches(['<', '>', '/', ' ']);
    name.eq_ignore_ascii_case("br")
}
