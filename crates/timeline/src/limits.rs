//! Limits of what models, tools and servers can make a timeline show.

#[cfg(test)]
mod tests;

/// Maximum length of shown arguments and results of tools: 16 KiB. The length of the rest is in
/// `arguments_omitted` and `result_omitted`.
pub const SHOWN_LIMIT: usize = 16 * 1024;

/// Maximum length of notices, errors, progress messages, titles and URLs: 4 KiB.
pub const TEXT_LIMIT: usize = 4 * 1024;

/// Maximum number of notices of one run: 100. The last one then counts the others.
pub const NOTICE_LIMIT: u64 = 100;

/// Maximum number of sources of an answer or a search.
pub(crate) const SOURCE_LIMIT: usize = 200;

/// Returns the beginning of a text that is shown, and the number of bytes after it.
pub(crate) fn shown(text: &str) -> (&str, u64) {
    cut(text, SHOWN_LIMIT)
}

/// Returns the beginning of a text, and the number of bytes after it.
pub(crate) fn cut(text: &str, limit: usize) -> (&str, u64) {
    let ends = (0..=limit.min(text.len())).rev();
    let end = ends.into_iter().find(|end| text.is_char_boundary(*end));
    let (shown, rest) = text.split_at(end.unwrap_or_default());
    (shown, rest.len() as u64)
}

/// Returns a notice, shortened if it is too long.
pub(crate) fn short(text: &str) -> String {
    match cut(text, TEXT_LIMIT) {
        (text, 0) => text.to_owned(),
        (text, omitted) => format!("{text}… ({omitted} bytes more)"),
    }
}
