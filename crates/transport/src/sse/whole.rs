//! Completeness of an event whose blank line is missing.

use serde_json::value::RawValue;

/// The data of the event that ends a stream of OpenAI's format.
const END_MARK: &str = "[DONE]";

/// Returns `true` if nothing can follow: the data is the end marker, or a complete JSON object or
/// list. A number or a word may be the beginning of a longer one. If a server omits all blank
/// lines, each line of the data must be one of these.
pub(super) fn is_whole(data: &str) -> bool {
    let mut lines = data.lines().filter(|line| !line.trim().is_empty());
    is_whole_value(data) || (lines.next().is_some_and(is_whole_value) && lines.all(is_whole_value))
}

fn is_whole_value(data: &str) -> bool {
    let data = data.trim();
    data == END_MARK
        || (data.starts_with(['{', '[']) && serde_json::from_str::<&RawValue>(data).is_ok())
}
