//! What becomes of each keyword.

use serde_json::{Map, Value};

use super::super::merge::NOTES;

/// Keywords that strict mode enforces, by the type that they belong to.
///
/// Source: <https://platform.openai.com/docs/guides/structured-outputs#supported-schemas>.
pub(super) const ENFORCED: &[(&str, &[&str])] = &[
    ("string", &["pattern", "format"]),
    ("number", NUMBERS),
    ("integer", NUMBERS),
    ("array", &["minItems", "maxItems"]),
];

const NUMBERS: &[&str] = &[
    "multipleOf",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

/// The formats that strict mode knows. Any other one is refused with the whole request.
pub(super) const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "ipv4",
    "ipv6",
    "uuid",
];

/// Limits that are not enforced, and are written into the description instead.
pub(super) const TOLD: [&str; 9] = [
    "default",
    "examples",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "uniqueItems",
    "minProperties",
    "maxProperties",
];

/// Keywords that shape a value in a way that strict mode cannot express.
pub(super) const REFUSED: [&str; 9] = [
    "not",
    "if",
    "then",
    "else",
    "contains",
    "dependencies",
    "dependentRequired",
    "dependentSchemas",
    "$dynamicRef",
];

/// Keywords that say nothing about a value.
const ABOUT: [&str; 11] = [
    "$schema",
    "$id",
    "$anchor",
    "$comment",
    "$defs",
    "definitions",
    "deprecated",
    "readOnly",
    "writeOnly",
    "discriminator",
    "nullable",
];

/// Returns `true` if a keyword constrains values.
pub(super) fn constrains(name: &str) -> bool {
    name == "nullable"
        || !(NOTES.contains(&name) || ABOUT.contains(&name) || name.starts_with("x-"))
}

/// The description and the title, with what strict mode does not enforce in words.
pub(super) fn notes(map: &Map<String, Value>) -> Map<String, Value> {
    with_hints(map, |name| TOLD.contains(&name) && !constrains(name))
}

/// As [`notes`], with the hints that `is_told` picks.
pub(super) fn with_hints(
    map: &Map<String, Value>,
    is_told: impl Fn(&str) -> bool,
) -> Map<String, Value> {
    let mut out = Map::new();
    if let Some(title) = map.get("title").filter(|title| title.is_string()) {
        out.insert("title".to_owned(), title.clone());
    }
    let hints: Vec<String> = map
        .iter()
        .filter(|(name, value)| is_told(name) && !value.is_null() && **value != Value::Bool(false))
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    let description = map
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let description = match (description, hints.as_slice()) {
        ("", []) => return out,
        (words, []) => words.to_owned(),
        ("", hints) => format!("({})", hints.join(", ")),
        (words, hints) => format!("{words} ({})", hints.join(", ")),
    };
    out.insert("description".to_owned(), Value::from(description));
    out
}
