//! Schemas of parameters and answers.

use serde_json::Value;

use super::{ProviderRefusal, known, refused};

/// Keywords of the API's schemas.
const KEYWORDS: [&str; 22] = [
    "type",
    "format",
    "title",
    "description",
    "nullable",
    "enum",
    "maxItems",
    "minItems",
    "properties",
    "required",
    "minProperties",
    "maxProperties",
    "minLength",
    "maxLength",
    "pattern",
    "example",
    "anyOf",
    "propertyOrdering",
    "default",
    "items",
    "minimum",
    "maximum",
];

/// Formats of the API's schemas.
const FORMATS: [&str; 6] = ["float", "double", "int32", "int64", "enum", "date-time"];

/// Checks a schema of the API.
pub(super) fn check(schema: &Value, place: &str) -> Result<(), ProviderRefusal> {
    known(schema, place, &KEYWORDS)?;
    let kind = schema["type"]
        .as_str()
        .unwrap_or_default()
        .to_ascii_lowercase();
    let choices = schema["anyOf"].as_array();
    for (index, choice) in choices.into_iter().flatten().enumerate() {
        check(choice, &format!("{place}.any_of[{index}]"))?;
    }
    match kind.as_str() {
        "" if choices.is_some() => return Ok(()),
        "object" => object(schema, place)?,
        "array" if schema["items"].is_null() => {
            return Err(refused(&format!("{place}.items"), "missing field."));
        }
        "array" => check(&schema["items"], &format!("{place}.items"))?,
        "string" | "number" | "integer" | "boolean" | "null" => {}
        _ => return Err(refused(&format!("{place}.type"), "must be specified.")),
    }
    values(schema, &kind, place)
}

fn object(schema: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let Some(properties) = schema["properties"].as_object() else {
        return Ok(());
    };
    if properties.is_empty() {
        let place = format!("{place}.properties");
        return Err(refused(&place, "should be non-empty for OBJECT type"));
    }
    for (name, schema) in properties {
        check(schema, &format!("{place}.properties[{name}]"))?;
    }
    let required = schema["required"].as_array();
    let mut required = required.into_iter().flatten().enumerate();
    match required.find(|(_, name)| {
        !name
            .as_str()
            .is_some_and(|name| properties.contains_key(name))
    }) {
        Some((index, _)) => Err(refused(
            &format!("{place}.required[{index}]"),
            "property is not defined",
        )),
        None => Ok(()),
    }
}

fn values(schema: &Value, kind: &str, place: &str) -> Result<(), ProviderRefusal> {
    for (index, value) in schema["enum"].as_array().into_iter().flatten().enumerate() {
        let place = format!("{place}.enum[{index}]");
        match value {
            Value::String(text) if kind != "string" && !text.is_empty() => {
                return Err(refused(&place, "only allowed for STRING type"));
            }
            Value::String(text) if text.is_empty() => {
                return Err(refused(&place, "cannot be empty"));
            }
            Value::String(_) => {}
            other => {
                let message = format!("Invalid value at '{place}' (TYPE_STRING), {other}");
                return Err(ProviderRefusal::invalid_request(message));
            }
        }
    }
    match schema["format"].as_str() {
        Some(format) if !FORMATS.contains(&format) => Err(refused(
            &format!("{place}.format"),
            "only 'enum' and 'date-time' are supported for STRING type",
        )),
        _ => Ok(()),
    }
}

/// Checks a JSON schema: a reference stands alone, and what it refers to exists.
pub(super) fn check_json(schema: &Value, place: &str) -> Result<(), ProviderRefusal> {
    let Some(map) = schema.as_object() else {
        return Err(refused(place, "must be an object"));
    };
    if map.contains_key("$ref") && map.len() > 1 {
        return Err(ProviderRefusal::invalid_request(
            "$ref was set alongside unsupported fields. If a schema node has $ref set, then only \
             description and default can be set alongside it",
        ));
    }
    for (name, value) in map {
        let place = format!("{place}.{name}");
        match (name.as_str(), value) {
            ("properties", Value::Object(properties)) => {
                properties
                    .values()
                    .try_for_each(|schema| check_json(schema, &place))?;
            }
            ("anyOf" | "prefixItems", Value::Array(list)) => {
                list.iter()
                    .try_for_each(|schema| check_json(schema, &place))?;
            }
            ("items", schema) => check_json(schema, &place)?,
            _ => {}
        }
    }
    Ok(())
}
