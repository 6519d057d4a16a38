//! Definitions of links whose label an earlier one has.

use std::ops::Range;

use pulldown_cmark::{BrokenLinkCallback, Event, Parser};

/// Returns the definitions that the parser drops because their label is taken: the text outside of
/// containers that belongs neither to a block nor to one of the known definitions.
pub(super) fn definitions<'a>(
    text: &'a str,
    parser: Parser<'a, impl BrokenLinkCallback<'a>>,
    known: &[Range<usize>],
) -> Vec<Range<usize>> {
    let mut taken: Vec<Range<usize>> = known.to_vec();
    let mut depth = 0_usize;
    for (event, range) in parser.into_offset_iter() {
        if depth == 0 {
            taken.push(range);
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    taken.push(text.len()..text.len());
    taken.sort_by_key(|range| range.start);
    let mut found = Vec::new();
    let mut end = 0;
    for range in taken {
        let start = range.start.max(end);
        let between = text.get(end..start).unwrap_or_default();
        let mut at = end;
        for line in between.split_inclusive('\n') {
            let indent = line.len() - line.trim_start().len();
            if indent < line.len() {
                found.push(at + indent..at + line.trim_end().len());
            }
            at += line.len();
        }
        end = end.max(range.end);
    }
    found
}
