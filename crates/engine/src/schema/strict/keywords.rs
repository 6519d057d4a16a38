//! Treatment of each keyword in strict mode.

use serde_json::{Map, Value};

use super::super::merge::NOTES;

/// Keywords that strict mode enforces, by type.
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

/// Formats supported by strict mode. Any other one causes the entire request to be refused.
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

/// Constraints that are not enforced, and are written to the description instead.
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

/// Keywords with constraints that strict mode cannot express.
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

/// Keywords that do not constrain values.
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

/// Returns the description and the title, including keywords that strict mode does not enforce.
pub(super) fn notes(map: &Map<String, Value>) -> Map<String, Value> {
    with_hints(map, |name| TOLD.contains(&name) && !constrains(name))
}

/// Like [`notes`], with the hints selected by `is_told`.
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
