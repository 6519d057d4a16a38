//! [`References`]: search for the files and tests named in a page.

use pulldown_cmark::{Event, Tag, TagEnd};

use super::{Page, Reference};

/// The top folders of paths in the repository.
const FOLDERS: &[&str] = &[
    ".ci/",
    "crates/",
    "docs/",
    "doctests/",
    "examples/",
    "xtask/",
];
/// The beginning of a paragraph that states an invariant.
const INVARIANT: &str = "Invariant:";

/// The position in a page.
#[derive(Debug, Default)]
pub(super) struct References {
    /// The file that was named last, and whether its names follow.
    open: Option<(Reference, bool)>,
    /// The line of the paragraph, if it states an invariant.
    invariant: Option<usize>,
    strong: bool,
    /// `true` if a check was named in this paragraph.
    held: bool,
}

impl References {
    /// Processes the next event of the page.
    pub(super) fn take(&mut self, event: &Event<'_>, line: usize, page: &mut Page) {
        match event {
            Event::Start(Tag::Paragraph) => (self.invariant, self.held) = (None, false),
            Event::Start(Tag::Strong) => self.strong = true,
            Event::End(TagEnd::Strong) => self.strong = false,
            Event::Text(words) => {
                if self.strong && words.starts_with(INVARIANT) {
                    self.invariant = Some(line);
                }
                self.words(words, page);
            }
            Event::Code(span) => self.span(span, line, page),
            Event::End(TagEnd::Paragraph | TagEnd::TableCell | TagEnd::Item) => {
                self.close(page);
                if let Some(line) = self.invariant.take() {
                    page.invariants.push((line, self.held));
                }
            }
            _ => {}
        }
    }

    fn words(&mut self, words: &str, page: &mut Page) {
        let Some((_, inside)) = &mut self.open else {
            return;
        };
        if !*inside && words.trim_start().starts_with('(') && !words.contains(')') {
            *inside = true;
        } else if !*inside || words.contains(')') {
            self.close(page);
        }
    }

    fn span(&mut self, span: &str, line: usize, page: &mut Page) {
        match &mut self.open {
            Some((reference, true)) => reference.names.push(span.to_owned()),
            _ => {
                self.close(page);
                let is_path = FOLDERS.iter().any(|folder| span.starts_with(folder));
                if is_path && !span.contains([' ', '*', '{']) {
                    let path = span.to_owned();
                    let names = Vec::new();
                    self.open = Some((Reference { line, path, names }, false));
                }
            }
        }
    }

    fn close(&mut self, page: &mut Page) {
        if let Some((reference, _)) = self.open.take() {
            self.held |= !reference.names.is_empty();
            page.references.push(reference);
        }
    }
}
