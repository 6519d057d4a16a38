//! Rendering of Markdown events as lines.
//!
//! Lines depend on the text before them and on nothing else: whether a list is loose, for example,
//! is decided at each item. Therefore the lines of a text that arrives in pieces are those of the
//! whole text, and lines that were written to a terminal's scrollback stay right.

use std::{collections::HashMap, ops::Range};

use pulldown_cmark::{
    BrokenLink, BrokenLinkCallback, CodeBlockKind, Event, Options, Parser, Tag, TagEnd,
};
use ratatui::{
    style::{Modifier, Style},
    text::Line,
};

use super::{latex, resume, tint::Tint, wrap::Run};
use crate::view::theme::Theme;

mod blocks;
mod code;
mod inline;
mod repeated;
mod table;
#[cfg(test)]
mod tests;

use blocks::{Block, Open};
use code::Code;
use table::Table;

/// White space of Markdown. Other white space, such as a no-break space, is text.
const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

/// Returns `true` if there are only blank lines.
fn is_blank(text: &str) -> bool {
    text.trim_matches(BLANKS).is_empty()
}

/// Text to render.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    /// Length of the prefix that is not shown ([`resume`]).
    pub(super) muted: usize,
    /// Tint of the code block that the prefix opens.
    pub(super) tint: Option<&'a Tint>,
    /// `false` if more text may come.
    pub(super) is_done: bool,
    /// `true` if a table at the end is shown as one, although it may go on.
    pub(super) is_cut: bool,
    /// Definitions of links earlier in the text.
    pub(super) links: &'a HashMap<String, String>,
}

/// A place in the text before which nothing changes when more text comes.
#[derive(Debug)]
pub(super) struct Point {
    /// Offset in the text.
    pub(super) offset: usize,
    /// Number of lines before it.
    pub(super) lines: usize,
    /// Prefix with which the text after it is rendered.
    pub(super) prefix: String,
    pub(super) tint: Option<Tint>,
}

#[derive(Debug, Default)]
pub(super) struct Rendered {
    pub(super) lines: Vec<Line<'static>>,
    /// The last such place.
    pub(super) point: Option<Point>,
    /// Prefix with which text is rendered that continues the last block, and the tint of its code.
    pub(super) tail: String,
    pub(super) tail_tint: Option<Tint>,
    /// Definitions of links: label, address, and the end in the source.
    pub(super) links: Vec<(String, String, usize)>,
}

/// Renders Markdown as lines of at most `columns` columns.
pub(super) fn render(source: Source<'_>, theme: Theme, columns: usize) -> Rendered {
    let known = |link: BrokenLink<'_>| {
        let found = source.links.get(&link.reference.to_lowercase());
        found.map(|to| (to.clone().into(), "".into()))
    };
    let parse = || Parser::new_with_broken_link_callback(source.text, options(), Some(&known));
    let parser = parse();
    let mut spans: Vec<Range<usize>> = Vec::new();
    let mut links = Vec::new();
    for (label, definition) in parser.reference_definitions().iter() {
        spans.push(definition.span.clone());
        let dest = definition.dest.to_string();
        links.push((label.to_lowercase(), dest, definition.span.end));
    }
    if !spans.is_empty() {
        spans.extend(repeated::definitions(source.text, parse(), &spans));
        spans.sort_by_key(|span| span.start);
    }
    let mut renderer = Renderer::new(source, theme, columns, spans);
    if latex::may_be_in(source.text) {
        renderer.formulas = latex::formulas(source.text, &block_bounds(parse()));
    }
    for (event, range) in parser.into_offset_iter() {
        renderer.event(event, range);
    }
    renderer.finish(links)
}

/// Returns where blocks begin and end, in order.
fn block_bounds<'p>(parser: Parser<'p, impl BrokenLinkCallback<'p>>) -> Vec<usize> {
    let mut bounds = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let is_block = match &event {
            Event::Start(tag) => emphasis(tag).is_none() && !is_link(tag),
            Event::Rule => true,
            _ => false,
        };
        if is_block {
            bounds.extend([range.start, range.end]);
        }
    }
    bounds.sort_unstable();
    bounds
}

fn is_link(tag: &Tag<'_>) -> bool {
    matches!(tag, Tag::Link { .. } | Tag::Image { .. })
}

fn options() -> Options {
    Options::ENABLE_TABLES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_MATH
        | Options::ENABLE_GFM
}

/// What collects text.
enum Leaf {
    None,
    Text(Vec<Run>),
    Code(Code),
    Table(Table),
}

struct Renderer<'a> {
    source: Source<'a>,
    theme: Theme,
    columns: usize,
    out: Rendered,
    /// Containers, outermost first.
    open: Vec<Open>,
    /// Number of the next item of each open list; `None` for lists without numbers.
    lists: Vec<Option<u64>>,
    leaf: Leaf,
    styles: Vec<Style>,
    /// Runs and address of each open link.
    links: Vec<(usize, String)>,
    /// The block before the next one in the same container.
    before: Option<Block>,
    /// End of the last block.
    block_end: usize,
    /// End of the last complete line.
    complete: usize,
    /// Definitions of links that are not shown yet.
    definitions: std::vec::IntoIter<Range<usize>>,
    formulas: Vec<Range<usize>>,
    next_formula: usize,
}

impl<'a> Renderer<'a> {
    fn new(source: Source<'a>, theme: Theme, columns: usize, spans: Vec<Range<usize>>) -> Self {
        let out = Rendered {
            tail: source
                .text
                .get(..source.muted)
                .unwrap_or_default()
                .to_owned(),
            ..Rendered::default()
        };
        Self {
            source,
            theme,
            columns: columns.max(1),
            out,
            open: Vec::new(),
            lists: Vec::new(),
            leaf: Leaf::None,
            styles: Vec::new(),
            links: Vec::new(),
            before: None,
            block_end: source.muted,
            complete: source.text.rfind('\n').map_or(0, |at| at + 1),
            definitions: spans.into_iter(),
            formulas: Vec::new(),
            next_formula: 0,
        }
    }

    fn is_muted(&self, range: &Range<usize>) -> bool {
        range.start < self.source.muted
    }

    fn event(&mut self, event: Event<'_>, range: Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, &range),
            Event::End(tag) => self.end(tag, &range),
            Event::Text(text) => self.text(&text, &range),
            Event::Rule if !self.is_muted(&range) => self.rule(&range),
            Event::Rule => {}
            Event::Html(text) => self.verbatim(&text, &range),
            inline => self.inline(inline, &range),
        }
    }

    fn start(&mut self, tag: Tag<'_>, range: &Range<usize>) {
        let is_muted = self.is_muted(range);
        match tag {
            Tag::Paragraph | Tag::HtmlBlock if !is_muted => {
                self.begin(Block::Text, range);
                self.leaf = Leaf::Text(Vec::new());
            }
            Tag::Heading { level, .. } => {
                if !is_muted {
                    self.begin(Block::Heading, range);
                    let mark = format!("{} ", "#".repeat(level as usize));
                    self.leaf = Leaf::Text(vec![Run::new(&mark, self.theme.quiet())]);
                }
                self.styles.push(self.style().patch(self.theme.heading()));
            }
            Tag::BlockQuote(kind) => self.open_quote(kind, range),
            Tag::List(first) => {
                self.flush();
                if !is_muted {
                    self.begin(Block::List, range);
                }
                self.before = None;
                self.lists.push(first);
            }
            Tag::Item => self.open_item(range),
            Tag::CodeBlock(kind) => self.start_code(&kind, range),
            Tag::Table(alignments) => {
                if !is_muted {
                    self.begin(Block::Table, range);
                }
                self.start_table(alignments, range);
            }
            Tag::TableHead | Tag::TableRow => self.start_row(range),
            Tag::TableCell => self.start_cell(),
            _ => self.start_inline(tag, range),
        }
    }

    fn end(&mut self, tag: TagEnd, range: &Range<usize>) {
        match tag {
            TagEnd::Paragraph | TagEnd::HtmlBlock => {
                self.flush();
                self.ends_at(range);
            }
            TagEnd::Heading(_) => {
                self.styles.pop();
                self.flush();
                self.ends_at(range);
            }
            TagEnd::BlockQuote(_) => {
                self.flush();
                self.open.pop();
                self.before = Some(Block::Quote);
            }
            TagEnd::List(_) => {
                self.lists.pop();
                self.before = Some(Block::List);
            }
            TagEnd::Item => self.close_item(),
            TagEnd::CodeBlock => {
                self.end_code(range);
                self.ends_at(range);
            }
            TagEnd::Table => {
                self.end_table(range);
                self.ends_at(range);
            }
            TagEnd::TableHead | TagEnd::TableRow => self.end_row(range),
            TagEnd::TableCell => self.end_cell(range),
            _ => self.end_inline(tag, range),
        }
    }

    fn style(&self) -> Style {
        self.styles.last().copied().unwrap_or_default()
    }

    fn finish(mut self, links: Vec<(String, String, usize)>) -> Rendered {
        self.flush();
        self.show_definitions(self.source.text.len());
        self.out.links = links;
        self.out
    }
}

/// Returns the style of text in italics, in bold, or struck out.
fn emphasis(tag: &Tag<'_>) -> Option<Style> {
    let modifier = match tag {
        Tag::Emphasis => Modifier::ITALIC,
        Tag::Strong => Modifier::BOLD,
        Tag::Strikethrough => Modifier::CROSSED_OUT,
        _ => return None,
    };
    Some(Style::new().add_modifier(modifier))
}

/// Returns the info string of a code block; `None` if it is indented.
fn info<'k>(kind: &'k CodeBlockKind<'_>) -> Option<&'k str> {
    match kind {
        CodeBlockKind::Fenced(info) => Some(info),
        CodeBlockKind::Indented => None,
    }
}
