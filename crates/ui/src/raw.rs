//! [`RawJson`]: JSON that is passed on as it is.

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

#[cfg(test)]
mod tests;

/// A JSON value as the model, a tool or an application wrote it, without spaces and line breaks
/// between its tokens. Keeps the order of keys and the digits of numbers.
#[derive(Debug, Clone)]
pub struct RawJson(Box<RawValue>);

impl RawJson {
    /// Reads a JSON text. `None` if it is not valid.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let raw: &RawValue = serde_json::from_str(text).ok()?;
        Some(Self(RawValue::from_string(compact(raw.get())).ok()?))
    }

    /// Reads the arguments of a tool call; a blank text is an empty object.
    #[must_use]
    pub fn arguments(text: &str) -> Option<Self> {
        Self::parse(if text.trim().is_empty() { "{}" } else { text })
    }

    /// Returns a JSON object or list as it is, and any other text as a JSON string.
    #[must_use]
    pub fn structure_or_text(text: &str) -> Self {
        let is_structure = text.trim_start().starts_with(['{', '[']);
        let parsed = is_structure.then(|| Self::parse(text)).flatten();
        parsed.unwrap_or_else(|| Self::of(text))
    }

    /// Converts a value. One that cannot be written becomes `null`.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Self {
        let raw = serde_json::value::to_raw_value(value);
        Self(raw.unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }

    /// Returns the JSON text.
    #[must_use]
    pub fn get(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for RawJson {
    fn eq(&self, other: &Self) -> bool {
        self.get() == other.get()
    }
}

impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

/// Removes the spaces between the tokens of a valid JSON text. A line break within a server-sent
/// event would end its line.
fn compact(text: &str) -> String {
    let (mut out, mut in_string, mut escaped) = (String::with_capacity(text.len()), false, false);
    for char in text.chars() {
        if in_string {
            in_string = escaped || char != '"';
            escaped = !escaped && char == '\\';
        } else if char.is_ascii_whitespace() {
            continue;
        } else {
            in_string = char == '"';
        }
        out.push(char);
    }
    out
}
