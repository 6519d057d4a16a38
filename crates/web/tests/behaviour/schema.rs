//! A check of values against the schemas of an OpenAPI document.

use serde_json::{Map, Value};

/// Returns what a value has that its schema does not.
pub(crate) fn misfits(value: &Value, schema: &Value, document: &Value, place: &str) -> Vec<String> {
    if schema == &Value::Bool(true) {
        return Vec::new();
    }
    if let Some(reference) = schema["$ref"].as_str() {
        let target = document.pointer(reference.trim_start_matches('#')).unwrap();
        // Other properties may stand beside a reference.
        return misfits(value, &merged(target, schema), document, place);
    }
    for list in ["oneOf", "anyOf"] {
        if let Some(options) = schema[list].as_array() {
            let of = |own: &Value| misfits(value, &merged(own, schema), document, place);
            let best = options.iter().map(of).min_by_key(Vec::len);
            return best.unwrap_or_default();
        }
    }
    let constant = schema.get("const").is_none_or(|own| own == value);
    let names = schema["enum"].as_array();
    if !constant || names.is_some_and(|names| !names.contains(value)) {
        return vec![format!("{place}: {value} is another value")];
    }
    if !is_typed(value, &schema["type"]) {
        return vec![format!("{place}: {value} is no {}", schema["type"])];
    }
    match value {
        Value::Object(fields) => of_fields(fields, schema, document, place),
        Value::Array(items) => {
            let items = items.iter().enumerate();
            let of = |(index, item)| {
                misfits(
                    item,
                    &schema["items"],
                    document,
                    &format!("{place}[{index}]"),
                )
            };
            items.flat_map(of).collect()
        }
        _ => Vec::new(),
    }
}

fn of_fields(
    fields: &Map<String, Value>,
    schema: &Value,
    document: &Value,
    place: &str,
) -> Vec<String> {
    let mut found = Vec::new();
    for name in schema["required"].as_array().into_iter().flatten() {
        if !fields.contains_key(name.as_str().unwrap()) {
            found.push(format!("{place}: no {name}"));
        }
    }
    for (name, own) in fields {
        match schema["properties"].get(name) {
            Some(schema) => {
                found.extend(misfits(own, schema, document, &format!("{place}.{name}")));
            }
            None if schema["additionalProperties"] == true => {}
            None => found.push(format!("{place}.{name} is unknown")),
        }
    }
    found
}

fn is_typed(value: &Value, kind: &Value) -> bool {
    let is_type = |name: &str| match name {
        "string" => value.is_string(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    };
    match kind {
        Value::String(name) => is_type(name),
        Value::Array(names) => names.iter().any(|name| is_type(name.as_str().unwrap())),
        _ => true,
    }
}

/// Returns a schema with the properties of another one as well.
fn merged(option: &Value, all: &Value) -> Value {
    let mut own = option.clone();
    for part in ["properties", "required"] {
        match (&mut own[part], &all[part]) {
            (Value::Object(own), Value::Object(all)) => own.extend(all.clone()),
            (Value::Array(own), Value::Array(all)) => own.extend(all.clone()),
            (own, all) if own.is_null() && !all.is_null() => *own = all.clone(),
            _ => {}
        }
    }
    own
}
