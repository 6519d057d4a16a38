//! Items as a whole: calls and their outputs, reasoning and its following item, uniqueness.

use std::collections::HashSet;

use serde_json::Value;

use super::{
    super::ProviderRefusal,
    item::{OUTPUT, kind},
};

/// Calls that the application answers, by type: the type of the answer, and the name of the call in
/// refusals.
const ANSWERED: [(&str, &str, &str); 2] = [
    ("function_call", "function_call_output", "function call"),
    (
        "custom_tool_call",
        "custom_tool_call_output",
        "custom tool call",
    ),
];

pub(super) fn check(
    items: &[Value],
    request: &Value,
    stored: Option<bool>,
) -> Result<(), ProviderRefusal> {
    unique_ids(items)?;
    reasoning(items, stored == Some(true))?;
    if stored == Some(false) {
        persisted(items)?;
    }
    let elsewhere =
        !request["previous_response_id"].is_null() || !request["conversation"].is_null();
    calls(items, elsewhere)
}

fn refuse(message: String) -> ProviderRefusal {
    ProviderRefusal::invalid_request(message).param("input")
}

fn id(item: &Value) -> &str {
    item["id"].as_str().unwrap_or_default()
}

fn unique_ids(items: &[Value]) -> Result<(), ProviderRefusal> {
    let mut seen = HashSet::new();
    let ids = items.iter().map(id).filter(|id| !id.is_empty());
    for id in ids {
        if !seen.insert(id) {
            return Err(refuse(format!(
                "Duplicate item found with id {id}. Remove duplicate items from your input and \
                 try again."
            )));
        }
    }
    Ok(())
}

/// Refuses reasoning without a following item of the model, other than further reasoning. If the
/// server stores items, reasoning with an id must be followed by an item with an id, because only
/// that can be the original one.
fn reasoning(items: &[Value], stored: bool) -> Result<(), ProviderRefusal> {
    let mut waiting = None;
    for item in items {
        let fits = |waiting: &Value| !stored || id(waiting).is_empty() || !id(item).is_empty();
        waiting = match kind(item) {
            "reasoning" => waiting.or(Some(item)),
            _ if is_output(item) && waiting.is_none_or(fits) => None,
            _ => without_following(waiting)?,
        };
    }
    without_following(waiting).map(drop)
}

/// Refuses reasoning that lacks a following item of the model.
fn without_following(waiting: Option<&Value>) -> Result<Option<&Value>, ProviderRefusal> {
    match waiting {
        None => Ok(None),
        Some(item) => Err(refuse(format!(
            "Item '{}' of type 'reasoning' was provided without its required following item.",
            id(item)
        ))),
    }
}

/// Returns `true` if a model produced the item.
fn is_output(item: &Value) -> bool {
    match kind(item) {
        "message" => item["role"] == "assistant",
        // Its type is unknown; the referenced item may be one.
        "item_reference" => true,
        kind => OUTPUT.iter().any(|(output, _)| *output == kind),
    }
}

/// Refuses items that only a store would have, if nothing is stored.
fn persisted(items: &[Value]) -> Result<(), ProviderRefusal> {
    let has = |item: &Value, field: &str| match &item[field] {
        Value::String(text) => !text.is_empty(),
        Value::Array(parts) => !parts.is_empty(),
        _ => false,
    };
    let only_named = |item: &&Value| match kind(item) {
        "item_reference" => true,
        "reasoning" => {
            !id(item).is_empty() && !has(item, "encrypted_content") && !has(item, "content")
        }
        _ => false,
    };
    match items.iter().find(only_named) {
        None => Ok(()),
        Some(item) => Err(refuse(format!(
            "Item with id '{}' not found. Items are not persisted when `store` is set to false. \
             Try again with `store` set to true, or remove this item from your input.",
            id(item)
        ))
        .status(404)),
    }
}

/// A call without an output so far.
struct Open<'a> {
    kind: &'a str,
    call_id: &'a str,
}

fn calls(items: &[Value], elsewhere: bool) -> Result<(), ProviderRefusal> {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut answered = HashSet::new();
    for item in items {
        let call_id = item["call_id"].as_str().unwrap_or_default();
        let kind = kind(item);
        if ANSWERED.iter().any(|(call, _, _)| *call == kind) {
            if answered.contains(call_id) || open.iter().any(|open| open.call_id == call_id) {
                return Err(duplicate(call_id));
            }
            open.push(Open { kind, call_id });
        } else if let Some((call, _, name)) = ANSWERED.iter().find(|(_, output, _)| *output == kind)
        {
            let place = open
                .iter()
                .position(|open| open.kind == *call && open.call_id == call_id);
            match place {
                Some(place) => drop(open.remove(place)),
                None if answered.contains(call_id) => return Err(duplicate(call_id)),
                None if elsewhere => {}
                None => {
                    return Err(refuse(format!(
                        "No tool call found for {name} output with call_id {call_id}."
                    )));
                }
            }
            answered.insert(call_id);
        } else if kind == "message" && item["role"] == "user" {
            all_answered(&open)?;
        }
    }
    all_answered(&open)
}

fn duplicate(call_id: &str) -> ProviderRefusal {
    refuse(format!("Duplicate 'call_id': {call_id}"))
}

fn all_answered(open: &[Open<'_>]) -> Result<(), ProviderRefusal> {
    let Some(first) = open.first() else {
        return Ok(());
    };
    let names = ANSWERED.iter().find(|(call, _, _)| *call == first.kind);
    Err(refuse(format!(
        "No tool output found for {} {}.",
        names.map_or("", |(_, _, name)| *name),
        first.call_id
    )))
}
