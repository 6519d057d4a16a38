//! Parsing of events, responses and items.

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

/// Parses an event.
pub(super) fn event(data: &str) -> Result<Event<'_>, serde_json::Error> {
    // A list would be parsed as the fields of an event, in order.
    if data.starts_with('[') {
        return Err(no_object());
    }
    serde_json::from_str(data)
}

/// Returns the item in an event.
pub(super) fn named_item<'a>(
    event: &Event<'a>,
    out: &Output<'_>,
) -> Result<Option<(&'a RawValue, Item<'a>)>, Fault> {
    let Some(raw) = event.item else {
        return Ok(None);
    };
    Ok(item(raw, out)?.map(|item| (raw, item)))
}

/// Parses an item; `None` for null.
///
/// # Errors
///
/// If it is not an object, or nested too deep to be kept: nothing that a server sends is omitted.
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
        // Numbers that cannot be represented are repaired when it is kept.
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

/// Returns `true` if a raw list has more entries than any model writes. Counting needs no memory.
fn has_too_many(raw: Option<&RawValue>) -> bool {
    // An entry has at least two bytes.
    let raw = raw
        .map(RawValue::get)
        .filter(|raw| raw.len() > 2 * MAX_ENTRIES);
    let entries = raw.and_then(|raw| serde_json::from_str::<Vec<IgnoredAny>>(raw).ok());
    entries.is_some_and(|entries| entries.len() > MAX_ENTRIES)
}
