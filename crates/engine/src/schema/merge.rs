//! Intersection of two schemas.

use serde_json::{Map, Value, json};

/// Keywords that describe values without constraining them.
pub(super) const NOTES: [&str; 4] = ["description", "title", "examples", "default"];

/// Keywords for which the larger of two values applies.
const LOWER_BOUNDS: [&str; 5] = [
    "minimum",
    "exclusiveMinimum",
    "minLength",
    "minItems",
    "minProperties",
];

/// Keywords for which the smaller of two values applies.
const UPPER_BOUNDS: [&str; 5] = [
    "maximum",
    "exclusiveMaximum",
    "maxLength",
    "maxItems",
    "maxProperties",
];

/// Returns a schema with the constraints of both `first` and `second`. If descriptions differ, the
/// first one is kept.
///
/// # Errors
///
/// The keyword for which the two cannot be reconciled.
pub(super) fn both(
    mut first: Map<String, Value>,
    second: &Map<String, Value>,
) -> Result<Map<String, Value>, String> {
    for (name, value) in second {
        let Some(own) = first.get(name) else {
            first.insert(name.clone(), value.clone());
            continue;
        };
        if own != value && !NOTES.contains(&name.as_str()) {
            let merged = keyword(name, own, value).ok_or_else(|| name.clone())?;
            first.insert(name.clone(), merged);
        }
    }
    Ok(first)
}

fn keyword(name: &str, a: &Value, b: &Value) -> Option<Value> {
    match name {
        "properties" | "$defs" | "definitions" => fields(a.as_object()?, b.as_object()?),
        "required" => Some(union(a.as_array()?, b.as_array()?)),
        "enum" => {
            let b = b.as_array()?;
            let shared = a.as_array()?.iter().filter(|value| b.contains(value));
            let shared: Vec<Value> = shared.cloned().collect();
            (!shared.is_empty()).then_some(Value::Array(shared))
        }
        "type" => types(a, b),
        "items" => Some(json!({"allOf": [a, b]})),
        "allOf" => {
            let all = a.as_array()?.iter().chain(b.as_array()?);
            Some(Value::Array(all.cloned().collect()))
        }
        "additionalProperties" | "unevaluatedProperties" => Some(match (a, b) {
            (Value::Bool(false), _) | (_, Value::Bool(false)) => Value::Bool(false),
            (Value::Bool(true), other) | (other, Value::Bool(true)) => other.clone(),
            _ => json!({"allOf": [a, b]}),
        }),
        _ if LOWER_BOUNDS.contains(&name) => bound(a, b, |a, b| a >= b),
        _ if UPPER_BOUNDS.contains(&name) => bound(a, b, |a, b| a <= b),
        _ => None,
    }
}

fn fields(a: &Map<String, Value>, b: &Map<String, Value>) -> Option<Value> {
    let mut merged = a.clone();
    for (name, schema) in b {
        let both = match merged.get(name) {
            Some(own) if own != schema => json!({"allOf": [own, schema]}),
            _ => schema.clone(),
        };
        merged.insert(name.clone(), both);
    }
    Some(Value::Object(merged))
}

fn union(a: &[Value], b: &[Value]) -> Value {
    let mut all = a.to_vec();
    all.extend(b.iter().filter(|value| !a.contains(value)).cloned());
    Value::Array(all)
}

/// Returns the types that both allow: an integer is also a number.
fn types(a: &Value, b: &Value) -> Option<Value> {
    let (a, b) = (names(a), names(b));
    let has = |list: &[String], name: &str| list.iter().any(|other| other == name);
    let mut shared: Vec<Value> = Vec::new();
    for name in &a {
        if has(&b, name) || (name == "integer" && has(&b, "number")) {
            shared.push(Value::from(name.as_str()));
        } else if name == "number" && has(&b, "integer") {
            shared.push(Value::from("integer"));
        }
    }
    match shared.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        _ => Some(Value::Array(shared)),
    }
}

/// Returns the names of types in a `type` keyword.
pub(super) fn names(kind: &Value) -> Vec<String> {
    match kind {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names
            .iter()
            .filter_map(Value::as_str)
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    }
}

fn bound(a: &Value, b: &Value, keeps: impl Fn(f64, f64) -> bool) -> Option<Value> {
    let first = keeps(a.as_f64()?, b.as_f64()?);
    Some(if first { a } else { b }.clone())
}
