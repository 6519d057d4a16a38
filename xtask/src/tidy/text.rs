//! Searching for names in text.

/// Returns `true` if `word` occurs in `line` as a whole identifier, not as a part of a longer one.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|s| s.chars().next_back());
        let after = line
            .get(start + word.len()..)
            .and_then(|s| s.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    })
}

/// Returns `true` if a character can be part of an identifier.
pub(crate) fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Returns a line of Rust without its trailing `//` comment.
///
/// A `//` inside a string literal truncates the line too early, which can only hide a finding.
pub(crate) fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

#[cfg(test)]
mod tests;
