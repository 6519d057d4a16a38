//! Texts in raw values.

use std::borrow::Cow;

use serde_json::value::RawValue;

use geppetto_provider::read::string;

/// The text that a raw value is: the string itself, or the JSON of anything else (some servers
/// send arguments as an object). Nothing and null are the empty text.
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
