//! [`PartialArgs`]: arguments of a function call that arrive value by value.

use geppetto_provider::read::MAX_ENTRIES;
use serde_json::{Map, Value};

use crate::wire::PartialArg;

#[cfg(test)]
mod tests;

/// Maximum nesting of the values.
const MAX_DEPTH: usize = 64;

/// Arguments that arrive value by value, each with its path: `$.operations[0].action`. Pieces of the
/// same text follow each other.
#[derive(Debug, Default)]
pub(super) struct PartialArgs {
    root: Map<String, Value>,
    /// Number of values.
    values: usize,
}

/// A step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step<'p> {
    Key(&'p str),
    Index(usize),
}

impl PartialArgs {
    /// Sets a value, or appends a piece to a text. A piece whose path cannot be read is ignored.
    pub(super) fn take(&mut self, piece: &PartialArg<'_>) {
        let Some(steps) = steps(&piece.path) else {
            return;
        };
        let Some((Step::Key(first), rest)) = steps.split_first() else {
            return;
        };
        self.values += 1;
        if self.values > MAX_ENTRIES {
            return;
        }
        let place = self.root.entry((*first).to_owned()).or_insert(Value::Null);
        let Some(place) = rest.iter().try_fold(place, step_into) else {
            return;
        };
        match (&piece.text, place) {
            (Some(text), Value::String(own)) => own.push_str(text),
            (Some(text), place) => *place = Value::String((**text).to_owned()),
            (None, place) => {
                let raw = piece
                    .number
                    .or(piece.boolean)
                    .map_or("null", |raw| raw.get());
                *place = serde_json::from_str(raw).unwrap_or_default();
            }
        }
    }

    /// Adds values that arrive as an object.
    pub(super) fn add(&mut self, values: Map<String, Value>) {
        self.values += values.len();
        if self.values <= MAX_ENTRIES {
            self.root.extend(values);
        }
    }

    /// Returns the arguments as text.
    pub(super) fn into_text(self) -> String {
        Value::Object(self.root).to_string()
    }

    /// Returns `true` if there are more values than any model sends.
    pub(super) fn is_too_large(&self) -> bool {
        self.values > MAX_ENTRIES
    }
}

fn step_into<'v>(place: &'v mut Value, step: &Step<'_>) -> Option<&'v mut Value> {
    match step {
        Step::Key(key) => {
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            Some(
                place
                    .as_object_mut()?
                    .entry((*key).to_owned())
                    .or_insert(Value::Null),
            )
        }
        Step::Index(index) => {
            if !place.is_array() {
                *place = Value::Array(Vec::new());
            }
            let list = place.as_array_mut()?;
            if *index > list.len() {
                // Values arrive in order.
                return None;
            }
            if *index == list.len() {
                list.push(Value::Null);
            }
            list.get_mut(*index)
        }
    }
}

/// Reads a path: `$.a.b[0]`, `$['a b']`.
fn steps(path: &str) -> Option<Vec<Step<'_>>> {
    let mut rest = path.strip_prefix('$')?;
    let mut steps = Vec::new();
    while !rest.is_empty() {
        if steps.len() == MAX_DEPTH {
            return None;
        }
        if let Some(after) = rest.strip_prefix('.') {
            let end = after.find(['.', '[']).unwrap_or(after.len());
            let (key, after) = after.split_at_checked(end)?;
            steps.push(Step::Key(key));
            rest = after;
        } else {
            let after = rest.strip_prefix('[')?;
            let (step, after) = bracket(after)?;
            steps.push(step);
            rest = after;
        }
    }
    Some(steps)
}

/// Reads a step in brackets, whose first one was read.
fn bracket(text: &str) -> Option<(Step<'_>, &str)> {
    for quote in ["'", "\""] {
        if let Some(text) = text.strip_prefix(quote) {
            let (key, after) = text.split_once(&format!("{quote}]"))?;
            return Some((Step::Key(key), after));
        }
    }
    let (index, after) = text.split_once(']')?;
    Some((Step::Index(index.parse().ok()?), after))
}
