//! Files of turns and event logs: reading and writing must be the identity.

use std::{fs, path::Path};

use geppetto_events::{EventKind, Grammar, LogLine};
use geppetto_turns::serial::Document;
use serde_json::Value;

/// Checks a file with a turn, or with a fixture around one: load, save, load, and compare value by
/// value.
pub(super) fn turn(path: &Path) -> Result<(), String> {
    let text = read(path)?;
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let document = Document::from_yaml(&text).map_err(|error| told(&error))?;
    let yaml = document.to_yaml().map_err(|error| told(&error))?;
    let again = Document::from_yaml(&yaml).map_err(|error| format!("loading again: {error}"))?;
    if again != document {
        return Err("the turn is not the same after saving and loading".to_owned());
    }
    let written: Value = serde_norway::from_str(&yaml).map_err(|error| told(&error))?;
    let original: Value = serde_norway::from_str(&text).map_err(|error| told(&error))?;
    match first_difference("", &original, &written) {
        None => Ok(()),
        Some(place) => Err(format!("saving changes {place}")),
    }
}

/// Checks an event log line by line: each event has a known type and is written back unchanged.
pub(super) fn events(path: &Path) -> Result<(), String> {
    let mut grammar = Grammar::fragment();
    for (number, line) in read(path)?.lines().enumerate() {
        if line.trim().is_empty() {
            continue;
        }
        let checked = event(line, &mut grammar);
        checked.map_err(|problem| format!("line {}: {problem}", number + 1))?;
    }
    grammar.finish().map_err(|error| error.to_string())
}

fn event(line: &str, grammar: &mut Grammar) -> Result<(), String> {
    let told = |error: serde_json::Error| error.to_string();
    let read = LogLine::from_json(line).map_err(told)?;
    if matches!(read.event.kind, EventKind::Custom(_)) {
        return Err(format!(
            "`{}` is read as a custom event",
            read.event.type_name()
        ));
    }
    let original: Value = serde_json::from_str(line).map_err(told)?;
    let written = read.to_json().map_err(told)?;
    let written: Value = serde_json::from_str(&written).map_err(told)?;
    if let Some(place) = first_difference("", &original, &written) {
        return Err(format!("writing changes {place}"));
    }
    grammar
        .accept(&read.event)
        .map_err(|error| error.to_string())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| error.to_string())
}

/// Returns the place of the first difference; `None` if there is none.
fn first_difference(place: &str, original: &Value, written: &Value) -> Option<String> {
    match (original, written) {
        (Value::Object(a), Value::Object(b)) => {
            let keys = a.keys().chain(b.keys().filter(|key| !a.contains_key(*key)));
            keys.into_iter().find_map(|key| {
                let place = format!("{place}/{key}");
                match (a.get(key), b.get(key)) {
                    (Some(a), Some(b)) => first_difference(&place, a, b),
                    _ => Some(place),
                }
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(i, (a, b))| first_difference(&format!("{place}/{i}"), a, b))
        }
        (a, b) => (a != b).then(|| place.to_owned()),
    }
}
