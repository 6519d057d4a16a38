//! JSON documents, read without loss.

use serde::de::DeserializeSeed;
use serde_json::Value;

use super::{
    FormatError,
    value::{Budget, Duplicates, ValueReader},
};

/// Reads a JSON document; a key that stands twice in a map and integers of more than 64 bits, of
/// which readers keep one or an approximation, are errors. A byte order mark is skipped.
pub(super) fn strict_json_value(text: &str) -> Result<Value, FormatError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut from = serde_json::Deserializer::from_str(text);
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

/// The line and column, in bytes and from 1, of an integer that needs more than 64 bits. The text
/// is JSON.
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

/// The length of a string, both quotes included.
fn string_len(text: &[u8]) -> usize {
    let mut escaped = true;
    let ends = |byte: &u8| {
        let end = !escaped && *byte == b'"';
        escaped = !escaped && *byte == b'\\';
        end
    };
    // The first quote counts as escaped: it does not end the string.
    text.iter().position(ends).map_or(text.len(), |at| at + 1)
}

fn is_large(number: &[u8]) -> bool {
    number.len() >= 19
        && !number.iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'))
        && str::from_utf8(number)
            .is_ok_and(|number| number.parse::<i64>().is_err() && number.parse::<u64>().is_err())
}
