//! Schemas extended to accept `null`.

use serde_json::{Value, json};

use crate::schema::merge;

/// Extends a schema to accept `null`.
pub(super) fn nullable(schema: Value) -> Value {
    if accepts_null(&schema) {
        return schema;
    }
    let Value::Object(mut map) = schema else {
        return schema;
    };
    if let Some(Value::Array(choices)) = map.get_mut("anyOf") {
        choices.push(json!({"type": "null"}));
        return Value::Object(map);
    }
    let Some(kind) = map.get("type") else {
        return json!({"anyOf": [map, {"type": "null"}]});
    };
    let mut kinds = merge::names(kind);
    kinds.push("null".to_owned());
    if let Some(constant) = map.remove("const") {
        map.insert("enum".to_owned(), json!([constant]));
    }
    if let Some(Value::Array(values)) = map.get_mut("enum")
        && !values.contains(&Value::Null)
    {
        values.push(Value::Null);
    }
    map.insert("type".to_owned(), json!(kinds));
    Value::Object(map)
}

fn accepts_null(schema: &Value) -> bool {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    if choices.into_iter().flatten().any(accepts_null) {
        return true;
    }
    let kinds = schema.get("type").map(merge::names).unwrap_or_default();
    let values = schema.get("enum").and_then(Value::as_array);
    kinds.iter().any(|name| name == "null") && values.is_none_or(|own| own.contains(&Value::Null))
}
