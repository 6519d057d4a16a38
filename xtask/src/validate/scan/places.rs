//! Classification of the bytes of a source: code, comment, string.
//!
//! Implements only as much of the grammars of Go and Rust as comments and strings require.

use serde::Serialize;

use super::files::Language;
use crate::tidy::text::is_identifier;

/// The place of a match.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Place {
    Code,
    Comment,
    String,
    /// In text for people.
    Prose,
}

/// Returns the place of each byte of a text.
pub(super) fn of(text: &str, language: Language) -> Vec<Place> {
    let mut places = Vec::with_capacity(text.len());
    let mut rest = text;
    while !rest.is_empty() {
        let (place, length) = token(rest, language);
        // A token is at least a character and at most the rest, so this terminates.
        let length = length.clamp(first(rest), rest.len());
        places.resize(places.len() + length, place);
        rest = rest.get(length..).unwrap_or_default();
    }
    places
}

/// Returns the place and the length of the next token.
fn token(rest: &str, language: Language) -> (Place, usize) {
    if language == Language::Markdown {
        return (Place::Prose, rest.len());
    }
    if rest.starts_with("//") {
        return (Place::Comment, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (Place::Comment, block_comment(rest, language));
    }
    let string = match language {
        Language::Rust => raw_string(rest).or_else(|| quoted(rest, '"')),
        _ => go_raw_string(rest).or_else(|| quoted(rest, '"')),
    };
    if let Some(length) = string.or_else(|| character(rest, language)) {
        return (Place::String, length);
    }
    // A whole word at once, so that the end of `bar` in `bar"x"` does not pass for a prefix.
    let word = rest.find(|c| !is_identifier(c)).unwrap_or(rest.len());
    (Place::Code, word)
}

fn first(rest: &str) -> usize {
    rest.chars().next().map_or(0, char::len_utf8)
}

/// Returns the length of a block comment; in Rust, they nest.
fn block_comment(rest: &str, language: Language) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(tail) = rest.get(at..).filter(|tail| !tail.is_empty()) {
        if tail.starts_with("/*") && (depth == 0 || language == Language::Rust) {
            depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += first(tail);
        }
    }
    rest.len()
}

/// Returns the length of a literal between two `quote`s, with escapes.
fn quoted(rest: &str, quote: char) -> Option<usize> {
    let inner = rest.strip_prefix(quote)?;
    let mut escaped = false;
    for (at, c) in inner.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(1 + at + 1),
            _ => {}
        }
    }
    Some(rest.len())
}

fn go_raw_string(rest: &str) -> Option<usize> {
    let inner = rest.strip_prefix('`')?;
    Some(inner.find('`').map_or(rest.len(), |end| 1 + end + 1))
}

/// Returns the length of `r"…"`, `r#"…"#` and the like for bytes and C strings.
fn raw_string(rest: &str) -> Option<usize> {
    let prefix = ["r", "br", "cr"]
        .into_iter()
        .find(|prefix| rest.starts_with(prefix))?;
    let after = rest.get(prefix.len()..)?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    let inner = after.get(hashes..)?.strip_prefix('"')?;
    let close = format!("\"{}", "#".repeat(hashes));
    let open = prefix.len() + hashes + 1;
    Some(
        inner
            .find(&close)
            .map_or(rest.len(), |end| open + end + close.len()),
    )
}

/// Returns the length of a character literal; in Rust, distinguished from a lifetime.
fn character(rest: &str, language: Language) -> Option<usize> {
    let mut inner = rest.strip_prefix('\'')?.chars();
    let literal = match inner.next()? {
        '\\' => true,
        '\'' | '\n' => false,
        _ => language != Language::Rust || inner.next() == Some('\''),
    };
    literal.then(|| quoted(rest, '\'')).flatten()
}
