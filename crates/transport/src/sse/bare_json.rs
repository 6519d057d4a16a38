//! JSON objects between the events of a stream, without a field name.

use serde_json::Value;

/// Result of the examination of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The object continues in the next line, or this line is incomplete.
    NotYet,
    /// No error object.
    No,
    /// The end of an error object.
    Error,
}

/// Returns `true` if a line may begin an object, or a list with one.
pub(super) fn begins(text: &[u8]) -> bool {
    text.starts_with(b"{") || text.starts_with(b"[")
}

/// Examines the last line of `text`, which begins at `line`. Servers write an object in one line, or
/// indented; then its end is the first such bracket without indentation, so that the object is
/// parsed at most twice.
pub(super) fn end(text: &[u8], line: usize) -> End {
    let last = text.get(line..).unwrap_or_default();
    if last
        .windows(2)
        .any(|pair| pair.starts_with(b"\r") && pair != b"\r\n")
    {
        // Lines of this stream end with CR.
        return End::No;
    }
    if !last.ends_with(b"\n") {
        return End::NotYet;
    }
    if last.trim_ascii().is_empty() {
        return End::No;
    }
    let bracket: &[u8] = if text.starts_with(b"[") { b"]" } else { b"}" };
    if line > 0 && !last.starts_with(bracket) {
        return End::NotYet;
    }
    match std::str::from_utf8(text).map(parse) {
        Ok(Some(value)) if reports_error(&value) => End::Error,
        Ok(None) if line == 0 => End::NotYet,
        _ => End::No,
    }
}

/// Returns `true` if a text is a JSON object, or a list of one, that reports an error.
pub(super) fn is_error(text: &str) -> bool {
    parse(text).is_some_and(|value| reports_error(&value))
}

fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok()
}

fn reports_error(value: &Value) -> bool {
    let object = value.get(0).unwrap_or(value);
    object.get("error").is_some_and(|error| !error.is_null())
}
