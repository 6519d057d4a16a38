//! Looking for names in text.

/// Where `word` stands in `line` as a whole identifier, not as a part of a longer one.
pub(crate) fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(start, _)| {
        let before = line.get(..start).and_then(|s| s.chars().next_back());
        let after = line
            .get(start + word.len()..)
            .and_then(|s| s.chars().next());
        !before.is_some_and(is_identifier) && !after.is_some_and(is_identifier)
    })
}

/// Whether a character can be part of an identifier.
pub(crate) fn is_identifier(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// A line of Rust without its trailing `//` comment.
///
/// A `//` inside a string literal cuts the line too early, which can only hide a finding.
pub(crate) fn without_comment(line: &str) -> &str {
    line.split_once("//").map_or(line, |(code, _)| code)
}

#[cfg(test)]
mod tests;
