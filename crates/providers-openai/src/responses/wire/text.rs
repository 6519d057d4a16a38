//! Texts in raw values.

use std::borrow::Cow;

use serde_json::value::RawValue;

use geppetto_provider::read::string;

/// Returns the text of a raw value: the string itself, or the JSON of any other value (some servers
/// send arguments as an object). Absent and null are the empty text.
pub(in crate::responses) fn text_of(raw: Option<&RawValue>) -> Cow<'_, str> {
    let Some(raw) = raw.map(RawValue::get) else {
        return Cow::Borrowed("");
    };
    if raw.starts_with('"') {
        string(raw)
    } else if raw == "null" {
        Cow::Borrowed("")
    } else {
        Cow::Borrowed(raw)
    }
}
