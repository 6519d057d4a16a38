//! Schemas without regular expressions, for servers that cannot read them: llama.cpp and the
//! servers based on it convert them to a grammar, which has only part of their syntax.
//!
//! Reports: <https://github.com/ggml-org/llama.cpp/issues/26930>,
//! <https://github.com/ggml-org/llama.cpp/issues/22314>.

use serde_json::{Map, Value};

/// Name of the setting in the event.
pub(crate) const SETTING: &str = "pattern";

pub(super) const WHY: &str =
    "the server cannot read a regular expression of the schemas; it is in the description instead";

/// Words with which servers refuse a regular expression.
const REFUSALS: &[&str] = &[
    "pattern must start with",
    "json schema conversion failed",
    "unable to generate parser for this template",
    "parse grammar",
    "parsing grammar",
    "unknown escape",
    "invalid regex",
    "not a valid regex",
];

/// Returns `true` if a message in lower case refuses a regular expression.
pub(super) fn is_refused(message: &str) -> bool {
    REFUSALS.iter().any(|words| message.contains(words))
}

/// Keywords whose value is a map of schemas.
const MAPS: [&str; 4] = ["properties", "$defs", "definitions", "dependentSchemas"];

/// Keywords whose value is data.
const DATA: [&str; 4] = ["enum", "const", "default", "examples"];

/// Returns `true` if a schema has a regular expression.
pub(crate) fn has_any(schema: &Value) -> bool {
    match schema {
        Value::Object(map) => map.iter().any(|(name, value)| match name.as_str() {
            "pattern" if value.is_string() => true,
            "patternProperties" => true,
            name if DATA.contains(&name) => false,
            name if MAPS.contains(&name) => {
                let schemas = value.as_object();
                schemas.is_some_and(|schemas| schemas.values().any(has_any))
            }
            _ => has_any(value),
        }),
        Value::Array(items) => items.iter().any(has_any),
        _ => false,
    }
}

/// Returns a schema without regular expressions. Each is described in words instead.
pub(crate) fn without(schema: &Value) -> Value {
    match schema {
        Value::Object(map) => Value::Object(object(map)),
        Value::Array(items) => items.iter().map(without).collect(),
        other => other.clone(),
    }
}

fn object(map: &Map<String, Value>) -> Map<String, Value> {
    let mut without_any = Map::new();
    let mut pattern = None;
    for (name, value) in map {
        let value = match (name.as_str(), value) {
            ("pattern", Value::String(own)) => {
                pattern = Some(own);
                continue;
            }
            ("patternProperties", _) => continue,
            (name, value) if DATA.contains(&name) => value.clone(),
            (name, Value::Object(schemas)) if MAPS.contains(&name) => {
                let schemas = schemas.iter();
                let schemas = schemas.map(|(name, schema)| (name.clone(), without(schema)));
                Value::Object(schemas.collect())
            }
            (_, value) => without(value),
        };
        without_any.insert(name.clone(), value);
    }
    if let Some(pattern) = pattern {
        let own = without_any.get("description").and_then(Value::as_str);
        let text = match own {
            Some(own) if !own.is_empty() => format!("{own} Pattern: {pattern}"),
            _ => format!("Pattern: {pattern}"),
        };
        without_any.insert("description".to_owned(), text.into());
    }
    without_any
}
