//! Schemas with explicit types.

use serde_json::{Map, Value, json};

use super::{Walk, keywords};
use crate::schema::{SchemaError, list, merge};

/// Types of JSON Schema.
const TYPES: [&str; 7] = [
    "string", "number", "integer", "boolean", "object", "array", "null",
];

impl Walk<'_> {
    /// Converts a schema without references and combinations.
    pub(super) fn typed(&mut self, map: &Map<String, Value>) -> Result<Value, SchemaError> {
        if let Some(name) = keywords::REFUSED
            .iter()
            .find(|name| map.contains_key(**name))
        {
            return Err(self.refuse(&format!("has `{name}`"), "leave it out"));
        }
        let kinds = self.kinds(map)?;
        let is = |kind: &str| kinds.iter().any(|name| name == kind);
        let enforced = |name: &str| {
            keywords::ENFORCED
                .iter()
                .any(|(kind, names)| is(kind) && names.contains(&name))
                && (name != "format" || is_known_format(map))
        };
        let told = |name: &str| {
            keywords::TOLD.contains(&name) && !enforced(name) && (name != "format" || is("string"))
        };
        let mut out = keywords::with_hints(map, told);
        let kind = match kinds.as_slice() {
            [only] => json!(only),
            several => json!(several),
        };
        out.insert("type".to_owned(), kind);
        for (name, value) in map.iter().filter(|(name, _)| enforced(name)) {
            keep(&mut out, map, name, value);
        }
        if let Some(values) = map.get("enum") {
            out.insert("enum".to_owned(), values.clone());
        } else if let Some(value) = map.get("const") {
            out.insert("const".to_owned(), value.clone());
        }
        if is("object") {
            self.object(map, &mut out)?;
        }
        if is("array") {
            self.array(map, &mut out)?;
        }
        Ok(Value::Object(out))
    }

    /// Returns the types that a schema accepts. If it has no `type`, they are derived from its
    /// other keywords.
    fn kinds(&self, map: &Map<String, Value>) -> Result<Vec<String>, SchemaError> {
        let kinds = map.get("type").map(merge::names).unwrap_or_default();
        if let Some(other) = kinds.iter().find(|name| !TYPES.contains(&name.as_str())) {
            return Err(self.error(format!(
                "has the type `{other}`; allowed are {}",
                TYPES.join(", ")
            )));
        }
        if !kinds.is_empty() {
            return Ok(kinds);
        }
        let mut kinds: Vec<String> = Vec::new();
        for value in list(map, "enum").iter().chain(map.get("const")) {
            let kind = kind_of(value);
            if !kinds.iter().any(|known| known == kind) {
                kinds.push(kind.to_owned());
            }
        }
        if kinds.is_empty() {
            let by_keyword = [("properties", "object"), ("items", "array")];
            let known = by_keyword
                .iter()
                .filter(|(name, _)| map.contains_key(*name));
            kinds.extend(known.map(|(_, kind)| (*kind).to_owned()));
        }
        if kinds.is_empty() {
            return Err(self.any_value());
        }
        Ok(kinds)
    }
}

fn is_known_format(map: &Map<String, Value>) -> bool {
    let format = map.get("format").and_then(Value::as_str);
    format.is_some_and(|format| keywords::FORMATS.contains(&format))
}

/// Copies a keyword. In older drafts, the exclusive bounds were booleans next to the bound.
fn keep(out: &mut Map<String, Value>, map: &Map<String, Value>, name: &str, value: &Value) {
    let exclusive = match name {
        "minimum" => Some("exclusiveMinimum"),
        "maximum" => Some("exclusiveMaximum"),
        _ => None,
    };
    match (exclusive, value) {
        (_, Value::Bool(_)) => {}
        (Some(exclusive), _) if map.get(exclusive) == Some(&Value::Bool(true)) => {
            out.insert(exclusive.to_owned(), value.clone());
        }
        _ => {
            out.insert(name.to_owned(), value.clone());
        }
    }
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
