//! [`ToolOutput`].

use serde::Serialize;

use super::ToolError;

mod into;
mod result;
#[cfg(test)]
mod tests;

pub use into::IntoToolOutput;

/// What a tool gives the model: a text.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ToolOutput {
    /// The text.
    pub text: String,
}

impl ToolOutput {
    /// Creates an output from a text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { text: text.into() }
    }

    /// Creates an output from a value, as JSON. A string is kept as it is.
    ///
    /// # Errors
    ///
    /// If the value cannot be written as JSON.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, ToolError> {
        let text = serde_json::to_string(value)?;
        if text.starts_with('"') {
            return Ok(Self::text(serde_json::from_str::<String>(&text)?));
        }
        Ok(Self { text })
    }
}

impl<T: Into<String>> From<T> for ToolOutput {
    fn from(text: T) -> Self {
        Self::text(text)
    }
}

impl Serialize for ToolOutput {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Cuts `text` to at most `limit` bytes, at the end of a character, and says so.
pub(crate) fn cut(text: String, limit: usize) -> String {
    let whole = text.len();
    if whole <= limit {
        return text;
    }
    let end = (0..=limit)
        .rev()
        .find(|&at| text.is_char_boundary(at))
        .unwrap_or(0);
    let mut shown = text;
    shown.truncate(end);
    let note = format!("… [output cut: {} of {} shown]", size(end), size(whole));
    shown + &note
}

/// A number of bytes for people, such as `1.2 MiB`.
fn size(bytes: usize) -> String {
    const KIB: usize = 1024;
    const MIB: usize = 1024 * KIB;
    let (unit, name) = match bytes {
        0..KIB => return format!("{bytes} B"),
        KIB..MIB => (KIB, "KiB"),
        _ => (MIB, "MiB"),
    };
    let tenths = bytes.saturating_mul(10) / unit;
    match tenths % 10 {
        0 => format!("{} {name}", tenths / 10),
        tenth => format!("{}.{tenth} {name}", tenths / 10),
    }
}
