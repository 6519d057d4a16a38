//! Nesting depth of JSON: reading without the parser's own limit, and limiting what is written.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::FormatError;

#[cfg(test)]
mod tests;

/// Maximum nesting depth of arrays and objects in a JSON document: 512 levels.
///
/// Readers are recursive. Debug builds need less than 2 MiB of stack, the size of a thread, for a
/// document of this depth. `serde_json` alone accepts 127 levels, which a reply of a provider can
/// have before it becomes part of a turn.
pub const MAX_JSON_DEPTH: usize = 512;

/// Deserializes JSON that a program has written, such as a row of a store, up to
/// [`MAX_JSON_DEPTH`] levels deep. Unlike [`json_value`](super::json_value), it does not check
/// for content that readers preserve only in part.
///
/// # Errors
///
/// Returns an error, with line and column, if the text is not JSON, is not a `T`, or is nested
/// deeper than [`MAX_JSON_DEPTH`] levels.
pub fn from_json_str<T: DeserializeOwned>(text: &str) -> Result<T, FormatError> {
    check(text)?;
    let mut from = serde_json::Deserializer::from_str(text);
    from.disable_recursion_limit();
    T::deserialize(&mut from)
        .and_then(|value| from.end().map(|()| value))
        .map_err(|error| FormatError::from_json(&error))
}

/// Replaces arrays and objects that are nested deeper than `levels` by strings with their JSON, so
/// that readers with this limit accept the document. A document that is not deeper is returned
/// unchanged. Takes linear time and constant stack.
///
/// ```
/// # use geppetto_turns::serial::limit_json_depth;
/// let json = r#"{"a":[1,[2,[]]]}"#.to_owned();
/// assert_eq!(limit_json_depth(json, 2), r#"{"a":[1,"[2,[]]"]}"#);
/// ```
#[must_use]
pub fn limit_json_depth(json: String, levels: usize) -> String {
    if is_shallow(&json, levels) {
        return json;
    }
    let mut limited = String::new();
    let mut copied = 0;
    for part in Parts::new(&json, levels) {
        limited.push_str(json.get(copied..part.start).unwrap_or_default());
        let text = json.get(part.clone()).unwrap_or_default();
        limited.push_str(&Value::from(text).to_string());
        copied = part.end;
    }
    if copied == 0 {
        return json;
    }
    limited.push_str(json.get(copied..).unwrap_or_default());
    limited
}

/// Rejects a document that is nested deeper than [`MAX_JSON_DEPTH`] levels, in linear time.
pub(super) fn check(text: &str) -> Result<(), FormatError> {
    if is_shallow(text, MAX_JSON_DEPTH) {
        return Ok(());
    }
    let Some(part) = Parts::new(text, MAX_JSON_DEPTH).next() else {
        return Ok(());
    };
    let before = text.get(..part.start).unwrap_or_default();
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    let message = format!("lists and maps are nested more than {MAX_JSON_DEPTH} levels deep");
    Err(FormatError::at(
        &message,
        before.matches('\n').count() + 1,
        part.start - line_start + 1,
    ))
}

/// Returns `true` if a JSON document is nested deeper than `levels`.
pub(crate) fn is_deeper(json: &str, levels: usize) -> bool {
    !is_shallow(json, levels) && Parts::new(json, levels).next().is_some()
}

/// Returns `true` if a text is too short for more levels, without reading it.
fn is_shallow(text: &str, levels: usize) -> bool {
    text.len() <= levels
}

/// The arrays and objects of a document that begin right below a level. One that is not closed
/// extends to the end.
struct Parts<'t> {
    text: &'t [u8],
    at: usize,
    depth: usize,
    levels: usize,
}

impl<'t> Parts<'t> {
    fn new(text: &'t str, levels: usize) -> Self {
        Self {
            text: text.as_bytes(),
            at: 0,
            depth: 0,
            levels,
        }
    }

    /// Skips a string, whose first quote was read.
    fn skip_string(&mut self) {
        while let Some(byte) = self.text.get(self.at) {
            self.at += match byte {
                b'"' => break,
                b'\\' => 2,
                _ => 1,
            };
        }
        self.at += 1;
    }
}

impl Iterator for Parts<'_> {
    type Item = Range<usize>;

    fn next(&mut self) -> Option<Range<usize>> {
        let mut start = None;
        while let Some(byte) = self.text.get(self.at) {
            self.at += 1;
            match byte {
                b'"' => self.skip_string(),
                b'[' | b'{' => {
                    if self.depth == self.levels {
                        start = Some(self.at - 1);
                    }
                    self.depth += 1;
                }
                b']' | b'}' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == self.levels
                        && let Some(start) = start
                    {
                        return Some(start..self.at);
                    }
                }
                _ => {}
            }
        }
        start.map(|start| start..self.text.len())
    }
}
