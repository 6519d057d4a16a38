//! Text of a server made fit for an error: no control characters, and bounded.

/// Limit on a provider's words in an error, in bytes.
pub(crate) const LONGEST_MESSAGE: usize = 2000;
/// Limit on a code, a type or an id in an error, in bytes.
pub(crate) const LONGEST_LABEL: usize = 200;

/// `text` without white space around it, cut to `limit` bytes at a character; `None` if nothing is
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

/// At most the first `limit` bytes of `text`, cut at a character.
pub(super) fn prefix(text: &str, limit: usize) -> &str {
    let mut end = limit.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or_default()
}

/// `text` with characters replaced that could change a terminal: controls other than line feed and
/// tab, and those that set the direction of text.
///
/// The characters: <https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters>.
pub(crate) fn printable(text: &str) -> String {
    let replaced = |c: char| match c {
        '\n' | '\t' => c,
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => char::REPLACEMENT_CHARACTER,
        c if c.is_control() => char::REPLACEMENT_CHARACTER,
        c => c,
    };
    text.replace("\r\n", "\n").chars().map(replaced).collect()
}
