//! Schemas that Anthropic's API enforces: of answers and of strict tools.

use serde_json::{Map, Value};

/// Keywords that the API refuses in such a schema.
///
/// Source: <https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations>.
const REFUSED: [&str; 18] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "pattern",
    "maxItems",
    "uniqueItems",
    "contains",
    "minContains",
    "maxContains",
    "minProperties",
    "maxProperties",
    "patternProperties",
    "propertyNames",
    "not",
];

/// Formats of texts that the API knows.
const FORMATS: [&str; 9] = [
    "date-time",
    "time",
    "date",
    "duration",
    "email",
    "hostname",
    "uri",
    "ipv4",
    "ipv6",
];

/// Keywords whose values are schemas: one, a list, or an object of them.
const NESTED: [&str; 8] = [
    "properties",
    "items",
    "anyOf",
    "oneOf",
    "allOf",
    "$defs",
    "definitions",
    "additionalProperties",
];

/// Deepest level of nesting that is converted.
const DEEPEST: usize = 64;

/// Converts a JSON schema to one that Anthropic's API enforces: keywords that it refuses become a note in
/// the description, for the model; objects are closed. Answers and arguments are checked against the
/// original schema.
#[must_use]
pub fn claude(schema: &Value) -> Value {
    let mut schema = schema.clone();
    convert(&mut schema, 0);
    schema
}

fn convert(schema: &mut Value, depth: usize) {
    let Some(map) = schema.as_object_mut().filter(|_| depth < DEEPEST) else {
        return;
    };
    let mut notes = Map::new();
    for name in REFUSED {
        if let Some(value) = map.remove(name) {
            notes.insert(name.to_owned(), value);
        }
    }
    // Only 0 and 1 are accepted.
    if map
        .get("minItems")
        .and_then(Value::as_u64)
        .is_some_and(|least| least > 1)
    {
        notes.extend(map.remove_entry("minItems"));
    }
    let format = map.get("format").and_then(Value::as_str);
    if format.is_some_and(|format| !FORMATS.contains(&format) && format != "uuid") {
        notes.extend(map.remove_entry("format"));
    }
    if let Some(choices) = map.remove("oneOf") {
        map.entry("anyOf").or_insert(choices);
    }
    if map.get("type").and_then(Value::as_str) == Some("object") {
        map.insert("additionalProperties".to_owned(), false.into());
    }
    if !notes.is_empty() {
        let note = format!("({})", Value::Object(notes));
        let said = map.get("description").and_then(Value::as_str);
        let said = said.map_or_else(|| note.clone(), |said| format!("{said} {note}"));
        map.insert("description".to_owned(), said.into());
    }
    for name in NESTED {
        let is_map = matches!(name, "properties" | "$defs" | "definitions");
        match map.get_mut(name) {
            Some(Value::Object(schemas)) if is_map => {
                schemas
                    .values_mut()
                    .for_each(|schema| convert(schema, depth + 1));
            }
            Some(Value::Array(schemas)) => {
                schemas
                    .iter_mut()
                    .for_each(|schema| convert(schema, depth + 1));
            }
            Some(schema) => convert(schema, depth + 1),
            None => {}
        }
    }
}

/// Maximum length of the name of a property, in characters.
const LONGEST_NAME: usize = 64;

/// Returns the schema of a tool without properties whose names Claude refuses ("Property keys should match
/// pattern '^[a-zA-Z0-9_.-]{1,64}$'"): the description names them instead, so that the model can still use
/// them. The API checks the properties of the arguments only, not those of nested objects. `None` if there
/// is no such name.
///
/// Reports: <https://github.com/decocms/studio/pull/6874>, <https://github.com/ComposioHQ/composio/pull/3067>.
#[must_use]
pub fn claude_properties(schema: &Value) -> Option<Value> {
    let properties = schema.get("properties")?.as_object()?;
    if properties.keys().all(|name| is_accepted(name)) {
        return None;
    }
    let mut schema = schema.as_object()?.clone();
    let is_required = |required: &Value, name: &str| {
        let required = required.as_array();
        required.is_some_and(|names| names.iter().any(|own| own == name))
    };
    let required = schema.remove("required").unwrap_or_default();
    let mut text = match schema.get("description").and_then(Value::as_str) {
        Some(own) if !own.is_empty() => format!("{own} "),
        _ => String::new(),
    };
    text.push_str("The object also has these properties:");
    let (mut accepted, mut names) = (Map::new(), Vec::new());
    for (name, property) in properties {
        if is_accepted(name) {
            if is_required(&required, name) {
                names.push(Value::from(name.as_str()));
            }
            accepted.insert(name.clone(), property.clone());
            continue;
        }
        let necessity = match is_required(&required, name) {
            true => " (required)",
            false => "",
        };
        text.push_str(&format!(
            " {}{necessity}: {property};",
            Value::from(name.as_str())
        ));
    }
    // Those in words are additional ones now.
    schema.remove("additionalProperties");
    schema.insert("description".to_owned(), text.trim_end_matches(';').into());
    schema.insert("properties".to_owned(), accepted.into());
    if !names.is_empty() {
        schema.insert("required".to_owned(), names.into());
    }
    Some(Value::Object(schema))
}

fn is_accepted(name: &str) -> bool {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | '-');
    (1..=LONGEST_NAME).contains(&name.len()) && name.chars().all(is_part)
}
