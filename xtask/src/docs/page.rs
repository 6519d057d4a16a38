//! [`Page`]: what the checks need to know of a Markdown file.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

#[cfg(test)]
mod tests;

mod references;

use references::References;

/// A Markdown file, read.
#[derive(Debug, Default)]
pub(super) struct Page {
    /// Relative to the workspace, with forward slashes.
    pub(super) path: String,
    /// The ids of the headings, as mdBook and the usual forges make them.
    pub(super) anchors: BTreeSet<String>,
    /// The texts of the headings.
    pub(super) headings: BTreeSet<String>,
    /// The links, with their lines.
    pub(super) links: Vec<(usize, String)>,
    /// The code blocks: their lines, and what stands after the fence.
    pub(super) snippets: Vec<(usize, String)>,
    /// The files that are named in code marks, with the names that follow in parentheses.
    pub(super) references: Vec<Reference>,
    /// The paragraphs that state an invariant: their lines, and whether they name what holds it.
    pub(super) invariants: Vec<(usize, bool)>,
}

/// A file of the repository that a page names, as in: `` `src/tests.rs` (`one_test`, `another`) ``.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Reference {
    pub(super) line: usize,
    pub(super) path: String,
    pub(super) names: Vec<String>,
}

impl Page {
    pub(super) fn parse(path: &str, text: &str) -> Self {
        let mut page = Self {
            path: path.to_owned(),
            ..Self::default()
        };
        let mut counts = BTreeMap::new();
        let mut heading: Option<String> = None;
        let mut references = References::default();
        let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
        for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
            references.take(&event, line(text, &range), &mut page);
            match event {
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::End(TagEnd::Heading(_)) => {
                    if let Some(words) = heading.take() {
                        page.anchors.insert(unique(slug(&words), &mut counts));
                        page.headings.insert(words);
                    }
                }
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links
                        .push((line(text, &range), dest_url.into_string()));
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                    page.snippets.push((line(text, &range), info.into_string()));
                }
                _ => {}
            }
        }
        page
    }
}

/// The id of a heading: lower case, blanks as `-`, of the rest only letters, digits, `-` and `_`.
pub(super) fn slug(heading: &str) -> String {
    heading
        .trim()
        .chars()
        .filter_map(|c| match c {
            c if c.is_whitespace() => Some('-'),
            c if c.is_alphanumeric() || c == '-' || c == '_' => Some(c.to_ascii_lowercase()),
            _ => None,
        })
        .collect()
}

/// A heading that comes again gets a number.
fn unique(slug: String, counts: &mut BTreeMap<String, usize>) -> String {
    let count = counts.entry(slug.clone()).or_default();
    *count += 1;
    match *count {
        1 => slug,
        n => format!("{slug}-{}", n - 1),
    }
}

fn line(text: &str, range: &Range<usize>) -> usize {
    let before = text.get(..range.start).unwrap_or_default();
    before.matches('\n').count() + 1
}
