//! `reasoning_details`: reasoning in typed pieces, as sent and accepted by OpenRouter.
//!
//! Types: `reasoning.text`, `reasoning.summary`, `reasoning.encrypted`. They are sent back
//! unchanged, so pieces of a stream are merged, and only their text is read. See
//! <https://openrouter.ai/docs/use-cases/reasoning-tokens>.

use std::collections::HashMap;

use geppetto_provider::read::{halves, raw_value};
use serde_json::{Map, Value, value::RawValue};

pub(super) type Detail = Map<String, Value>;

/// Fields that grow from event to event.
const GROWING: [&str; 4] = ["text", "summary", "data", "signature"];

/// Parses the pieces of one event; `None` if there are none.
pub(super) fn parse(raw: &RawValue) -> Option<Vec<Detail>> {
    let Some(Value::Array(entries)) = raw_value(raw.get()) else {
        return None;
    };
    let details: Vec<Detail> = entries
        .into_iter()
        .filter_map(|entry| match entry {
            Value::Object(detail) => Some(detail),
            _ => None,
        })
        .collect();
    (!details.is_empty()).then_some(details)
}

/// Returns the plain text of the pieces.
pub(super) fn text_of(details: &[Detail]) -> String {
    let text = |detail: &Detail| {
        let text = detail.get("text").or_else(|| detail.get("summary"))?;
        text.as_str().map(str::to_owned)
    };
    details.iter().filter_map(text).collect()
}

/// Merged pieces of a reply. The cost per piece is constant, regardless of their number.
#[derive(Debug, Default)]
pub(super) struct Details {
    list: Vec<Detail>,
    /// Last piece of a type and an index.
    last: HashMap<String, usize>,
    /// Last piece of a type and an index with this id, or without one.
    named: HashMap<(String, Option<String>), usize>,
    /// Number of unreadable characters.
    lost: u64,
}

impl Details {
    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Adds complete pieces.
    pub(super) fn add(&mut self, details: Vec<Detail>) {
        self.list.extend(details);
    }

    /// Merges the pieces of one event with the previous ones. A piece continues the last one of the
    /// same type and index without a different id.
    pub(super) fn merge(&mut self, news: Vec<Detail>) {
        for piece in news {
            let (group, id) = (group(&piece), id(&piece));
            let known = if id.is_some() {
                let same = self.named.get(&(group.clone(), id.clone()));
                same.max(self.named.get(&(group.clone(), None)))
            } else {
                self.last.get(&group)
            };
            let at = match known.copied() {
                Some(at) => {
                    if let Some(known) = self.list.get_mut(at) {
                        self.lost += grow(known, piece);
                    }
                    at
                }
                None => {
                    self.list.push(piece);
                    self.list.len() - 1
                }
            };
            if known_is_named(&id, &self.named, &group, at) {
                self.named.remove(&(group.clone(), None));
            }
            let last = self.last.entry(group.clone()).or_insert(at);
            *last = at.max(*last);
            if id.is_some() || !self.has_id(at) {
                self.named.insert((group, id), at);
            }
        }
    }

    fn has_id(&self, at: usize) -> bool {
        self.list.get(at).is_some_and(|detail| id(detail).is_some())
    }

    /// Returns the pieces, and the number of unreadable characters.
    pub(super) fn take(&mut self) -> (Vec<Value>, u64) {
        let Self {
            mut list, mut lost, ..
        } = std::mem::take(self);
        let growing = |name: &str| GROWING.contains(&name);
        for detail in &mut list {
            for (_, value) in detail.iter_mut().filter(|(name, _)| growing(name)) {
                if let Value::String(text) = value {
                    lost += halves::clean(text);
                }
            }
        }
        (list.into_iter().map(Value::Object).collect(), lost)
    }
}

/// Returns `true` if the piece at `at` had no id so far and has one now.
fn known_is_named(
    id: &Option<String>,
    named: &HashMap<(String, Option<String>), usize>,
    group: &str,
    at: usize,
) -> bool {
    id.is_some() && named.get(&(group.to_owned(), None)) == Some(&at)
}

/// Returns the type and the index of a piece as one key.
fn group(piece: &Detail) -> String {
    let index = piece.get("index").filter(|index| !index.is_null());
    let index = index.map_or_else(String::new, Value::to_string);
    let kind = piece.get("type").map_or_else(String::new, Value::to_string);
    format!("{kind} {index}")
}

fn id(piece: &Detail) -> Option<String> {
    let id = piece.get("id").filter(|id| !id.is_null())?;
    Some(id.to_string())
}

/// Appends a piece to another one; returns the number of unreadable characters.
fn grow(known: &mut Detail, piece: Detail) -> u64 {
    let mut lost = 0;
    for (name, value) in piece {
        match (known.get_mut(&name), value) {
            (Some(Value::String(text)), Value::String(news))
                if GROWING.contains(&name.as_str()) =>
            {
                lost += halves::append(text, &news);
            }
            (Some(Value::Null) | None, value) => {
                known.insert(name, value);
            }
            _ => {}
        }
    }
    lost
}
