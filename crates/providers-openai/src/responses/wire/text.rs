//! Texts in raw values.

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::shared::text::Text;

/// The text that a raw value is: the string itself, or the JSON of anything else (some servers
/// send arguments as an object). Nothing and null are the empty text.
pub(in crate::responses) fn text_of(raw: Option<&RawValue>) -> Cow<'_, str> {
    let Some(raw) = raw.map(RawValue::get) else {
        return Cow::Borrowed("");
    };
    match serde_json::from_str::<Text<'_>>(raw) {
        Ok(text) if raw.starts_with('"') => text.into_inner(),
        _ if raw == "null" => Cow::Borrowed(""),
        _ => Cow::Borrowed(raw),
    }
}
