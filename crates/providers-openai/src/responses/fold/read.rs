//! Reading events, responses and items.

use std::borrow::Cow;

use geppetto_provider::{
    Fault, Output,
    read::{MAX_ENTRIES, no_object, raw_value},
};
use serde::de::IgnoredAny;
use serde_json::{Value, value::RawValue};

use super::{
    calls::{CUSTOM, FUNCTION},
    message::MESSAGE,
    reasoning::REASONING,
};
use crate::responses::wire::{Event, Item, Response, Text};

pub(super) fn response(raw: &RawValue) -> Result<Response<'_>, Fault> {
    let read = serde_json::from_str(raw.get());
    read.map_err(|error| Fault::malformed("a response", error))
}

/// Reads an event.
pub(super) fn event(data: &str) -> Result<Event<'_>, serde_json::Error> {
    // A list would be read as the fields of an event, one by one.
    if data.starts_with('[') {
        return Err(no_object());
    }
    serde_json::from_str(data)
}

/// The item that an event holds.
pub(super) fn named_item<'a>(
    event: &Event<'a>,
    out: &Output<'_>,
) -> Result<Option<(&'a RawValue, Item<'a>)>, Fault> {
    let Some(raw) = event.item else {
        return Ok(None);
    };
    Ok(item(raw, out)?.map(|item| (raw, item)))
}

/// Reads an item; `None` where null stands for one.
///
/// # Errors
///
/// It is no object, or nested too deep to be kept: what a server sends is never left out.
pub(super) fn item<'a>(raw: &'a RawValue, out: &Output<'_>) -> Result<Option<Item<'a>>, Fault> {
    const WHAT: &str = "an item";
    let text = raw.get();
    if text == "null" {
        return Ok(None);
    }
    if !text.starts_with('{') {
        return Err(Fault::malformed(WHAT, no_object()));
    }
    let read = serde_json::from_str(text);
    let mut item: Item<'a> = read.map_err(|error| Fault::malformed(WHAT, error))?;
    let is_known = matches!(&*item.kind, MESSAGE | REASONING | FUNCTION | CUSTOM);
    if !is_known && let Err(error) = serde_json::from_str::<Value>(text) {
        // Numbers that nobody has room for are mended when it is kept.
        if raw_value(text).is_none() {
            return Err(Fault::malformed(WHAT, error));
        }
    }
    if [item.content, item.summary].into_iter().any(has_too_many) {
        return Err(Fault::too_many("parts of an item"));
    }
    for id in [&mut item.id, &mut item.call_id] {
        let kept = out.id(id).into_owned();
        if *kept != **id {
            *id = Text::from(Cow::Owned(kept));
        }
    }
    Ok(Some(item))
}

/// Whether a raw list has more entries than any model writes. Counting takes no memory.
fn has_too_many(raw: Option<&RawValue>) -> bool {
    // An entry takes two bytes at least.
    let raw = raw
        .map(RawValue::get)
        .filter(|raw| raw.len() > 2 * MAX_ENTRIES);
    let entries = raw.and_then(|raw| serde_json::from_str::<Vec<IgnoredAny>>(raw).ok());
    entries.is_some_and(|entries| entries.len() > MAX_ENTRIES)
}
