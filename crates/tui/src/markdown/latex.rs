//! Formulas in the notation of LaTeX, `\(..\)` and `\[..\]`, which models use in spite of Markdown,
//! where these are escaped brackets.

use std::ops::Range;

/// Maximum length of a formula, in bytes.
const MAX_LEN: usize = 2_000;

/// Returns where the formulas of a text are. They are shown as they were written: in Markdown, their
/// backslashes, underscores and asterisks would vanish. `bounds` are the places where blocks begin and
/// end, in order; no formula goes beyond its block.
pub(super) fn formulas(text: &str, bounds: &[usize]) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut from = 0;
    while let Some((start, close)) = next(text, from) {
        let after = bounds.partition_point(|own| *own <= start);
        let block_end = bounds.get(after).copied().unwrap_or(text.len());
        let end = ends(text, start + 2, block_end, close);
        if let Some(end) = end {
            found.push(start..end);
        }
        from = end.unwrap_or(start + 2);
    }
    found
}

/// Returns `true` if a formula may begin in a text.
pub(super) fn may_be_in(text: &str) -> bool {
    next(text, 0).is_some()
}

fn next(text: &str, from: usize) -> Option<(usize, &'static str)> {
    let rest = text.get(from..)?;
    let mut at = 0;
    // An escaped backslash does not begin a formula.
    while let Some(found) = rest.get(at..)?.find('\\') {
        let start = at + found;
        match rest.as_bytes().get(start + 1) {
            Some(b'(') => return Some((from + start, "\\)")),
            Some(b'[') => return Some((from + start, "\\]")),
            _ => at = start + 2,
        }
        if !rest.is_char_boundary(at) {
            at = start + 1;
        }
    }
    None
}

fn ends(text: &str, start: usize, block_end: usize, close: &str) -> Option<usize> {
    let mut limit = (start + MAX_LEN).min(block_end);
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let rest = text.get(start..limit)?;
    Some(start + rest.find(close)? + close.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_found_up_to_their_end() {
        let text = r"so \(a_1\) and \[b\]";
        let found = formulas(text, &[])
            .into_iter()
            .map(|own| text.get(own).unwrap());
        assert_eq!(found.collect::<Vec<_>>(), [r"\(a_1\)", r"\[b\]"]);
    }

    #[test]
    fn an_escaped_backslash_or_an_open_bracket_is_none() {
        assert_eq!(formulas("a \\\\( b \\)", &[]), []);
        assert_eq!(formulas("a \\( b \n\n \\)", &[0, 7, 9, 11]), []);
        assert_eq!(formulas("\\é\\", &[]), []);
    }
}
