//! Lossless JSON reading and terminal-safe JSON writing.

use std::fmt::Write as _;

use serde::{Serialize, de::DeserializeSeed};
use serde_json::Value;

use super::{
    FormatError, depth, surrogates,
    value::{Budget, Duplicates, ValueReader},
};

/// Parses any JSON document under the same rules as a turn: nothing is changed silently. A byte
/// order mark is skipped, and an unpaired surrogate escape (`\ud83d` alone) is read as U+FFFD.
///
/// # Errors
///
/// Returns an error, with line and column, if the text is not JSON or contains anything that
/// readers preserve only in part: duplicate keys, integers of more than 64 bits, numbers beyond the
/// range of 64-bit floats, or more than [`MAX_JSON_DEPTH`](super::MAX_JSON_DEPTH) levels of nesting.
pub fn json_value(text: &str) -> Result<Value, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let text = &*surrogates::mend_json(text);
    depth::check(text)?;
    let mut from = serde_json::Deserializer::from_str(text);
    from.disable_recursion_limit();
    let budget = Budget::of_document(text.len());
    let value = ValueReader::new(&budget, Duplicates::Refused)
        .deserialize(&mut from)
        .and_then(|value| from.end().map(|()| value))
        .map_err(|error| FormatError::from_json(&error))?;
    match large_integer(text.as_bytes()) {
        None => Ok(value),
        Some((line, column)) => Err(FormatError::at(
            "the integer needs more than 64 bits; put it in quotes to keep it as text",
            line,
            column,
        )),
    }
}

/// Serializes any value as a single line of JSON that is safe to print and to split into lines:
/// terminal control characters and all line separators, including U+0085, U+2028 and U+2029, are
/// escaped ([`printable`](mod@crate::printable) has the list). The escaped text parses to the same
/// value.
///
/// # Errors
///
/// Returns an error if the value cannot be represented in JSON.
pub fn json_string(value: &impl Serialize) -> Result<String, FormatError> {
    let json = serde_json::to_string(value).map_err(FormatError::unwritable)?;
    Ok(escaped(json))
}

/// Same as [`json_string`], indented.
pub(super) fn pretty_json_string(value: &impl Serialize) -> Result<String, FormatError> {
    let json = serde_json::to_string_pretty(value).map_err(FormatError::unwritable)?;
    Ok(escaped(json))
}

/// Escapes characters that JSON allows but terminals interpret. They occur only in strings.
fn escaped(json: String) -> String {
    if json.is_ascii() && !json.contains('\u{7f}') {
        return json;
    }
    let is_escaped = |c: char| {
        matches!(
            c,
            '\u{7f}'..='\u{9f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2066}'..='\u{206f}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
    };
    let Some(first) = json.find(is_escaped) else {
        return json;
    };
    let (before, rest) = json.split_at_checked(first).unwrap_or((&json, ""));
    let mut safe = before.to_owned();
    for c in rest.chars() {
        if is_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                let _ = write!(safe, "\\u{unit:04x}");
            }
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Returns the line and column, in bytes and from 1, of an integer that needs more than 64 bits.
/// The text must be JSON.
fn large_integer(text: &[u8]) -> Option<(usize, usize)> {
    let (mut line, mut line_start, mut at) = (1, 0, 0);
    while let Some(byte) = text.get(at) {
        let rest = text.get(at..)?;
        at += match byte {
            b'\n' => {
                line += 1;
                line_start = at + 1;
                1
            }
            b'"' => string_len(rest),
            b'-' | b'0'..=b'9' => {
                let ends =
                    |byte: &u8| !matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
                let len = rest.iter().position(ends).unwrap_or(rest.len());
                if is_large(rest.get(..len)?) {
                    return Some((line, at - line_start + 1));
                }
                len
            }
            _ => 1,
        };
    }
    None
}

/// Returns the length of a string, including both quotes.
fn string_len(text: &[u8]) -> usize {
    let mut escaped = true;
    let ends = |byte: &u8| {
        let end = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        end
    };
    // The first quote is treated as escaped, because it does not end the string.
    text.iter().position(ends).map_or(text.len(), |at| at + 1)
}

fn is_large(number: &[u8]) -> bool {
    number.len() >= 19
        && !number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
        && str::from_utf8(number)
            .is_ok_and(|number| number.parse::<i64>().is_err() && number.parse::<u64>().is_err())
}
