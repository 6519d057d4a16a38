//! Escapes of UTF-16 surrogates in files of other programs.
//!
//! JavaScript and Python escape a text that was cut in the middle of a surrogate pair as `\ud83d`.
//! Strict readers reject that, so one such escape keeps a whole conversation from loading
//! (<https://github.com/anthropics/claude-code/issues/69927>). An unpaired half carries no
//! information and is read as U+FFFD. YAML does not support pairs at all, although JSON, which is a
//! subset of YAML, contains them.

use std::{borrow::Cow, fmt::Write as _, ops::Range};

#[cfg(test)]
mod tests;

/// The escape that replaces an unpaired half. It has the same length, so that positions do not
/// change.
const REPLACEMENT: &str = "\\ufffd";

/// Returns `true` if `text` may contain escaped surrogates.
pub(super) fn may_have_any(text: &str) -> bool {
    text.contains("\\ud") || text.contains("\\uD")
}

/// Replaces unpaired halves of surrogate pairs in a JSON document.
pub(super) fn mend_json(text: &str) -> Cow<'_, str> {
    // Outside of strings, a backslash is always an error.
    mend(text, std::iter::once(0..text.len()), |_| None)
}

/// Replaces unpaired halves, and decodes pairs, in the `quoted` ranges of a YAML document, which
/// must be in order.
pub(super) fn mend_yaml(
    text: &str,
    quoted: impl IntoIterator<Item = Range<usize>>,
) -> Cow<'_, str> {
    mend(text, quoted, |pair| {
        Some(format!("\\U{:08x}", u32::from(pair)))
    })
}

fn mend(
    text: &str,
    parts: impl IntoIterator<Item = Range<usize>>,
    joined: impl Fn(char) -> Option<String>,
) -> Cow<'_, str> {
    let mut mended = String::new();
    let mut copied = 0;
    let mut replace = |range: Range<usize>, with: &str| {
        let before = text.get(copied..range.start).unwrap_or_default();
        let _ = write!(mended, "{before}{with}");
        copied = range.end;
    };
    for part in parts {
        let mut at = part.start;
        while let Some(found) = text.get(at..part.end).and_then(|rest| rest.find('\\')) {
            at += found;
            let Some(first) = unit(text, at) else {
                at += 1 + text
                    .get(at + 1..)
                    .and_then(|rest| rest.chars().next())
                    .map_or(0, char::len_utf8);
                continue;
            };
            let second = unit(text, at + 6).filter(|_| is_high(first));
            let pair = second.and_then(|second| char::decode_utf16([first, second]).next()?.ok());
            let end = if pair.is_some() { at + 12 } else { at + 6 };
            match pair {
                Some(pair) => {
                    if let Some(with) = joined(pair) {
                        replace(at..end, &with);
                    }
                }
                None if is_half(first) => replace(at..end, REPLACEMENT),
                None => {}
            }
            at = end;
        }
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

/// Returns the UTF-16 unit of the escape `\uXXXX` at `at`.
fn unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
    let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    u16::from_str_radix(digits, 16).ok().filter(|_| is_hex)
}

fn is_half(unit: u16) -> bool {
    (0xd800..0xe000).contains(&unit)
}

fn is_high(unit: u16) -> bool {
    (0xd800..0xdc00).contains(&unit)
}
