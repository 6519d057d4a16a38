//! Sanitizing of server text for errors: no control characters, bounded length.

/// Limit on a provider's message in an error, in bytes.
pub(crate) const LONGEST_MESSAGE: usize = 2000;
/// Limit on a code, a type or an id in an error, in bytes.
pub(crate) const LONGEST_LABEL: usize = 200;

/// Trims `text` and truncates it to `limit` bytes at a character boundary; `None` if nothing is
/// left.
pub(crate) fn shorten(text: &str, limit: usize) -> Option<String> {
    let text = text.trim();
    if text.is_empty() {
        return None;
    }
    let start = prefix(text, limit);
    Some(if start.len() < text.len() {
        format!("{start}…")
    } else {
        text.to_owned()
    })
}

/// Truncates `text` to at most `limit` bytes at a character boundary.
pub(super) fn prefix(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// Replaces characters in `text` that could affect a terminal: controls other than line feed and
/// tab, and those that set the direction of text.
///
/// Their list: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
pub(crate) fn printable(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(replaced).collect()
}
